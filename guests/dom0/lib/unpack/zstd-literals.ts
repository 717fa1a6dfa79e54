/** The literals of a zstd block (RFC 8878, 3.1.1.3.1): plain, one byte many times, or by a Huffman code in one or four streams. */
import { copy, load16, load32, load8 } from 'programs/lib/intrinsics';
import { beginBits, bitsLeft, peekBits, skipBits, takeBits } from './backward-bits';
import { madeLog, nextState, readTable, toldEnd } from './fse';

const PLAIN: u32 = 0;
const SAME: u32 = 1;
const CODED: u32 = 2;

const MOST: u32 = 128 << 10;
/** A block's literals, with room for what is read beyond them. */
export const literals: usize = memory.data((128 << 10) + 8, 8);
/** How many they are, and where in the file they end. */
export let literalCount: u32 = 0;
export let literalsEnd: u64 = 0;

const MAX_CODE_BITS: u32 = 11;
const MAX_WEIGHTS: u32 = 255;
const WEIGHT_LOG: u32 = 6;
const WEIGHT_SYMBOLS: u32 = 12;
const JUMP_TABLE_BYTES: u64 = 6;
/** Each symbol's weight; how many there are of each; and of the code, by so many bits, the symbol and its bits from bit 8 on. */
const weights: usize = memory.data(256, 8);
const ofWeight: usize = memory.data(4 * 16, 8);
const code: usize = memory.data(2 << 11, 8);
const weightTable: usize = memory.data(4 << 9, 8);
/** The longest code; 0: there is none yet. */
let codeBits: u32 = 0;
/** Where what told of it ends. */
let codeEnd: u64 = 0;

/** A frame begins: it has no code yet. */
export function forgetCode(): void {
  codeBits = 0;
}

/** Reads the literals at the beginning of a block that ends at `end`, in a file that ends at `fileEnd`. */
export function readLiterals(at: u64, end: u64, fileEnd: u64): bool {
  if (end - at < 3) return false;
  const type = (<u32>load8(at)) & 3;
  return type < CODED ? uncoded(type, at, end) : coded(type, at, end, fileEnd);
}

function uncoded(type: u32, at: u64, end: u64): bool {
  const format = ((<u32>load8(at)) >> 2) & 3;
  const header = (<u32>load16(at)) | ((<u32>load8(at + 2)) << 16);
  const headerBytes: u64 = (format & 1) == 0 ? 1 : format == 1 ? 2 : 3;
  literalCount =
    (format & 1) == 0 ? (header & 0xff) >> 3 : format == 1 ? (header & 0xffff) >> 4 : header >> 4;
  const from = at + headerBytes;
  const bytes: u64 = type == PLAIN ? literalCount : 1;
  if (literalCount > MOST || bytes > end - from) return false;
  if (type == SAME) memory.fill(literals, <u8>load8(from), literalCount);
  else copy(literals, from, bytes);
  literalsEnd = from + bytes;
  return true;
}

function coded(type: u32, at: u64, end: u64, fileEnd: u64): bool {
  const format = ((<u32>load8(at)) >> 2) & 3;
  const headerBytes: u64 = format < 2 ? 3 : <u64>format + 2;
  if (end - at < headerBytes + 1) return false;
  const header = load32(at) | (headerBytes == 5 ? load8(at + 4) << 32 : 0);
  const width: u64 = format < 2 ? 10 : format == 2 ? 14 : 18;
  const mask = ((<u64>1) << width) - 1;
  literalCount = <u32>((header >> 4) & mask);
  const packed = (header >> (4 + width)) & mask;
  let from = at + headerBytes;
  if (literalCount > MOST || packed > end - from) return false;
  literalsEnd = from + packed;
  if (type == CODED) {
    if (!readCode(from, literalsEnd, fileEnd)) return false;
    from = codeEnd;
  }
  if (codeBits == 0) return false;
  return format == 0 ? stream(from, literalsEnd, fileEnd, 0, literalCount) : fourStreams(from, fileEnd);
}

function fourStreams(at: u64, fileEnd: u64): bool {
  if (literalsEnd - at < JUMP_TABLE_BYTES) return false;
  const each = (literalCount + 3) >> 2;
  if (each * 3 > literalCount) return false;
  let from = at + JUMP_TABLE_BYTES;
  for (let n: u32 = 0; n < 3; n++) {
    const bytes = load16(at + 2 * n);
    if (bytes > literalsEnd - from) return false;
    if (!stream(from, from + bytes, fileEnd, each * n, each)) return false;
    from += bytes;
  }
  return stream(from, literalsEnd, fileEnd, each * 3, literalCount - each * 3);
}

