/** Nodes of the store, by directory (a NUL-terminated path) and name. `transaction` is 0 outside of any. */
import { EAGAIN, EINVAL, XS_DIRECTORY, XS_READ, XS_RM, XS_TRANSACTION_END, XS_TRANSACTION_START } from 'xen';
import { XS_WRITE } from 'xen';
import { addByte, addNumber, addString, addText, begin, done, finish, reply } from './xenbus';

const SLASH: u8 = 47;

function beginNode(type: u32, transaction: u32, directory: usize, name: string): void {
  begin(type, transaction);
  addString(directory);
  if (load<u8>(directory) != 0 && name.length > 0) addByte(SLASH);
  addText(name);
  addByte(0);
}

/** Reads a node to `to`, a NUL behind it: its bytes, or a negative errno; -EINVAL: it is longer than `room` - 1. */
export function readText(directory: usize, name: string, to: usize, room: usize): i32 {
  beginNode(XS_READ, 0, directory, name);
  const length = finish();
  const fits = length >= 0 && <usize>length < room;
  if (fits) memory.copy(to, reply(), length + 1);
  done();
  return length < 0 || fits ? length : -EINVAL;
}

/** Reads a decimal number: it, or a negative errno. */
export function readNumber(directory: usize, name: string): i64 {
  beginNode(XS_READ, 0, directory, name);
  const length = finish();
  let number: i64 = length < 0 ? length : length == 0 ? -EINVAL : 0;
  for (let index = 0; index < length && number >= 0; index++) {
    const digit = load<u8>(reply() + index);
    number = digit < 48 || digit > 57 ? -EINVAL : number * 10 + (digit - 48);
  }
  done();
  return number;
}

/** The names in a directory, each with a NUL behind it: bytes, or a negative errno. */
export function listNames(directory: usize, to: usize, room: usize): i32 {
  beginNode(XS_DIRECTORY, 0, directory, '');
  const length = finish();
  const fits = length >= 0 && <usize>length <= room;
  if (fits) memory.copy(to, reply(), length);
  done();
  return length < 0 || fits ? length : -EINVAL;
}

export function writeNumber(transaction: u32, directory: usize, name: string, value: u64): i32 {
  beginNode(XS_WRITE, transaction, directory, name);
  addNumber(value);
  return ended();
}

export function writeText(transaction: u32, directory: usize, name: string, text: string): i32 {
  beginNode(XS_WRITE, transaction, directory, name);
  addText(text);
  return ended();
}

/** `text` is NUL-terminated. */
export function writeString(transaction: u32, directory: usize, name: string, text: usize): i32 {
  beginNode(XS_WRITE, transaction, directory, name);
  addString(text);
  return ended();
}

export function removeNode(directory: usize, name: string): i32 {
  beginNode(XS_RM, 0, directory, name);
  return ended();
}

function ended(): i32 {
  const result = finish();
  done();
  return min(result, 0);
}

/** Its number, or a negative errno. */
export function startTransaction(): i32 {
  begin(XS_TRANSACTION_START, 0);
  addByte(0);
  const length = finish();
  let number = length < 0 ? length : 0;
  for (let index = 0; index < length && load<u8>(reply() + index) != 0; index++)
    number = number * 10 + (load<u8>(reply() + index) - 48);
  done();
  return number;
}

/** 0; -EAGAIN: somebody else has changed what it is about, and it is to be done again. */
export function endTransaction(transaction: u32, commit: bool): i32 {
  begin(XS_TRANSACTION_END, transaction);
  addText(commit ? 'T' : 'F');
  addByte(0);
  return ended();
}

/** Whether a failed transaction is to be done again. */
export function isConflict(result: i32): bool {
  return result == -EAGAIN;
}
