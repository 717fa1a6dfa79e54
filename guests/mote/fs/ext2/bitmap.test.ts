/** The search for a free block or inode, on maps of every kind: against the plainest way to look for one. */
import { beforeAll, expect, test } from 'vitest';
import { compile } from '../../../toolchain/compile.ts';
import { readSources } from '../../../toolchain/node.ts';

const MAIN = `
import { findClear, isSet } from 'mote/fs/ext2/bitmap';
const map: usize = memory.data(64);
export function at(): usize { return map; }
export function find(bits: u32, from: u32): i32 { return findClear(map, bits, from); }
export function used(bit: u32): bool { return isSet(map, bit); }
`;

interface Exports {
  memory: WebAssembly.Memory;
  at: () => number;
  find: (bits: number, from: number) => number;
  used: (bit: number) => number;
}

const BITS = 8 * 64;
let calls: Exports;
let map: Uint8Array;

beforeAll(async () => {
  const sources = new Map([...readSources(), ['main.ts', MAIN]]);
  const { wasm } = await compile(sources, 'main.ts', { runtime: 'bare', memoryBase: 0x1000 });
  const { instance } = await WebAssembly.instantiate(wasm as Uint8Array<ArrayBuffer>, {});
  calls = instance.exports as unknown as Exports;
  map = new Uint8Array(calls.memory.buffer, calls.at(), BITS / 8);
});

function clear(...bits: readonly number[]): void {
  map.fill(0xff);
  for (const bit of bits) map[bit >> 3]! &= ~(1 << (bit & 7));
}

/** What is nearest behind `from`, round the end of the map. */
function nearest(free: readonly number[], bits: number, from: number): number {
  const distances = free.filter((bit) => bit < bits).map((bit) => (bit - from + bits) % bits);
  return distances.length === 0 ? -1 : (from + Math.min(...distances)) % bits;
}

test('the only bit that is clear is found, whichever it is and wherever the search begins', () => {
  for (const bits of [1, 7, 8, 9, 64, 100])
    for (let bit = 0; bit < bits; bit++) {
      clear(bit);
      for (let from = 0; from < bits; from++)
        expect(calls.find(bits, from), `${String(bit)} of ${String(bits)} from ${String(from)}`).toBe(bit);
    }
});

test('in a full map there is none, whatever lies behind it', () => {
  for (const bits of [1, 7, 8, 9, 63, 64, 100, BITS]) {
    clear(...Array.from({ length: BITS - bits }, (_, n) => bits + n));
    for (const from of [0, 1, bits >> 1, bits - 1]) expect(calls.find(bits, from % bits)).toBe(-1);
  }
});

test('of several the next one is found, and those before it only when none is behind', () => {
  const free = [3, 8, 9, 40, 63, 77];
  clear(...free);
  for (const bits of [10, 41, 64, 78, 100])
    for (let from = 0; from < bits; from++)
      expect(calls.find(bits, from), `of ${String(bits)} from ${String(from)}`).toBe(
        nearest(free, bits, from),
      );
  map.fill(0);
  for (let from = 0; from < BITS; from++) expect(calls.find(BITS, from)).toBe(from);
});

test('a bit is in use when it is set, its neighbours do not count', () => {
  clear(0, 8, 15, 21);
  const used = Array.from({ length: 24 }, (_, bit) => bit).filter((bit) => calls.used(bit) === 0);
  expect(used).toEqual([0, 8, 15, 21]);
});