/** Decodes a stream to so many literals from a place on: it is to have no bit more. */
function stream(from: u64, end: u64, fileEnd: u64, first: u32, count: u32): bool {
  if (!beginBits(from, end - from, fileEnd)) return false;
  const stop = literals + first + count;
  for (let to = literals + first; to < stop; to++) {
    const entry = <u32>load<u16>(code + (peekBits(codeBits) << 1));
    skipBits(entry >> 8);
    store<u8>(to, <u8>entry);
  }
  return bitsLeft() == 0;
}

/** Reads how the code is made: the weights of all symbols but the last, whose weight is what is left. */
function readCode(at: u64, end: u64, fileEnd: u64): bool {
  codeBits = 0;
  if (at >= end) return false;
  const header = <u32>load8(at);
  let count: u32 = 0;
  if (header < 128) {
    codeEnd = at + 1 + header;
    if (codeEnd > end) return false;
    count = codedWeights(at + 1, codeEnd, fileEnd);
  } else {
    count = header - 127;
    codeEnd = at + 1 + ((count + 1) >> 1);
    if (codeEnd > end) return false;
    for (let n: u32 = 0; n < count; n++)
      store<u8>(weights + n, <u8>((load8(at + 1 + (n >> 1)) >> ((n & 1) == 0 ? 4 : 0)) & 15));
  }
  return count != 0 && makeCode(count);
}

/** Weights by two states of one table that take turns: how many; 0: they are damaged. */
function codedWeights(at: u64, end: u64, fileEnd: u64): u32 {
  if (!readTable(weightTable, WEIGHT_SYMBOLS + 1, WEIGHT_LOG, at, end, fileEnd)) return 0;
  if (toldEnd >= end || !beginBits(toldEnd, end - toldEnd, fileEnd)) return 0;
  let one = <u32>takeBits(madeLog);
  let other = <u32>takeBits(madeLog);
  let count: u32 = 0;
  while (bitsLeft() >= 0) {
    if (count >= MAX_WEIGHTS - 1) return 0;
    const entry = load<u32>(weightTable + (one << 2));
    store<u8>(weights + count++, <u8>entry);
    one = other;
    other = nextState(entry);
  }
  // The state that there were no bits for any more has not come; the one before it has.
  store<u8>(weights + count++, <u8>load<u32>(weightTable + (one << 2)));
  return count;
}

/** Makes the code of so many weights and the last one. */
function makeCode(count: u32): bool {
  let sum: u32 = 0;
  memory.fill(ofWeight, 0, 4 * 16);
  for (let n: u32 = 0; n < count; n++) {
    const weight = <u32>load<u8>(weights + n);
    if (weight > WEIGHT_SYMBOLS) return false;
    if (weight == 0) continue;
    sum += 1 << (weight - 1);
    store<u32>(ofWeight + (weight << 2), load<u32>(ofWeight + (weight << 2)) + 1);
  }
  if (sum == 0) return false;
  const longest: u32 = 32 - clz(sum);
  const rest = ((<u32>1) << longest) - sum;
  if (longest > MAX_CODE_BITS || popcnt(rest) != 1) return false;
  const last: u32 = 32 - clz(rest);
  store<u8>(weights + count, <u8>last);
  store<u32>(ofWeight + (last << 2), load<u32>(ofWeight + (last << 2)) + 1);
  // Where the symbols of each weight begin: the lightest, whose codes are the longest, first.
  let begin: u32 = 0;
  for (let weight: u32 = 1; weight <= longest; weight++) {
    const many = load<u32>(ofWeight + (weight << 2));
    store<u32>(ofWeight + (weight << 2), begin);
    begin += many << (weight - 1);
  }
  for (let n: u32 = 0; n <= count; n++) {
    const weight = <u32>load<u8>(weights + n);
    if (weight == 0) continue;
    const first = load<u32>(ofWeight + (weight << 2));
    const places: u32 = 1 << (weight - 1);
    const entry = n | ((longest + 1 - weight) << 8);
    for (let place = first; place < first + places; place++) store<u16>(code + (place << 1), <u16>entry);
    store<u32>(ofWeight + (weight << 2), first + places);
  }
  codeBits = longest;
  return true;
}
