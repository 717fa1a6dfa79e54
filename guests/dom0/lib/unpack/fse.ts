/**
 * Finite State Entropy, as zstd has it (RFC 8878, 4.1): a state is a place in a table, which says what symbol it means, and
 * how many bits tell the next state from where on. An entry: the symbol, from bit 8 on the bits, from bit 16 on the base.
 */
import { load64, load8 } from 'programs/lib/intrinsics';
import { takeBits } from './backward-bits';

const LEAST_LOG: u32 = 5;
export const FSE_TABLE_BYTES: usize = 4 << 9;

/** How often each symbol is to come, of two to the power of the table's log; -1: less than once. */
const counts: usize = memory.data(2 * 256, 8);
const nexts: usize = memory.data(2 * 256, 8);

/** The log of the table that was made last, and where what told of it ends. */
export let madeLog: u32 = 0;
export let toldEnd: u64 = 0;

/** The bits that say how often symbols come: where they are, how many have been read, and how many there are. */
let bits: u64 = 0;
let read: u64 = 0;
let readable: u64 = 0;
let lastWord: u64 = 0;

function peek(count: u32): u32 {
  const byte = min(bits + (read >> 3), lastWord);
  return <u32>((load64(byte) >> (read - ((byte - bits) << 3))) & (((<u64>1) << count) - 1));
}

/** Symbols that come not at all, by twos of bits: how many; -1: they are more than there can be. */
function absent(symbol: u32, symbols: u32): i32 {
  let count: u32 = 0;
  for (let more: u32 = 3; more == 3;) {
    more = peek(2);
    read += 2;
    count += more;
    if (symbol + count > symbols || read > readable) return -1;
  }
  memory.fill(counts + (symbol << 1), 0, count << 1);
  return count;
}

/** Reads how often each symbol comes. How many symbols there are; 0: it is damaged. */
function readCounts(symbols: u32): u32 {
  let remaining: i32 = 1 << madeLog;
  let symbol: u32 = 0;
  while (remaining > 0) {
    if (symbol >= symbols || read > readable) return 0;
    const width: u32 = 32 - clz(<u32>remaining + 1);
    const half = ((<u32>1) << (width - 1)) - 1;
    const spare = ((<u32>1) << width) - 2 - <u32>remaining;
    let value = peek(width);
    read += width;
    if ((value & half) < spare) {
      value &= half;
      read--;
    } else if (value > half) value -= spare;
    const count = <i32>value - 1;
    remaining -= abs(count);
    store<i16>(counts + (symbol++ << 1), <i16>count);
    if (count == 0) {
      const more = absent(symbol, symbols);
      if (more < 0) return 0;
      symbol += more;
    }
  }
  return remaining == 0 && read <= readable ? symbol : 0;
}

/** Makes a table of what is told from `at` on, of symbols below `symbols` and with a log of at most `most`. */
export function readTable(table: usize, symbols: u32, most: u32, at: u64, end: u64, fileEnd: u64): bool {
  if (at >= end) return false;
  madeLog = ((<u32>load8(at)) & 15) + LEAST_LOG;
  if (madeLog > most) return false;
  bits = at;
  read = 4;
  readable = (end - at) << 3;
  lastWord = fileEnd - 8;
  const count = readCounts(symbols);
  toldEnd = at + ((read + 7) >> 3);
  if (count != 0) makeTable(table, count);
  return count != 0;
}

/** Makes the table of a distribution that the format has. */
export function makeKnown(table: usize, known: usize, symbols: u32, log: u32): void {
  madeLog = log;
  for (let n: u32 = 0; n < symbols; n++) store<i16>(counts + (n << 1), load<i8>(known + n));
  makeTable(table, symbols);
}

/** Makes a table of one symbol, which comes always. */
export function makeSingle(table: usize, symbol: u32): void {
  madeLog = 0;
  store<u32>(table, symbol);
}

function makeTable(table: usize, symbols: u32): void {
  const size: u32 = 1 << madeLog;
  const mask = size - 1;
  const step = (size >> 1) + (size >> 3) + 3;
  let high = size;
  for (let n: u32 = 0; n < symbols; n++) {
    const count = load<i16>(counts + (n << 1));
    store<u16>(nexts + (n << 1), count < 0 ? 1 : <u16>count);
    if (count < 0) store<u32>(table + (--high << 2), n);
  }
  let at: u32 = 0;
  for (let n: u32 = 0; n < symbols; n++) {
    for (let count = <i32>load<i16>(counts + (n << 1)); count > 0; count--) {
      store<u32>(table + (at << 2), n);
      do at = (at + step) & mask;
      while (at >= high);
    }
  }
  for (let n: u32 = 0; n < size; n++) {
    const symbol = load<u32>(table + (n << 2));
    const next = <u32>load<u16>(nexts + (symbol << 1));
    store<u16>(nexts + (symbol << 1), <u16>(next + 1));
    const width = madeLog - (31 - clz(next));
    store<u32>(table + (n << 2), symbol | (width << 8) | (((next << width) - size) << 16));
  }
}

/** The state after that of an entry. */
// @ts-ignore: decorator
@inline
export function nextState(entry: u32): u32 {
  return (entry >> 16) + <u32>takeBits((entry >> 8) & 0xff);
}
