/**
 * The sequences of a zstd block (RFC 8878, 3.1.1.3.2): each so many literals, and then a match. Their three numbers are told
 * by codes of their own, by FSE, and by bits behind a code.
 */
import { load16, load8 } from 'programs/lib/intrinsics';
import { beginBits, bitsLeft, takeBits } from './backward-bits';
import { FSE_TABLE_BYTES, madeLog, makeKnown, makeSingle, nextState, readTable, toldEnd } from './fse';
import { copyMatch } from './match';
import { literalCount, literals } from './zstd-literals';

// The three codes, in the order in which a block tells of them.
const LITERAL_LENGTH: u32 = 0;
const OFFSET: u32 = 1;
const MATCH_LENGTH: u32 = 2;
const SYMBOLS: usize = memory.data<u8>([36, 32, 53]);
const MAX_LOGS: usize = memory.data<u8>([9, 8, 9]);
const KNOWN_LOGS: usize = memory.data<u8>([6, 5, 6]);
const KNOWN_SYMBOLS: usize = memory.data<u8>([36, 29, 53]);
const KNOWN_LITERAL_LENGTHS: usize = memory.data<i8>([
  4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1,
  -1,
]);
const KNOWN_OFFSETS: usize = memory.data<i8>([
  1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1,
]);
const KNOWN_MATCH_LENGTHS: usize = memory.data<i8>([
  1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
]);
/** What a code of a length begins at, and how many bits tell more. */
const LITERAL_BASE: usize = memory.data<u32>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512,
  1024, 2048, 4096, 8192, 16384, 32768, 65536,
]);
const LITERAL_BITS: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14,
  15, 16,
]);
const MATCH_BASE: usize = memory.data<u32>([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
  32, 33, 34, 35, 37, 39, 41, 43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16387, 32771,
  65539,
]);
const MATCH_BITS: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1,
  2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
]);
/** The tables that are used, one behind the other, and their logs; NO_TABLE: there is none yet. */
const tables: usize = memory.data(3 * (4 << 9), 8);
const logs: usize = memory.data(3, 8);
const NO_TABLE: u8 = 0xff;

// How a block tells of a code.
const KNOWN: u32 = 0;
const SINGLE: u32 = 1;
const TOLD: u32 = 2;

/** The last three offsets. */
let offset1: u64 = 1;
let offset2: u64 = 4;
let offset3: u64 = 8;

/** A frame begins: it has no tables yet, and the offsets that the format has. */
export function forgetSequences(): void {
  memory.fill(logs, NO_TABLE, 3);
  offset1 = 1;
  offset2 = 4;
  offset3 = 8;
}

function tableOf(kind: u32): usize {
  return tables + <usize>kind * FSE_TABLE_BYTES;
}

/** Brings the table of a code: where in the block what follows begins; 0: it is damaged. */
function bringTable(kind: u32, mode: u32, at: u64, end: u64, fileEnd: u64): u64 {
  const table = tableOf(kind);
  const symbols = <u32>load<u8>(SYMBOLS + kind);
  if (mode == KNOWN) {
    const known =
      kind == OFFSET ? KNOWN_OFFSETS : kind == LITERAL_LENGTH ? KNOWN_LITERAL_LENGTHS : KNOWN_MATCH_LENGTHS;
    makeKnown(table, known, load<u8>(KNOWN_SYMBOLS + kind), load<u8>(KNOWN_LOGS + kind));
  } else if (mode == SINGLE) {
    if (at >= end || load8(at) >= symbols) return 0;
    makeSingle(table, <u32>load8(at++));
  } else if (mode == TOLD) {
    if (!readTable(table, symbols, load<u8>(MAX_LOGS + kind), at, end, fileEnd)) return 0;
    at = toldEnd;
  } else return load<u8>(logs + kind) == NO_TABLE ? 0 : at;
  store<u8>(logs + kind, <u8>madeLog);
  return at;
}

