/**
 * Deflate (RFC 1951). A code is looked up by the next ten bits; what is longer is found bit by bit, by how many codes of each
 * length there are.
 */
import { load64, load8, store8 } from 'programs/lib/intrinsics';
import { copyMatch } from './match';

const FAST_BITS: u32 = 10;
const MAX_LENGTH: u32 = 15;
const LITERALS: u32 = 288;
const DISTANCES: u32 = 30;
const LENGTH_CODES: u32 = 19;
const END_OF_BLOCK: u32 = 256;
const LAST_LENGTH: u32 = 28;
/** Bits that a length and a distance take at most: two codes, and what more tells of them. */
const ENOUGH: i64 = 48;
const FAST_MASK: u64 = (1 << 10) - 1;

/** A code: by ten bits the symbol (from bit 4 on) and its length (0: longer); codes by length; symbols in their order. */
const COUNTS: usize = 2 << FAST_BITS;
const SYMBOLS: usize = COUNTS + 2 * (<usize>MAX_LENGTH + 1);
const literalCode: usize = memory.data((2 << 10) + 32 + 2 * 288, 8);
const distanceCode: usize = memory.data((2 << 10) + 32 + 2 * 288, 8);

/** What a length or distance begins at, and how many bits more tell of it. */
const LENGTH_BASE: usize = memory.data<u16>([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
]);
const LENGTH_BITS: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
]);
const DISTANCE_BASE: usize = memory.data<u16>([
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
  6145, 8193, 12289, 16385, 24577,
]);
const DISTANCE_BITS: usize = memory.data<u8>([
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
]);
/** The order in which the lengths of the code for lengths are told. */
const ORDER: usize = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);

const lengths: usize = memory.data(320, 8);
const offsets: usize = memory.data(64, 8);

/** Where it reads, and bits that are read but not used. Beyond the end zeroes are read, and `held` gets negative. */
let at: u64 = 0;
let end: u64 = 0;
let hold: u64 = 0;
let held: i64 = 0;
/** Where it writes. */
let start: u64 = 0;
let out: u64 = 0;
let limit: u64 = 0;

/** Unpacks a stream to at most `room` bytes. How many they are; -1: it is damaged. */
export function inflate(from: u64, to: u64, target: u64, room: u64): i64 {
  at = from;
  end = to;
  hold = 0;
  held = 0;
  start = target;
  out = target;
  limit = target + room;
  let last: u32 = 0;
  while (last == 0) {
    last = bits(1);
    const type = bits(2);
    if (held < 0) return -1;
    let whole = false;
    if (type == 0) whole = stored();
    else if (type == 1) whole = fixedCodes() && block();
    else if (type == 2) whole = readCodes() && block();
    if (!whole) return -1;
  }
  return out - start;
}

/** Where what follows the last stream begins. */
export function inflateEnd(): u64 {
  return at - <u64>(held >> 3);
}

/** Holds 56 bits at least, and less than 64. */
function refill(): void {
  while (held < 56 && at < end) {
    hold |= load8(at++) << held;
    held += 8;
  }
}

function bits(count: u32): u32 {
  if (held < <i64>count) refill();
  const value = (<u32>hold) & ((1 << count) - 1);
  hold >>= count;
  held -= count;
  return value;
}

function stored(): bool {
  at -= <u64>(held >> 3);
  hold = 0;
  held = 0;
  if (end - at < 4) return false;
  const bytes = load8(at) | (load8(at + 1) << 8);
  const inverse = load8(at + 2) | (load8(at + 3) << 8);
  at += 4;
  if ((bytes ^ inverse) != 0xffff || bytes > end - at || bytes > limit - out) return false;
  for (const stop = at + bytes; at < stop; at++) store8(out++, load8(at));
  return true;
}

function fixedCodes(): bool {
  memory.fill(lengths, 8, 144);
  memory.fill(lengths + 144, 9, 112);
  memory.fill(lengths + 256, 7, 24);
  memory.fill(lengths + 280, 8, 8);
  makeCode(literalCode, lengths, LITERALS);
  memory.fill(lengths, 5, DISTANCES);
  makeCode(distanceCode, lengths, DISTANCES);
  return true;
}

/** The codes of a block that tells its own. */
function readCodes(): bool {
  const literals = bits(5) + 257;
  const distances = bits(5) + 1;
  const told = bits(4) + 4;
  if (held < 0 || literals > 286 || distances > DISTANCES) return false;
  memory.fill(lengths, 0, LENGTH_CODES);
  for (let n: u32 = 0; n < told; n++) store<u8>(lengths + load<u8>(ORDER + n), <u8>bits(3));
  if (makeCode(literalCode, lengths, LENGTH_CODES) != 0) return false;
  if (!readLengths(literals + distances) || load<u8>(lengths + END_OF_BLOCK) == 0) return false;
  // A code with one symbol alone may be left incomplete.
  if (!isUsable(makeCode(literalCode, lengths, literals), literalCode, literals)) return false;
  return isUsable(makeCode(distanceCode, lengths + literals, distances), distanceCode, distances);
}

function isUsable(left: i32, code: usize, symbols: u32): bool {
  return left == 0 || (left > 0 && symbols - <u32>load<u16>(code + COUNTS) <= 1);
}

