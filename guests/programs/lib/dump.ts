/** Bytes for people: in hexadecimal and as characters, sixteen a line. */
import { printBytes } from './io';

const WIDTH = 16;

/** Prints memory; the first byte is said to be at `offset`. */
export function dump(from: usize, bytes: i32, offset: u64): void {
  for (let at = 0; at < bytes; at += WIDTH) dumpLine(from + at, min(WIDTH, bytes - at), offset + at);
}

const line = new StaticArray<u8>(96);
let length = 0;

function put(byte: u8): void {
  line[length++] = byte;
}
function putHex(value: u64, digits: i32): void {
  for (let shift = digits * 4 - 4; shift >= 0; shift -= 4) {
    const digit = <u8>((value >> shift) & 15);
    put(digit < 10 ? 48 + digit : 87 + digit);
  }
}

const SPACE: u8 = 32;
const BAR: u8 = 124;
const DOT: u8 = 46;

function dumpLine(from: usize, bytes: i32, offset: u64): void {
  length = 0;
  putHex(offset, 8);
  put(SPACE);
  const numbers = length;
  for (let n = 0; n < bytes; n++) {
    put(SPACE);
    if (n == WIDTH / 2) put(SPACE);
    putHex(load<u8>(from + n), 2);
  }
  while (length < numbers + WIDTH * 3 + 1) put(SPACE);
  put(SPACE);
  put(SPACE);
  put(BAR);
  for (let n = 0; n < bytes; n++) {
    const byte = load<u8>(from + n);
    put(byte >= 32 && byte < 127 ? byte : DOT);
  }
  put(BAR);
  put(10);
  printBytes(changetype<usize>(line), length);
}
