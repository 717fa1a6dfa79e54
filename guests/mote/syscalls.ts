/**
 * System calls: one table from numbers to functions. Who has calls to offer puts them in when the system starts; a number
 * that nobody has taken is -ENOSYS.
 */
import { ENOSYS } from 'xen';
import { setTrapHandler, TrapFrame, VECTOR_SYSCALL } from 'kernel/traps';

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
  frame.rax = call == null ? -ENOSYS : call(frame.rdi, frame.rsi, frame.rdx, frame.r10, frame.r8, frame.r9);
}
