import { beforeAll, expect, test } from 'vitest';
import { compile } from '../../toolchain/compile.ts';
import { readSources } from '../../toolchain/node.ts';

const MAIN = `
import { initPages, addPages, bookkeepingBytes, allocatePage, allocatePages, allocateUserPage, getPage, putPage,
  freePages, totalPages, removePage, pageCount } from 'kernel/memory/pages';
import { alloc, free, dispose, usedBytes } from 'kernel/memory/heap';
export { allocatePage, allocatePages, allocateUserPage, getPage, putPage, freePages, totalPages, removePage,
  pageCount, alloc, free, usedBytes };
/** Pages from 1 MiB to 3 MiB: 512. */
export function begin(): void {
  memory.grow(64 - memory.size());
  initPages(0x80000, 768);
  assert(bookkeepingBytes(768) < 0x80000);
  addPages(0x100000, 0x300000);
}
class Thing { a: i32 = 7; b: u64; }
class Other extends Thing { c: StaticArray<i32> = new StaticArray<i32>(100); }
export function objects(count: i32): i32 {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const thing: Thing = i % 2 ? new Other() : new Thing();
    if (thing instanceof Other) { sum += (thing as Other).c[i % 100]; (thing as Other).c[i % 100] = 99; dispose((thing as Other).c); }
    sum += thing.a;
    thing.a = 1000;
    dispose(thing);
  }
  return sum;
}
`;

interface Exports {
  memory: WebAssembly.Memory;
  start: () => void;
  begin: () => void;
  allocatePage: () => number;
  allocateUserPage: () => number;
  allocatePages: (count: number) => number;
  getPage: (page: number) => void;
  putPage: (page: number) => void;
  removePage: (page: number) => void;
  freePages: () => number;
  totalPages: () => number;
  pageCount: (page: number) => number;
  alloc: (size: number) => number;
  free: (block: number) => void;
  usedBytes: () => number;
  objects: (count: number) => number;
}

let kernel: Exports;
let wasm: Uint8Array;

beforeAll(async () => {
  const sources = new Map([...readSources(), ['main.ts', MAIN]]);
  wasm = (await compile(sources, 'main.ts', { runtime: 'kernel', memoryBase: 0x1000 })).wasm;
});

/** The heap before the initialisers of modules have run, as at boot. */
async function boot(): Promise<void> {
  const abort = () => {
    throw new Error('assertion');
  };
  const { instance } = await WebAssembly.instantiate(wasm as BufferSource, { env: { abort } });
  kernel = instance.exports as unknown as Exports;
  kernel.begin();
  kernel.start();
}

test('pages are handed out once each, until none is left', async () => {
  await boot();
  const pages = new Set<number>();
  for (let page = kernel.allocatePage(); page !== 0; page = kernel.allocatePage()) pages.add(page);
  expect(pages.size).toBe(512);
  expect(Math.min(...pages)).toBe(0x100000);
  expect(kernel.freePages()).toBe(0);
  for (const page of pages) kernel.putPage(page);
  expect(kernel.freePages()).toBe(512);
});

test('programs leave the reserve alone', async () => {
  await boot();
  let count = 0;
  while (kernel.allocateUserPage() !== 0) count++;
  expect(count).toBe(512 - 256);
  expect(kernel.allocatePage()).not.toBe(0);
});

test('a shared page is free when its last user lets go', async () => {
  await boot();
  const page = kernel.allocatePage();
  kernel.getPage(page);
  kernel.putPage(page);
  expect(kernel.freePages()).toBe(511);
  expect(kernel.pageCount(page)).toBe(1);
  kernel.putPage(page);
  expect(kernel.freePages()).toBe(512);
  expect(() => {
    kernel.putPage(page);
  }).toThrow('assertion');
});

test('runs are found between pages in use', async () => {
  await boot();
  const all: number[] = [];
  for (let page = kernel.allocatePage(); page !== 0; page = kernel.allocatePage()) all.push(page);
  for (const page of all) if (page >= 0x1fe000 && page < 0x204000) kernel.putPage(page);
  kernel.putPage(0x110000);
  expect(kernel.allocatePages(7)).toBe(0);
  expect(kernel.allocatePages(6)).toBe(0x1fe000);
  kernel.putPage(0x1fe000);
  expect(kernel.freePages()).toBe(7);
  kernel.removePage(all[0]!);
  expect(kernel.totalPages()).toBe(511);
});

test('blocks do not overlap, are aligned, and come back', async () => {
  await boot();
  const blocks: [number, number][] = [];
  for (let index = 0; index < 400; index++) {
    const size = (index * 37) % 5000;
    const block = kernel.alloc(size);
    expect(block % 16).toBe(0);
    for (const [other, bytes] of blocks) expect(block + size <= other || other + bytes <= block).toBe(true);
    blocks.push([block, size]);
  }
  for (const [block] of blocks) kernel.free(block);
  expect(kernel.usedBytes()).toBe(0);
  // A page of each size is kept.
  expect(kernel.freePages()).toBe(512 - 8);
});

test('a page whose blocks are all free goes back', async () => {
  await boot();
  const blocks = Array.from({ length: 640 }, () => kernel.alloc(64));
  expect(kernel.freePages()).toBe(502);
  // Every second one: all pages are still needed.
  for (const block of blocks.filter((_, n) => n % 2 === 0)) kernel.free(block);
  expect(kernel.freePages()).toBe(502);
  for (const block of blocks.filter((_, n) => n % 2 === 1)) kernel.free(block);
  expect(kernel.freePages()).toBe(511);
  expect(new Set(Array.from({ length: 640 }, () => kernel.alloc(64))).size).toBe(640);
});

test('objects begin as zeroes and go back whole', async () => {
  await boot();
  kernel.objects(10);
  const before = kernel.freePages();
  expect(kernel.objects(5000)).toBe(35000);
  expect(kernel.freePages()).toBe(before);
});
