/** A frontend's ring, whose other side is the test: it may write into it what it likes. */
import { beforeEach, expect, test } from 'vitest';
import { sring } from '../../../hypervisor/abi/ring.ts';
import { compile } from '../../toolchain/compile.ts';
import { readSources } from '../../toolchain/node.ts';

const SIZE = 8;
const MAIN = `
import { FrontRing } from 'kernel/grants/ring';
const PAGE: usize = memory.data(8192, 16);
const ring = new FrontRing(PAGE, 16, ${String(SIZE)});
export function page(): usize { return PAGE; }
export function room(): u32 { return ring.room; }
export function nextRequest(): usize { return ring.nextRequest(); }
export function push(): bool { return ring.push(); }
export function nextResponse(): usize { return ring.nextResponse(); }
export function reset(): void { ring.reset(); }
`;

const { wasm } = await compile(new Map([...readSources(), ['main.ts', MAIN]]), 'main.ts', {
  runtime: 'bare',
  memoryBase: 0x1000,
});

interface Ring {
  readonly memory: WebAssembly.Memory;
  readonly start: () => void;
  readonly page: () => number;
  readonly room: () => number;
  readonly nextRequest: () => number;
  readonly push: () => number;
  readonly nextResponse: () => number;
  readonly reset: () => void;
}

let ring: Ring;
let page: DataView;

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
});

const get = (field: keyof typeof sring.offset): number => page.getUint32(sring.offset[field], true);
const set = (field: keyof typeof sring.offset, value: number): void => {
  page.setUint32(sring.offset[field], value, true);
};
const place = (index: number): number => ring.page() + sring.size + (index % SIZE) * 16;

test('requests go in in order, are shown by a push, and find room as responses come out', () => {
  for (let round = 0; round < 5; round++) {
    const base = round * SIZE;
    for (let index = 0; index < SIZE; index++) {
      expect(ring.room()).toBe(SIZE - index);
      expect(ring.nextRequest()).toBe(place(base + index));
    }
    expect(() => ring.nextRequest()).toThrow('assertion');
    expect(get('req_prod')).toBe(base);
    ring.push();
    expect(get('req_prod')).toBe(base + SIZE);
    set('rsp_prod', base + SIZE);
    for (let index = 0; index < SIZE; index++) expect(ring.nextResponse()).toBe(place(base + index));
    expect(ring.nextResponse()).toBe(0);
    expect(ring.room()).toBe(SIZE);
  }
});

test.each([1, 5, SIZE + 1, 1000, 2 ** 31, 2 ** 32 - 1])(
  'an index of the other side %d beyond what was asked for is not believed',
  (beyond) => {
    for (let index = 0; index < 3; index++) ring.nextRequest();
    ring.push();
    set('rsp_prod', 1);
    expect(ring.nextResponse()).toBe(place(0));
    set('rsp_prod', (3 + beyond) >>> 0);
    // One before what has been taken already is none either.
    expect(ring.nextResponse()).toBe(beyond === 2 ** 32 - 1 ? place(1) : 0);
    set('rsp_prod', 0);
    if (beyond !== 2 ** 32 - 1) {
      expect(ring.nextResponse()).toBe(0);
      set('rsp_prod', 3);
      expect([ring.nextResponse(), ring.nextResponse(), ring.nextResponse()]).toEqual([
        place(1),
        place(2),
        0,
      ]);
    }
  },
);

test('the other side is told exactly when it has asked to be', () => {
  // It wants to hear of the first request.
  ring.nextRequest();
  expect(ring.push()).toBe(1);
  ring.nextRequest();
  expect(ring.push()).toBe(0);
  set('req_event', 4);
  ring.nextRequest();
  expect(ring.push()).toBe(0);
  ring.nextRequest();
  ring.nextRequest();
  expect(ring.push()).toBe(1);
  ring.nextRequest();
  expect(ring.push()).toBe(0);
});

test('who has taken all asks to be told of the next one', () => {
  ring.nextRequest();
  ring.push();
  expect(get('rsp_event')).toBe(1);
  set('rsp_prod', 1);
  ring.nextResponse();
  expect(get('rsp_event')).toBe(1);
  expect(ring.nextResponse()).toBe(0);
  expect(get('rsp_event')).toBe(2);
});

test('a reset empties it', () => {
  ring.nextRequest();
  ring.push();
  set('rsp_prod', 1);
  ring.reset();
  expect([get('req_prod'), get('rsp_prod'), get('req_event'), get('rsp_event')]).toEqual([0, 0, 1, 1]);
  expect([ring.room(), ring.nextResponse()]).toEqual([SIZE, 0]);
});
