/**
 * LZMA: literals and matches, each bit told by a range coder with the probability that it has had so far (the LZMA
 * specification, lzma-specification.txt of the LZMA SDK). What is learnt, and what has been unpacked, is kept from one call to
 * the next: LZMA2 brings chunks, and a stream of its own is read piece by piece.
 */
import { load8, store8 } from 'programs/lib/intrinsics';
import { copyMatch } from './match';

/** Bits of a probability, and how fast it learns. */
const MODEL_BITS: u32 = 11;
const MODEL_TOTAL: u32 = 1 << MODEL_BITS;
const MOVE_BITS: u32 = 5;
/** Below this the range takes in another byte. */
const TOP: u32 = 1 << 24;

// Probabilities, by their places.
const STATES: u32 = 12;
const POSITION_STATES: u32 = 16;
const IS_MATCH: u32 = 0;
const IS_REP: u32 = IS_MATCH + STATES * POSITION_STATES;
const IS_REP_G0: u32 = IS_REP + STATES;
const IS_REP_G1: u32 = IS_REP_G0 + STATES;
const IS_REP_G2: u32 = IS_REP_G1 + STATES;
const IS_REP0_LONG: u32 = IS_REP_G2 + STATES;
const SLOTS: u32 = IS_REP0_LONG + STATES * POSITION_STATES;
const SLOT_TREES: u32 = 4;
const SLOT_BITS: u32 = 6;
const SPECIAL: u32 = SLOTS + (SLOT_TREES << SLOT_BITS);
const ALIGN: u32 = SPECIAL + 115;
const ALIGN_BITS: u32 = 4;
const LENGTHS: u32 = ALIGN + (1 << ALIGN_BITS);
const CHOICE_2: u32 = 1;
const LOW: u32 = 2;
const MIDDLE: u32 = LOW + (POSITION_STATES << 3);
const HIGH: u32 = MIDDLE + (POSITION_STATES << 3);
const LENGTH_CODER: u32 = HIGH + 256;
const REP_LENGTHS: u32 = LENGTHS + LENGTH_CODER;
const LITERALS: u32 = REP_LENGTHS + LENGTH_CODER;
const LITERAL_CODER: u32 = 0x300;
const MAX_CONTEXT_BITS: u32 = 4;
const COUNT: u32 = LITERALS + (0x300 << 4);
const probabilities: usize = memory.data(COUNT << 1, 8);

const MIN_LENGTH: u32 = 2;
/** In states below this the last thing was a literal. */
const AFTER_MATCH: u32 = 7;
const END_SLOT: u32 = 14;
const FIRST_LONG_SLOT: u32 = 4;
/** The distance, less 1, that says that there is nothing more. */
const END_MARK: u32 = 0xffff_ffff;

/** The range coder, and where it reads: in linear memory, with some bytes to spare behind. */
let range: u32 = 0;
let code: u32 = 0;
let input: usize = 0;

let state: u32 = 0;
let rep0: u32 = 0;
let rep1: u32 = 0;
let rep2: u32 = 0;
let rep3: u32 = 0;
/** The properties: bits of the byte before and of the position that a literal's coder is chosen by, and a match's. */
let lc: u32 = 0;
let lpMask: u32 = 0;
let pbMask: u32 = 0;

/** Takes properties as a byte tells them. Whether there are such, in LZMA2. */
export function setProperties(byte: u32): bool {
  if (byte >= 9 * 5 * 5) return false;
  lc = byte % 9;
  const lp = (byte / 9) % 5;
  lpMask = (1 << lp) - 1;
  pbMask = (1 << (byte / 45)) - 1;
  return lc + lp <= MAX_CONTEXT_BITS;
}

/** Forgets what is learnt. */
export function resetState(): void {
  for (let n: u32 = 0; n < COUNT; n++) store<u16>(probabilities + (n << 1), <u16>(MODEL_TOTAL / 2));
  state = 0;
  rep0 = 0;
  rep1 = 0;
  rep2 = 0;
  rep3 = 0;
}

