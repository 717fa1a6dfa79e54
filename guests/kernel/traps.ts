/**
 * Traps: exceptions, system calls and events, all of which arrive here from entry.asm as a frame of saved registers. Who
 * wants a vector registers a handler; a trap that nobody handles is a bug of the kernel's, and its end.
 */
import { CALLBACKF_mask_events, CALLBACKOP_register } from 'xen';
import { CALLBACKTYPE_event, CALLBACKTYPE_failsafe, CALLBACKTYPE_syscall, callback_register } from 'xen';
import { FLAT_KERNEL_CS, TI_IF, trap_info } from 'xen';
import { dispatchEvents } from './events';
import { HYPERVISOR_callback_op, HYPERVISOR_set_trap_table } from './hypercalls';
import { panicAt } from './panic';
import { stackLeft } from './threads';

// @ts-ignore: decorator
@external("asm", "exception_stubs")
declare function exceptionStubs(): usize;
// @ts-ignore: decorator
@external("asm", "event_callback_address")
declare function eventCallbackAddress(): u64;
// @ts-ignore: decorator
@external("asm", "failsafe_callback_address")
declare function failsafeCallbackAddress(): u64;
// @ts-ignore: decorator
@external("asm", "syscall_callback_address")
declare function syscallCallbackAddress(): u64;

export const VECTOR_DE: u32 = 0;
export const VECTOR_DB: u32 = 1;
export const VECTOR_BP: u32 = 3;
export const VECTOR_OF: u32 = 4;
export const VECTOR_BR: u32 = 5;
export const VECTOR_UD: u32 = 6;
export const VECTOR_NM: u32 = 7;
export const VECTOR_GP: u32 = 13;
export const VECTOR_PF: u32 = 14;
export const VECTOR_MF: u32 = 16;
export const VECTOR_AC: u32 = 17;
export const VECTOR_XM: u32 = 19;
// What is no exception has numbers behind them (entry.asm).
export const VECTOR_EVENT: u32 = 256;
export const VECTOR_SYSCALL: u32 = 257;
export const VECTOR_FAILSAFE: u32 = 258;
const VECTORS: i32 = 259;

/** All registers, as entry.asm saves them: the beginning of Xen's struct cpu_user_regs. */
@unmanaged
export class TrapFrame {
  r15: u64;
  r14: u64;
  r13: u64;
  r12: u64;
  rbp: u64;
  rbx: u64;
  r11: u64;
  r10: u64;
  r9: u64;
  r8: u64;
  rax: u64;
  rcx: u64;
  rdx: u64;
  rsi: u64;
  rdi: u64;
  error: u32;
  vector: u32;
  rip: u64;
  /** In the upper half: whether upcalls were masked. */
  cs: u64;
  rflags: u64;
  rsp: u64;
  ss: u64;

  /** Xen gives the kernel ring 0 in its frames. */
  get isUser(): bool {
    return (this.cs & 3) == 3;
  }
}

export const FRAME_SIZE: usize = offsetof<TrapFrame>();

export type TrapHandler = (frame: TrapFrame) => void;

const handlers = new StaticArray<TrapHandler | null>(VECTORS);
let beforeUser: TrapHandler | null = null;

/** Who deals with a vector. */
export function setTrapHandler(vector: u32, handler: TrapHandler): void {
  handlers[vector] = handler;
}

/** What happens before every return to user mode. */
export function setUserReturn(hook: TrapHandler): void {
  beforeUser = hook;
}

/** A kernel that has less of its stack left faults in its fault handler, and so on; a panic needs some too. */
const LEAST_STACK: usize = 2048;

/** entry.asm: something has interrupted user mode, or the kernel. */
export function trap(at: usize): void {
  const frame = changetype<TrapFrame>(at);
  if (frame.vector == VECTOR_EVENT) dispatchEvents();
  else {
    if (!frame.isUser && stackLeft(at) < LEAST_STACK)
      panicAt(frame, 'no stack is left, a fault in a fault handler');
    const handler = handlers[frame.vector];
    if (handler == null) panicAt(frame, 'nobody handles this trap');
    else handler(frame);
  }
  if (!frame.isUser) return;
  const hook = beforeUser;
  if (hook != null) hook(frame);
}

const MAX_STUBS: usize = 32;
const request: usize = memory.data(16, 8);
const table: usize = memory.data(16 * 33, 8);

/** Tells Xen where the kernel is to be entered. All entries mask upcalls. */
export function initTraps(): void {
  let entry = table;
  for (let stub = exceptionStubs(); load<u64>(stub) < 256; stub += 16) {
    assert(entry < table + MAX_STUBS * trap_info.SIZE, 'too many exceptions');
    store<u8>(entry + trap_info.vector, <u8>load<u64>(stub));
    // int3 and into are anybody's.
    const lowest = load<u64>(stub) == VECTOR_BP || load<u64>(stub) == VECTOR_OF ? 3 : 0;
    store<u8>(entry + trap_info.flags, <u8>(TI_IF | lowest));
    store<u16>(entry + trap_info.cs, FLAT_KERNEL_CS);
    store<u64>(entry + trap_info.address, load<u64>(stub + 8));
    entry += trap_info.SIZE;
  }
  memory.fill(entry, 0, trap_info.SIZE);
  assert(HYPERVISOR_set_trap_table(table) == 0, 'the trap table is refused');
  register(CALLBACKTYPE_event, eventCallbackAddress());
  register(CALLBACKTYPE_failsafe, failsafeCallbackAddress());
  register(CALLBACKTYPE_syscall, syscallCallbackAddress());
}

function register(type: i32, address: u64): void {
  store<u16>(request + callback_register.type, <u16>type);
  store<u16>(request + callback_register.flags, CALLBACKF_mask_events);
  store<u64>(request + callback_register.address, address);
  assert(HYPERVISOR_callback_op(CALLBACKOP_register, request) == 0, 'a callback is refused');
}