/** Lengths as the code for lengths tells them, with repetitions. */
function readLengths(count: u32): bool {
  let n: u32 = 0;
  while (n < count) {
    refill();
    const found = find(literalCode);
    if (found == 0) return false;
    take(found & 15);
    const symbol = found >> 4;
    if (symbol < 16) {
      store<u8>(lengths + n++, <u8>symbol);
      continue;
    }
    if (symbol == 16 && n == 0) return false;
    const repeated = symbol == 16 ? load<u8>(lengths + n - 1) : <u8>0;
    const times: u32 = symbol == 16 ? 3 + bits(2) : symbol == 17 ? 3 + bits(3) : 11 + bits(7);
    if (held < 0 || times > count - n) return false;
    memory.fill(lengths + n, repeated, times);
    n += times;
  }
  return true;
}

function take(count: u32): void {
  hold >>= count;
  held -= count;
}

/** The symbol (from bit 4 on) that comes next, and the length of its code; 0: there is none. */
function find(code: usize): u32 {
  const found = <u32>load<u16>(code + ((<usize>(hold & FAST_MASK)) << 1));
  return (found & 15) != 0 ? found : findLong(code, hold);
}

function findLong(code: usize, next: u64): u32 {
  let value: u32 = 0;
  let first: u32 = 0;
  let index: u32 = 0;
  for (let length: u32 = 1; length <= MAX_LENGTH; length++) {
    value |= (<u32>next) & 1;
    next >>= 1;
    const count = <u32>load<u16>(code + COUNTS + (length << 1));
    if (value < first + count)
      return ((<u32>load<u16>(code + SYMBOLS + ((index + value - first) << 1))) << 4) | length;
    index += count;
    first = (first + count) << 1;
    value <<= 1;
  }
  return 0;
}

/** Makes a code of the lengths of its symbols. What is left over: 0: it is complete; negative: there are too many. */
function makeCode(code: usize, from: usize, symbols: u32): i32 {
  memory.fill(code, 0, SYMBOLS);
  for (let n: u32 = 0; n < symbols; n++) {
    const count = code + COUNTS + ((<usize>load<u8>(from + n)) << 1);
    store<u16>(count, load<u16>(count) + 1);
  }
  let left: i32 = 1;
  let index: u32 = 0;
  for (let length: u32 = 1; length <= MAX_LENGTH; length++) {
    const count = <u32>load<u16>(code + COUNTS + (length << 1));
    left = (left << 1) - <i32>count;
    if (left < 0) return left;
    store<u16>(offsets + (length << 1), <u16>index);
    index += count;
  }
  for (let n: u32 = 0; n < symbols; n++) {
    const length = <usize>load<u8>(from + n);
    if (length == 0) continue;
    const place = <usize>load<u16>(offsets + (length << 1));
    store<u16>(code + SYMBOLS + (place << 1), <u16>n);
    store<u16>(offsets + (length << 1), <u16>place + 1);
  }
  fillFast(code);
  return left;
}

/** The symbols with short codes at all the places that begin with them, the lowest bit first. */
function fillFast(code: usize): void {
  let value: u32 = 0;
  let index: u32 = 0;
  for (let length: u32 = 1; length <= FAST_BITS; length++) {
    const count = <u32>load<u16>(code + COUNTS + (length << 1));
    for (let n: u32 = 0; n < count; n++) {
      const entry = ((<u32>load<u16>(code + SYMBOLS + (index << 1))) << 4) | length;
      for (let place = reversed(value, length); place < 1 << FAST_BITS; place += 1 << length)
        store<u16>(code + (place << 1), <u16>entry);
      value++;
      index++;
    }
    value <<= 1;
  }
}

function reversed(value: u32, length: u32): u32 {
  let result: u32 = 0;
  for (let n: u32 = 0; n < length; n++) {
    result = (result << 1) | (value & 1);
    value >>= 1;
  }
  return result;
}

/** Literals and matches up to the end of a block. */
function block(): bool {
  // What is used all the time is kept at hand.
  let next = hold;
  let left = held;
  let to = out;
  let whole = false;
  while (true) {
    if (left < ENOUGH) {
      if (end - at >= 8) {
        next |= load64(at) << left;
        at += <u64>((63 - left) >> 3);
        left |= 56;
      } else {
        while (left < 56 && at < end) {
          next |= load8(at++) << left;
          left += 8;
        }
        if (left < 0) break;
      }
    }
    let found = <u32>load<u16>(literalCode + ((<usize>(next & FAST_MASK)) << 1));
    if ((found & 15) == 0) found = findLong(literalCode, next);
    next >>= found & 15;
    left -= found & 15;
    const symbol = found >> 4;
    if (symbol < END_OF_BLOCK) {
      if (to >= limit || found == 0) break;
      store8(to++, symbol);
      continue;
    }
    if (symbol == END_OF_BLOCK) {
      whole = left >= 0;
      break;
    }
    const kind = symbol - END_OF_BLOCK - 1;
    if (kind > LAST_LENGTH) break;
    let more = <u64>load<u8>(LENGTH_BITS + kind);
    const length = <u64>load<u16>(LENGTH_BASE + (kind << 1)) + (next & (((<u64>1) << more) - 1));
    next >>= more;
    left -= more;
    found = <u32>load<u16>(distanceCode + ((<usize>(next & FAST_MASK)) << 1));
    if ((found & 15) == 0) found = findLong(distanceCode, next);
    next >>= found & 15;
    left -= found & 15;
    const slot = found >> 4;
    if (slot >= DISTANCES || found == 0) break;
    more = <u64>load<u8>(DISTANCE_BITS + slot);
    const distance = <u64>load<u16>(DISTANCE_BASE + (slot << 1)) + (next & (((<u64>1) << more) - 1));
    next >>= more;
    left -= more;
    if (left < 0 || distance > to - start || length > limit - to) break;
    to = copyMatch(to, distance, length, limit);
  }
  hold = next;
  held = left;
  out = to;
  return whole;
}
