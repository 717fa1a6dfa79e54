/** Bytes for people: in hexadecimal and as characters, sixteen a line. */
import { print } from './io';
import { hex } from './text';

const WIDTH = 16;

/** Prints memory; the first byte is said to be at `offset`. */
export function dump(from: usize, bytes: i32, offset: u64): void {
  for (let at = 0; at < bytes; at += WIDTH) dumpLine(from + at, min(WIDTH, bytes - at), offset + at);
}

function dumpLine(from: usize, bytes: i32, offset: u64): void {
  let numbers = '';
  let characters = '';
  for (let n = 0; n < bytes; n++) {
    const byte = load<u8>(from + n);
    numbers += (n == WIDTH / 2 ? '  ' : ' ') + hex(byte, 2);
    characters += byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.';
  }
  print(hex(offset, 8) + ' ' + numbers.padEnd(WIDTH * 3 + 1) + '  |' + characters + '|\n');
}
