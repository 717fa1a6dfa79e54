/**
 * System calls: one table from numbers to functions. Who has calls to offer puts them in when the system starts; a number
 * that nobody has taken is -ENOSYS.
 */
import { EINTR, ENOSYS } from 'xen';
import { setTrapHandler } from 'kernel/traps/traps';
import { TrapFrame, VECTOR_SYSCALL } from 'kernel/xen/frame';
import { SYS_rt_sigreturn } from './abi';
import { currentProcess, Process } from './process';

/** Six arguments as they were in RDI RSI RDX R10 R8 R9; the result, or a negative errno. */
export type Syscall = (a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) => i64;

const NUMBERS: i32 = 1024;
const table = new StaticArray<Syscall | null>(NUMBERS);

export function setSyscall(number: i32, call: Syscall): void {
  assert(table[number] == null, 'two calls of one number');
  table[number] = call;
}

export function initSyscalls(): void {
  setTrapHandler(VECTOR_SYSCALL, syscall);
}

function syscall(frame: TrapFrame): void {
  const number = frame.rax;
  const call = number < <u64>NUMBERS ? table[<i32>number] : null;
  if (call == null) {
    frame.rax = -ENOSYS;
    return;
  }
  const process = currentProcess();
  const result = call(frame.rdi, frame.rsi, frame.rdx, frame.r10, frame.r8, frame.r9);
  process.callAgain = false;
  // What rt_sigreturn gives is the result of a call long over.
  if (result == -EINTR && <i32>number != SYS_rt_sigreturn) process.interruptedCall = <i32>number;
  frame.rax = result;
}

/** Bytes of the instruction `syscall`. */
const SYSCALL_BYTES: u64 = 2;

/** A signal without a handler has interrupted a call, and is dealt with: the process makes the call again. */
export function restartCall(process: Process, frame: TrapFrame): void {
  if (process.interruptedCall < 0) return;
  frame.rax = process.interruptedCall;
  frame.rip -= SYSCALL_BYTES;
  process.interruptedCall = -1;
  process.callAgain = true;
}
