/**
 * What addresses of code mean: the linker's table in the image (guests/toolchain/link/symbols.ts tells its layout). Numbers
 * are 32 bits, virtual addresses by their lower half.
 */
import { print, printBytes, printHex, printNumber } from '../console/print';

// @ts-ignore: decorator
@external("asm", "symbol_table")
declare function symbolTable(): usize;

const FUNCTION_BYTES: usize = 16;
const LINE_BYTES: usize = 8;
const LINE_BITS: u32 = 20;

/** Virtual addresses of the window: their lower half less this is an address in linear memory. */
const WINDOW_LOW: u32 = 0x8000_0000;

/** The address in linear memory of what the table refers to. */
function place(low: u32): usize {
  return low - WINDOW_LOW;
}

/** The last record at or before an address, in a table in order of the first word; 0: none. */
function lastAtOrBefore(table: usize, count: u32, bytes: usize, low: u32): usize {
  let from: u32 = 0;
  let to = count;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (load<u32>(table + middle * bytes) <= low) from = middle + 1;
    else to = middle;
  }
  return from == 0 ? 0 : table + (from - 1) * bytes;
}

/** The record of the function that a code address is in; 0: none. */
function functionAt(rip: u64): usize {
  const symbols = symbolTable();
  if (symbols == 0 || rip >> 32 != 0xffff_ffff) return 0;
  const record = lastAtOrBefore(place(load<u32>(symbols, 4)), load<u32>(symbols), FUNCTION_BYTES, <u32>rip);
  return record != 0 && <u32>rip < load<u32>(record, 4) ? record : 0;
}

/** Bytes between RSP and the return address in the function at `rip`; -1: not known. */
export function frameBytes(rip: u64): i32 {
  const record = functionAt(rip);
  return record == 0 ? -1 : load<i32>(record, 8);
}

/** Prints `function (file:line)` for a code address. */
export function describeAddress(rip: u64): void {
  const record = functionAt(rip);
  if (record == 0) {
    printHex(rip);
    return;
  }
  printBytes(place(load<u32>(record, 12)));
  const symbols = symbolTable();
  const line = lastAtOrBefore(place(load<u32>(symbols, 12)), load<u32>(symbols, 8), LINE_BYTES, <u32>rip);
  if (line == 0 || load<u32>(line) < load<u32>(record)) return;
  const packed = load<u32>(line, 4);
  print(' (');
  printBytes(place(load<u32>(place(load<u32>(symbols, 20)) + (packed >> LINE_BITS) * 4)));
  print(':');
  printNumber(packed & ((1 << LINE_BITS) - 1));
  print(')');
}