/** An offset that is told, or one of the last three. 0: it is damaged. */
function offsetOf(told: u64, afterLiterals: bool): u64 {
  if (told > 3) {
    offset3 = offset2;
    offset2 = offset1;
    offset1 = told - 3;
    return offset1;
  }
  // Without literals before it, it cannot be the last one: they are counted from the one before.
  const which = afterLiterals ? told : told + 1;
  if (which == 1) return offset1;
  const chosen = which == 2 ? offset2 : which == 3 ? offset3 : offset1 - 1;
  if (which != 2) offset3 = offset2;
  offset2 = offset1;
  offset1 = chosen;
  return chosen;
}

/** How many sequences there are, and where they are told. */
let told: u64 = 0;

function countAt(at: u64, end: u64): u32 {
  const first = at < end ? <u32>load8(at) : 0;
  const bytes: u64 = first < 128 ? 1 : first < 255 ? 2 : 3;
  told = at + bytes;
  if (told > end) return 0;
  if (first < 128) return first;
  return first < 255 ? ((first - 128) << 8) + <u32>load8(at + 1) : <u32>load16(at + 1) + 0x7f00;
}

/**
 * Unpacks a block whose literals are read: its sequences are told from `at` up to `end`. `start`: where the frame's contents
 * begin. Where it ends; 0: it is damaged, or more than `limit` leaves room for.
 */
export function unpackSequences(at: u64, end: u64, fileEnd: u64, start: u64, out: u64, limit: u64): u64 {
  const count = countAt(at, end);
  if (told > end) return 0;
  if (count == 0) return told == end ? unpackLiterals(0, literalCount, out, limit) : 0;
  if (told >= end) return 0;
  const modes = <u32>load8(told);
  let from = told + 1;
  if ((modes & 3) != 0) return 0;
  for (let kind: u32 = 0; kind < 3; kind++) {
    from = bringTable(kind, (modes >> (6 - 2 * kind)) & 3, from, end, fileEnd);
    if (from == 0) return 0;
  }
  return beginBits(from, end - from, fileEnd) ? run(count, start, out, limit) : 0;
}

function unpackLiterals(first: u32, count: u32, out: u64, limit: u64): u64 {
  if (first + count > literalCount || <u64>count > limit - out) return 0;
  return copyMatch(out, out - <u64>(literals + first), count, limit);
}

function run(count: u32, start: u64, out: u64, limit: u64): u64 {
  const literalTable = tableOf(LITERAL_LENGTH);
  const offsetTable = tableOf(OFFSET);
  const matchTable = tableOf(MATCH_LENGTH);
  let literalState = <u32>takeBits(load<u8>(logs, <usize>LITERAL_LENGTH));
  let offsetState = <u32>takeBits(load<u8>(logs, <usize>OFFSET));
  let matchState = <u32>takeBits(load<u8>(logs, <usize>MATCH_LENGTH));
  let used: u32 = 0;
  for (let n: u32 = 0; n < count; n++) {
    const literalEntry = load<u32>(literalTable + (literalState << 2));
    const offsetEntry = load<u32>(offsetTable + (offsetState << 2));
    const matchEntry = load<u32>(matchTable + (matchState << 2));
    const power = offsetEntry & 0xff;
    const offset = ((<u64>1) << power) + takeBits(power);
    const matchCode = matchEntry & 0xff;
    const bytes = load<u32>(MATCH_BASE + (matchCode << 2)) + <u32>takeBits(load<u8>(MATCH_BITS + matchCode));
    const literalCode = literalEntry & 0xff;
    const plain =
      load<u32>(LITERAL_BASE + (literalCode << 2)) + <u32>takeBits(load<u8>(LITERAL_BITS + literalCode));
    out = unpackLiterals(used, plain, out, limit);
    if (out == 0) return 0;
    used += plain;
    const distance = offsetOf(offset, plain != 0);
    if (distance == 0 || distance > out - start || <u64>bytes > limit - out) return 0;
    out = copyMatch(out, distance, bytes, limit);
    if (n + 1 == count) break;
    literalState = nextState(literalEntry);
    matchState = nextState(matchEntry);
    offsetState = nextState(offsetEntry);
  }
  return bitsLeft() == 0 ? unpackLiterals(used, literalCount - used, out, limit) : 0;
}
