/**
 * Traps: exceptions, system calls and events, all of which arrive here from entry.asm as a frame of saved registers. Who
 * wants a vector registers a handler; a trap that nobody handles is a bug of the kernel's, and its end.
 */
import { CALLBACKF_mask_events, CALLBACKOP_register } from 'xen';
import { CALLBACKTYPE_event, CALLBACKTYPE_failsafe, CALLBACKTYPE_syscall, callback_register } from 'xen';
import { FLAT_KERNEL_CS, TI_IF, trap_info } from 'xen';
import { dispatchEvents } from '../events/events';
import { HYPERVISOR_callback_op, HYPERVISOR_set_trap_table } from '../xen/hypercalls';
import { stackLeft } from '../threads/threads';
import { TrapFrame, VECTOR_BP, VECTOR_EVENT, VECTOR_OF } from '../xen/frame';
import { panicAt } from './panic';

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

const VECTORS: i32 = 259;

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
