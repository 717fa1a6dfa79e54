/**
 * How a test kernel says what it found: a line for every check, `ok` or `FAIL`, and at the end `passed` or `failed`, with
 * their number. It prints nothing that depends on the machine, so that the same text comes from the real Xen.
 */
import { SHUTDOWN_poweroff } from 'xen';
import { print, printNumber } from 'kernel/console/print';
import { shutdown } from 'kernel/traps/panic';

let checks = 0;
let failures = 0;

/** Something must be so. */
export function check(what: string, so: bool): void {
  checks++;
  if (!so) failures++;
  print(so ? 'ok   ' : 'FAIL ');
  print(what);
  print('\n');
}

/** A number must be what is wanted: a hypercall's 0, or its negative errno. */
export function checkNumber(what: string, got: i64, wanted: i64): void {
  checks++;
  if (got != wanted) failures++;
  print(got == wanted ? 'ok   ' : 'FAIL ');
  print(what);
  print(': ');
  printNumber(got);
  if (got != wanted) {
    print(', not ');
    printNumber(wanted);
  }
  print('\n');
}

/** Something must be refused: by a negative errno or status, which is told. */
export function checkRefused(subject: string, what: string, got: i64): void {
  checks++;
  if (got >= 0) failures++;
  print(got < 0 ? 'ok   ' : 'FAIL ');
  print(subject);
  print(what);
  print(': ');
  printNumber(got);
  print('\n');
}

/** The same of several in a row that are refused in the same way: of the numbers `from` to `to`. */
export function checkAllRefused(what: string, from: i64, to: i64, got: i64): void {
  checks++;
  if (got >= 0) failures++;
  print(got < 0 ? 'ok   ' : 'FAIL ');
  print(what);
  print(' ');
  printNumber(from);
  if (to != from) print(' to ');
  if (to != from) printNumber(to);
  print(': ');
  printNumber(got);
  print('\n');
}

/** The end, of the domain too. */
export function finish(): void {
  print(failures == 0 ? 'passed: ' : 'failed: ');
  printNumber(failures == 0 ? checks : failures);
  print('\n');
  shutdown(SHUTDOWN_poweroff);
}
