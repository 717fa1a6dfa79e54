/** A backend's side of a ring, in Node: a frontend writes into the page whatever it likes. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { sring } from '../../../hypervisor/abi/ring.ts';
import { compile } from '../../toolchain/compile.ts';
import { readSources } from '../../toolchain/node.ts';

const ENTRY_BYTES = 16;
const MAIN = `
import { BackRing } from 'mote/backends/back-ring';
const area = memory.data(2 * 4096, 4096);
const to = memory.data(${String(ENTRY_BYTES)}, 8);
let ring: BackRing = new BackRing(area, 1, ${String(ENTRY_BYTES)});
export function page(): usize { return area; }
export function begin(pages: u32, entryBytes: u32): u32 { ring = new BackRing(area, pages, entryBytes); return ring.size; }
export function take(): i64 { return ring.take(to) ? load<u64>(to) : -1; }
export function waiting(): u32 { return ring.waiting; }
export function broken(): bool { return ring.broken; }
export function respond(value: u64): void { store<u64>(ring.nextResponse(), value); }
export function push(): bool { return ring.push(); }
`;

interface Ring {
  memory: WebAssembly.Memory;
  start: () => void;
  page: () => number;
  begin: (pages: number, entryBytes: number) => number;
  take: () => bigint;
  waiting: () => number;
  broken: () => number;
  respond: (value: bigint) => void;
  push: () => number;
}

let wasm: Uint8Array;
let ring: Ring;
let page: DataView;
let size: number;

beforeAll(async () => {
  const sources = new Map([...readSources(), ['main.ts', MAIN]]);
  wasm = (await compile(sources, 'main.ts', { runtime: 'program', memoryBase: 0x1000 })).wasm;
});

beforeEach(async () => {
  const { instance } = await WebAssembly.instantiate(wasm as BufferSource, {
    env: {
      abort: () => {
        throw new Error('an assertion has failed');
      },
    },
  });
  ring = instance.exports as unknown as Ring;
  ring.start();
  page = new DataView(ring.memory.buffer, ring.page());
  size = ring.begin(1, ENTRY_BYTES);
  // As a frontend begins.
  set('req_event', 1);
  set('rsp_event', 1);
});

const get = (field: keyof typeof sring.offset): number => page.getUint32(sring.offset[field], true);
const set = (field: keyof typeof sring.offset, value: number): void => {
  page.setUint32(sring.offset[field], value, true);
};
const at = (index: number): number => sring.size + (index % size) * ENTRY_BYTES;

/** The frontend makes requests, numbered from one on. */
function request(from: number, count: number): void {
  for (let n = from; n < from + count; n++) page.setBigUint64(at(n), BigInt(1000 + n), true);
  set('req_prod', from + count);
}

function takeAll(): number[] {
  const taken: number[] = [];
  for (let next = ring.take(); next >= 0n && taken.length <= 2 * size; next = ring.take())
    taken.push(Number(next) - 1000);
  return taken;
}

test.each([
  [1, 16, 128],
  [1, 112, 32],
  [1, 12, 256],
  [2, 112, 64],
])('%i pages of entries of %i bytes have room for %i', (pages, bytes, entries) => {
  expect(ring.begin(pages, bytes)).toBe(entries);
});

test('requests are taken in order, and the frontend is asked to tell of the next', () => {
  expect(ring.take()).toBe(-1n);
  request(0, 3);
  expect(ring.waiting()).toBe(3);
  expect(takeAll()).toEqual([0, 1, 2]);
  expect(get('req_event')).toBe(4);
  request(3, 1);
  expect(takeAll()).toEqual([3]);
});

test('responses go where requests were, and are shown at once; who is waited for is told', () => {
  request(0, 2);
  takeAll();
  ring.respond(7n);
  ring.respond(8n);
  expect(get('rsp_prod')).toBe(0);
  expect(ring.push()).toBe(1);
  expect(get('rsp_prod')).toBe(2);
  expect([0, 1].map((n) => page.getBigUint64(at(n), true))).toEqual([7n, 8n]);
  // Nobody has asked to be told of the next one.
  request(2, 1);
  takeAll();
  ring.respond(9n);
  expect(ring.push()).toBe(0);
  set('rsp_event', 4);
  request(3, 1);
  takeAll();
  ring.respond(10n);
  expect(ring.push()).toBe(1);
});

test('a response without a request is a bug', () => {
  expect(() => {
    ring.respond(1n);
  }).toThrow();
});

test('as many requests as the ring holds are taken, with those that have no response yet', () => {
  request(0, size);
  expect(takeAll()).toHaveLength(size);
  for (let n = 0; n < 5; n++) ring.respond(0n);
  request(size, 5);
  expect(takeAll()).toHaveLength(5);
  expect(ring.broken()).toBe(0);
});

test('indices go round', () => {
  let made = 0;
  for (let round = 0; round < 20; round++) {
    request(made, 50);
    expect(takeAll()).toHaveLength(50);
    for (let n = 0; n < 50; n++) ring.respond(0n);
    ring.push();
    made += 50;
  }
  expect(get('rsp_prod')).toBe(1000);
});

test.each([0, 1, 5, 127, 128])(
  'with %i requests unanswered no more are taken than there is room for',
  (open) => {
    const left = size - open;
    for (const more of [left + 1, left + 2, size + 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
      ring.begin(1, ENTRY_BYTES);
      set('req_prod', 0);
      request(0, open);
      expect(takeAll()).toHaveLength(open);
      set('req_prod', (open + more) >>> 0);
      expect([more, takeAll(), ring.broken()]).toEqual([more, [], 1]);
      // Once and for all.
      set('req_prod', open);
      expect(ring.waiting()).toBe(0);
      expect(ring.broken()).toBe(1);
    }
  },
);
