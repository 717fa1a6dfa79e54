/** What the hostile domain tries by a piece of code, and the exception that comes of it. */
import { print, printHex, printNumber } from 'kernel/console/print';
import { VECTOR_GP, VECTOR_PF } from 'kernel/xen/frame';
import { check, checkAllRefused } from '../check';
import { hostile, NO_TRAP, Piece, run, SILENT } from './agent';

/** The piece of code must trap: vector and error code are told. */
export function traps(what: string, which: Piece, a: u64 = 0, b: u64 = 0, c: u64 = 0): void {
  const got = run(hostile, which, a, b, c);
  check(what, got != SILENT && hostile.vector != NO_TRAP);
  print('     ');
  if (got == SILENT) print('no answer');
  else if (hostile.vector == NO_TRAP) printHex(<u64>got);
  else {
    print('#');
    printNumber(hostile.vector);
    print(', error code ');
    // Whether there is a page where it must not go is Xen's affair.
    printHex(hostile.vector == VECTOR_PF ? hostile.error & ~1 : hostile.error);
    if ((hostile.cs & 3) == 3) print(', of a user');
  }
  print('\n');
}

/** The piece of code raises an interrupt, and must not: QEMU's error code is another one than a processor's. */
export function interrupts(what: string, which: Piece, a: u64 = 0): void {
  run(hostile, which, a);
  check(what, hostile.vector == VECTOR_GP);
}

/** The piece of code must come through, and what it tells is to be `wanted`: it has changed nothing that is not its own. */
export function passes(what: string, wanted: i64, which: Piece, a: u64 = 0, b: u64 = 0, c: u64 = 0): void {
  const got = run(hostile, which, a, b, c);
  check(what, hostile.vector == NO_TRAP && got == wanted);
  if (hostile.vector == NO_TRAP && got == wanted) return;
  print('     ');
  printHex(<u64>got);
  print(', #');
  printNumber(hostile.vector);
  print('\n');
}

/** Tries all numbers from `from` to `to`: a line for those in a row that are refused in the same way. */
export function sweep(what: string, from: u32, to: u32, attempt: (number: u32) => i64): void {
  let first = from;
  let got = attempt(from);
  for (let number = from + 1; number <= to; number++) {
    const next = attempt(number);
    if (next == got) continue;
    checkAllRefused(what, first, number - 1, got);
    first = number;
    got = next;
  }
  checkAllRefused(what, first, to, got);
}
