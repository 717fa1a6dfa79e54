/**
 * A file of LZMA alone, as Linux packs kernels with it: the properties, how large the dictionary was, how much it unpacks to
 * (all ones: the end is marked), and one stream (lzma-file-format.txt of XZ Utils). There is no checksum.
 */
import { copy, load64, load8 } from 'programs/lib/intrinsics';
import {
  beginCode,
  DAMAGED,
  ENDED,
  isAtEnd,
  readFrom,
  readingAt,
  resetState,
  setProperties,
  unpackUpTo,
} from './lzma';

const SIZE: u64 = 5;
const HEADER_BYTES: u64 = 13;
const CODER_BYTES: u64 = 5;
const UNKNOWN: u64 = u64.MAX_VALUE;

/** What is read at a time, what one step of the decoder reads at most, and room behind. */
const PIECE_BYTES: usize = 0x1_0000;
const STEP_BYTES: usize = 64;
const piece: usize = memory.data(0x1_0000 + 64, 8);

/** Where in linear memory what has been brought ends, and what is still to be brought. */
let held: usize = 0;
let next: u64 = 0;
let end: u64 = 0;

/** Brings more to where it reads: what is not read yet goes to the front. Behind the end are zeroes. */
function bring(): void {
  const at = readingAt();
  const left = held > at ? held - at : 0;
  memory.copy(piece, at, left);
  const bytes = min(end - next, <u64>(PIECE_BYTES - left));
  copy(piece + left, next, bytes);
  next += bytes;
  held = piece + left + <usize>bytes;
  memory.fill(held, 0, STEP_BYTES);
  readFrom(piece);
}

/** Up to where it may read before more is brought. */
function readable(): usize {
  return next < end ? held - STEP_BYTES : held;
}

/** Unpacks to at most `room` bytes. How many they are; -1: it is damaged. */
export function unlzma(from: u64, bytes: u64, to: u64, room: u64): i64 {
  if (bytes < HEADER_BYTES + CODER_BYTES || !setProperties(<u32>load8(from))) return -1;
  const told = load64(from + SIZE);
  if (told != UNKNOWN && told > room) return -1;
  next = from + HEADER_BYTES;
  end = from + bytes;
  held = piece;
  readFrom(piece);
  bring();
  if (!beginCode(piece)) return -1;
  resetState();
  const stop = to + (told == UNKNOWN ? room : told);
  let out = to;
  while (out < stop) {
    const came = unpackUpTo(readable(), to, out, stop, to + room);
    if (came == DAMAGED || readingAt() > held) return -1;
    if (came == ENDED) return told == UNKNOWN ? <i64>(out - to) : -1;
    out = came;
    if (next < end) bring();
  }
  if (told == UNKNOWN && !isAtEnd(out - to)) return -1;
  return readingAt() > held ? -1 : <i64>(out - to);
}
