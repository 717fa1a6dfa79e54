/**
 * The end: what is said when the kernel cannot go on, where it was, and how it came there. Then the domain crashes, for its
 * administrator to see.
 */
import { SCHEDOP_shutdown, SHUTDOWN_crash, sched_shutdown } from 'xen';
import { print, printHex, printNumber } from '../console/print';
import { HYPERVISOR_sched_op } from '../xen/hypercalls';
import { describeAddress, frameBytes } from './symbols';
import { trapMessage } from './trap-messages';
import { TrapFrame, VECTOR_UD } from '../xen/frame';
import { window } from '../xen/intrinsics';

// @ts-ignore: decorator
@external("asm", "stack_pointer")
declare function stackPointer(): u64;
// @ts-ignore: decorator
@external("asm", "instruction_pointer")
declare function instructionPointer(): u64;

const MAX_DEPTH: i32 = 32;
const request: usize = memory.data(8, 8);
let panicking: bool = false;

/** entry of failed assertions and of `throw` (env.abort): a message, and the place in the source. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  begin();
  print(message == null ? 'assertion failed' : message);
  if (file != null) {
    print(' at ');
    print(file);
    print(':');
    printNumber(line);
    print(':');
    printNumber(column);
  }
  print('\n');
  printStack(instructionPointer(), stackPointer());
  crash();
}

/** A trap that must not be. */
export function panicAt(frame: TrapFrame, message: string): void {
  begin();
  const reason = frame.vector == VECTOR_UD ? trapMessage(<usize>(frame.rip - window())) : null;
  print(reason == null ? message : reason);
  print(': vector ');
  printNumber(frame.vector);
  print(', error code ');
  printHex(frame.error);
  print('\n');
  printRegisters(frame);
  printStack(frame.rip, frame.rsp);
  crash();
}

/** Ends the domain: SHUTDOWN_*. */
export function shutdown(reason: u32): void {
  store<u32>(request + sched_shutdown.reason, reason);
  for (;;) HYPERVISOR_sched_op(SCHEDOP_shutdown, request);
}

function begin(): void {
  // A second failure on the way says nothing new.
  if (panicking) crash();
  panicking = true;
  print('\nKernel panic: ');
}

function crash(): void {
  shutdown(SHUTDOWN_crash);
}

export function printRegisters(frame: TrapFrame): void {
  register('rax ', frame.rax);
  register('  rbx ', frame.rbx);
  register('  rcx ', frame.rcx);
  register('  rdx ', frame.rdx);
  register('\nrsi ', frame.rsi);
  register('  rdi ', frame.rdi);
  register('  rbp ', frame.rbp);
  register('  rsp ', frame.rsp);
  register('\nr8 ', frame.r8);
  register('  r9 ', frame.r9);
  register('  r10 ', frame.r10);
  register('  r11 ', frame.r11);
  register('\nr12 ', frame.r12);
  register('  r13 ', frame.r13);
  register('  r14 ', frame.r14);
  register('  r15 ', frame.r15);
  register('\nrip ', frame.rip);
  register('  cs ', frame.cs & 0xffff);
  register('  rflags ', frame.rflags);
  print('\n');
}

function register(name: string, value: u64): void {
  print(name);
  printHex(value);
}

/** Prints the functions that called each other, the last first: every function's frame has a fixed size. */
function printStack(rip: u64, rsp: u64): void {
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    print('    at ');
    describeAddress(rip);
    print('\n');
    const size = frameBytes(rip);
    const at = rsp - window() + size;
    if (size < 0 || at > 0x7fff_ff00) return;
    rip = load<u64>(<usize>at);
    rsp += <u64>size + 8;
  }
}