/** The next bit, by the probability at a place. */
function bit(place: u32): u32 {
  const at = probabilities + (place << 1);
  if (range < TOP) {
    range <<= 8;
    code = (code << 8) | load<u8>(input++);
  }
  const probability = <u32>load<u16>(at);
  const bound = (range >> MODEL_BITS) * probability;
  if (code < bound) {
    range = bound;
    store<u16>(at, probability + ((MODEL_TOTAL - probability) >> MOVE_BITS));
    return 0;
  }
  range -= bound;
  code -= bound;
  store<u16>(at, probability - (probability >> MOVE_BITS));
  return 1;
}

/** A number of so many bits, the highest first, with a 1 before it. */
function tree(place: u32, bits: u32): u32 {
  const probs = probabilities + (place << 1);
  const end = (<u32>1) << bits;
  let wide = range;
  let value = code;
  let at = input;
  let symbol: u32 = 1;
  while (symbol < end) {
    if (wide < TOP) {
      wide <<= 8;
      value = (value << 8) | load<u8>(at++);
    }
    const slot = probs + (symbol << 1);
    const probability = <u32>load<u16>(slot);
    const bound = (wide >> MODEL_BITS) * probability;
    symbol <<= 1;
    if (value < bound) {
      wide = bound;
      store<u16>(slot, probability + ((MODEL_TOTAL - probability) >> MOVE_BITS));
    } else {
      wide -= bound;
      value -= bound;
      store<u16>(slot, probability - (probability >> MOVE_BITS));
      symbol++;
    }
  }
  range = wide;
  code = value;
  input = at;
  return symbol;
}

/** A number of so many bits, the lowest first. */
function reverseTree(place: u32, bits: u32): u32 {
  let symbol: u32 = 1;
  let value: u32 = 0;
  for (let n: u32 = 0; n < bits; n++) {
    const next = bit(place + symbol);
    symbol = (symbol << 1) | next;
    value |= next << n;
  }
  return value;
}

/** A number of bits that are as likely 0 as 1. */
function directBits(bits: u32): u32 {
  let value: u32 = 0;
  for (let n: u32 = 0; n < bits; n++) {
    if (range < TOP) {
      range <<= 8;
      code = (code << 8) | load<u8>(input++);
    }
    range >>= 1;
    value <<= 1;
    if (code >= range) {
      code -= range;
      value |= 1;
    }
  }
  return value;
}

/** A literal behind a match: as long as its bits are those of the byte that another match would give, they say more. */
function matchedLiteral(place: u32, matched: u32): u32 {
  const probs = probabilities + (place << 1);
  let wide = range;
  let value = code;
  let at = input;
  let offset: u32 = 0x100;
  let symbol: u32 = 1;
  while (symbol < 0x100) {
    if (wide < TOP) {
      wide <<= 8;
      value = (value << 8) | load<u8>(at++);
    }
    matched <<= 1;
    const same = matched & offset;
    const slot = probs + ((offset + same + symbol) << 1);
    const probability = <u32>load<u16>(slot);
    const bound = (wide >> MODEL_BITS) * probability;
    symbol <<= 1;
    if (value < bound) {
      wide = bound;
      store<u16>(slot, probability + ((MODEL_TOTAL - probability) >> MOVE_BITS));
      offset ^= same;
    } else {
      wide -= bound;
      value -= bound;
      store<u16>(slot, probability - (probability >> MOVE_BITS));
      symbol++;
      offset = same;
    }
  }
  range = wide;
  code = value;
  input = at;
  return symbol;
}

/** A match's length. */
function length(coder: u32, position: u32): u32 {
  if (bit(coder) == 0) return MIN_LENGTH + tree(coder + LOW + (position << 3), 3) - 8;
  if (bit(coder + CHOICE_2) == 0) return MIN_LENGTH + 8 + tree(coder + MIDDLE + (position << 3), 3) - 8;
  return MIN_LENGTH + 16 + tree(coder + HIGH, 8) - 256;
}

/** A match's distance, less 1. */
function distance(bytes: u32): u32 {
  const lengthState = min(bytes - MIN_LENGTH, SLOT_TREES - 1);
  const slot = tree(SLOTS + (lengthState << SLOT_BITS), SLOT_BITS) - (1 << SLOT_BITS);
  if (slot < FIRST_LONG_SLOT) return slot;
  const bits = (slot >> 1) - 1;
  const base = (2 | (slot & 1)) << bits;
  if (slot < END_SLOT) return base + reverseTree(SPECIAL + base - slot, bits);
  return base + (directBits(bits - ALIGN_BITS) << ALIGN_BITS) + reverseTree(ALIGN, ALIGN_BITS);
}

