/** Domain 0's console: the serial line of the machine, which is Xen's own console (console_io). */
import { CONSOLEIO_read, CONSOLEIO_write } from 'xen';
import { HYPERVISOR_console_io } from '../xen/hypercalls';

const BUFFER_BYTES: u32 = 128;
/** What is to be written, and what was read and nobody has taken yet: bytes of it. */
const output: usize = memory.data(128);
let outputBytes: u32 = 0;
const input: usize = memory.data(128);
let inputAt: u32 = 0;
let inputBytes: u32 = 0;

const CR: u8 = 13;
const LF: u8 = 10;
/** A carriage return is held back: Xen itself puts one before every newline. */
let held: bool = false;

/** Writes a byte, with those behind it: see `flushLine`. */
export function putOnLine(byte: u8): void {
  if (held && byte != LF) append(CR);
  held = byte == CR;
  if (!held) append(byte);
}

function append(byte: u8): void {
  store<u8>(output + outputBytes++, byte);
  if (outputBytes == BUFFER_BYTES) flushLine();
}

export function flushLine(): void {
  if (held) {
    held = false;
    append(CR);
  }
  if (outputBytes > 0) HYPERVISOR_console_io(CONSOLEIO_write, outputBytes, output);
  outputBytes = 0;
}

/** The next byte that was typed, which stays until `takeFromLine`; -1: there is none. */
export function lineInput(): i32 {
  if (inputAt == inputBytes) {
    inputAt = 0;
    inputBytes = <u32>max(HYPERVISOR_console_io(CONSOLEIO_read, BUFFER_BYTES, input), 0);
    if (inputBytes == 0) return -1;
  }
  return load<u8>(input + inputAt);
}

export function takeFromLine(): void {
  inputAt++;
}
