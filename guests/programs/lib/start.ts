/** What start.asm and the compiler call: the beginning of a program, and its end when an assertion or `throw` fails. */
import { SYS_exit, SYS_write } from 'mote/abi';
import { load64, load8, syscall1, syscall3 } from './intrinsics';

/** Where the kernel has put the arguments. */
let stack: u64 = 0;

export function begin(at: u64): void {
  stack = at;
}

/** The number of arguments, the program's name included. */
export function argumentCount(): i32 {
  return <i32>load64(stack);
}

/** An argument, 0 being the program's name. */
export function argument(index: i32): string {
  return textAt(load64(stack + 8 + <u64>index * 8));
}

/** All arguments, the program's name first. */
export function allArguments(): string[] {
  const list: string[] = [];
  for (let index = 0; index < argumentCount(); index++) list.push(argument(index));
  return list;
}

/** The environment, as "NAME=value". */
export function environment(): string[] {
  const list: string[] = [];
  let at = environmentAddress();
  for (let text = load64(at); text != 0; text = load64(at)) {
    list.push(textAt(text));
    at += 8;
  }
  return list;
}

/** The address of the pointers to the environment, which end with 0. */
export function environmentAddress(): u64 {
  return stack + 16 + <u64>argumentCount() * 8;
}

/** The NUL-terminated UTF-8 at any address. */
export function textAt(address: u64): string {
  let length: u64 = 0;
  while (load8(address + length) != 0) length++;
  const bytes = new Uint8Array(<i32>length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = <u8>load8(address + index);
  return String.UTF8.decode(bytes.buffer);
}

/** Exit status of a program that ends by a failed assertion. */
const ABORTED: i32 = 134;
/** What is said needs memory, which may be just what is broken. */
let aborting: bool = false;

export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  if (aborting) syscall1(SYS_exit, ABORTED);
  aborting = true;
  const where = (file == null ? '' : file) + ':' + line.toString() + ':' + column.toString();
  const text = String.UTF8.encode((message == null ? 'assertion failed' : message) + ' at ' + where + '\n');
  syscall3(SYS_write, 2, changetype<usize>(text), text.byteLength);
  syscall1(SYS_exit, ABORTED);
}