/** One of the last four distances comes to the front: the length of its match; 1: a single byte. */
function repeated(position: u32): u32 {
  if (bit(IS_REP_G0 + state) == 0) {
    if (bit(IS_REP0_LONG + (state << 4) + position) == 0) {
      state = state < AFTER_MATCH ? 9 : 11;
      return 1;
    }
  } else {
    let chosen = rep1;
    if (bit(IS_REP_G1 + state) != 0) {
      chosen = rep2;
      if (bit(IS_REP_G2 + state) != 0) {
        chosen = rep3;
        rep3 = rep2;
      }
      rep2 = rep1;
    }
    rep1 = rep0;
    rep0 = chosen;
  }
  state = state < AFTER_MATCH ? 8 : 11;
  return length(REP_LENGTHS, position);
}

/** A match, new or of a distance that has been before: its length. */
function match(position: u32): u32 {
  if (bit(IS_REP + state) != 0) return repeated(position);
  rep3 = rep2;
  rep2 = rep1;
  rep1 = rep0;
  const bytes = length(LENGTHS, position);
  state = state < AFTER_MATCH ? 7 : 10;
  rep0 = distance(bytes);
  return bytes;
}

/** Begins to read at a place in linear memory: the coder's first five bytes. Whether they can be such. */
export function beginCode(from: usize): bool {
  code = bswap(load<u32>(from, 1));
  range = 0xffff_ffff;
  input = from + 5;
  return load<u8>(from) == 0;
}

/** Where it reads: so that more can be brought there. */
export function readingAt(): usize {
  return input;
}

/** Goes on reading elsewhere. */
export function readFrom(at: usize): void {
  input = at;
}

/** Whether all up to a place has been read, and there is nothing more to tell. */
export function isReadUpTo(end: usize): bool {
  if (range < TOP) {
    range <<= 8;
    code = (code << 8) | load<u8>(input++);
  }
  return input == end && code == 0;
}

/** Whether what comes next is the mark of the end; `at`: how much has been unpacked. */
export function isAtEnd(at: u64): bool {
  const position = (<u32>at) & pbMask;
  if (bit(IS_MATCH + (state << 4) + position) == 0 || bit(IS_REP + state) != 0) return false;
  return distance(length(LENGTHS, position)) == END_MARK;
}

/** With what `unpackUpTo` says that it has met the mark of the end, or that what it reads is damaged. */
export const ENDED: u64 = 0;
export const DAMAGED: u64 = 1;

/**
 * Unpacks to `out` up to `stop`, as long as it reads below `end` in linear memory: where it came to, or ENDED or DAMAGED.
 * `start`: where what matches may repeat begins. Below `room` it may write what is written again later.
 */
export function unpackUpTo(end: usize, start: u64, out: u64, stop: u64, room: u64): u64 {
  while (out < stop && input <= end) {
    const at = <u32>(out - start);
    const position = at & pbMask;
    if (bit(IS_MATCH + (state << 4) + position) == 0) {
      const before = out == start ? 0 : <u32>load8(out - 1);
      const place = LITERALS + LITERAL_CODER * (((at & lpMask) << lc) + (before >> (8 - lc)));
      let symbol: u32 = 0;
      if (state < AFTER_MATCH) {
        symbol = tree(place, 8);
        state = state < 4 ? 0 : state - 3;
      } else {
        if (<u64>rep0 >= out - start) return DAMAGED;
        symbol = matchedLiteral(place, <u32>load8(out - rep0 - 1));
        state = state < 10 ? state - 3 : state - 6;
      }
      store8(out++, symbol);
    } else {
      const count = <u64>match(position);
      if (rep0 == END_MARK) return ENDED;
      if (<u64>rep0 >= out - start || count > stop - out) return DAMAGED;
      out = copyMatch(out, <u64>rep0 + 1, count, room);
    }
  }
  return out;
}
