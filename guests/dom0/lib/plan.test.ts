/**
 * Where things of a new domain go, and what maps them: as Xen 4.17's own toolstack said when it built a domain of 128 MB for
 * Debian's cloud kernel (hypervisor/domain/builder/recorded.txt), and as our builder of the first domain has it.
 */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { bootPageTables } from '../../../hypervisor/domain/builder/boot-page-tables.ts';
import { ImageError } from '../../../hypervisor/domain/builder/image-error.ts';
import { planDomain } from '../../../hypervisor/domain/builder/plan.ts';
import type { Plan } from '../../../hypervisor/domain/builder/plan.ts';
import { compile } from '../../toolchain/compile.ts';
import { readSources } from '../../toolchain/node.ts';

/** What is mapped: a page's frame is its pfn and this. */
const FIRST_FRAME = 0x1000;

const MAIN = `
  import { DomainMemory } from 'dom0/lib/domain-memory';
  import { FarBytes } from 'dom0/lib/far';
  import { Kernel } from 'dom0/lib/kernel';
  import { writeTables } from 'dom0/lib/page-tables';
  import { Plan } from 'dom0/lib/plan';
  const answers = new StaticArray<u64>(11);
  let planned: Plan | null = null;
  export function plan(base: u64, end: u64, p2mBase: u64, unmapped: i32, ramdisk: u64, pages: u64): usize {
    const kernel = new Kernel(new FarBytes(0, 0));
    kernel.virtBase = base;
    kernel.end = end;
    kernel.p2mBase = p2mBase;
    kernel.hasOwnP2m = p2mBase != 0;
    kernel.takesUnmappedRamdisk = unmapped != 0;
    const made = Plan.of(kernel, ramdisk, pages);
    planned = made;
    if (made == null) return 0;
    answers[0] = made.startInfo;
    answers[1] = made.xenstore;
    answers[2] = made.console;
    answers[3] = made.tables;
    answers[4] = made.first.tables;
    answers[5] = made.bootStack;
    answers[6] = made.p2m;
    answers[7] = made.p2mPages;
    answers[8] = made.first.to + 1;
    answers[9] = made.ramdisk;
    answers[10] = made.ramdiskPages;
    return changetype<usize>(answers);
  }
  export function tables(pages: u64): i32 {
    const memory = new DomainMemory(pages);
    for (let pfn = 0; pfn < <i32>pages; pfn++) memory.p2m[pfn] = pfn + ${String(FIRST_FRAME)};
    return writeTables(planned!, memory);
  }`;

const PAGE_BYTES = 4096;
const ENTRY_BYTES = 8;

interface Case {
  readonly virtBase: number;
  /** Bytes from the virtual base. */
  readonly start: number;
  readonly end: number;
  readonly p2mBase: number | undefined;
  readonly isUnmapped: boolean;
  readonly ramdiskBytes: number | undefined;
  readonly pages: number;
}

let memory: WebAssembly.Memory;
let exported: Readonly<Record<string, (...values: unknown[]) => number>>;
/** The frames that are mapped now, and what has been written to each. */
let mapped: number[] = [];
let written = new Map<number, Uint8Array>();

beforeAll(async () => {
  const { wasm } = await compile(new Map([...readSources(), ['main.ts', MAIN]]), 'main.ts', {
    runtime: 'bare',
    memoryBase: 0x1000,
  });
  const module = await WebAssembly.compile(wasm as BufferSource);
  const imports: Record<string, Record<string, unknown>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module))
    (imports[from] ??= {})[name] = (): bigint => 0n;
  imports['sys']!['syscall4'] = mapForeign;
  imports['cpu']!['copy'] = copy;
  const instance = await WebAssembly.instantiate(module, imports as WebAssembly.Imports);
  exported = instance.exports as typeof exported;
  memory = instance.exports['memory'] as WebAssembly.Memory;
  exported['start']!();
});

function mapForeign(_number: number, _domid: bigint, list: bigint, count: bigint): bigint {
  const frames = new BigUint64Array(memory.buffer.slice(Number(list), Number(list + count * 8n)));
  mapped = [...frames].map(Number);
  return 1n << 40n;
}

function copy(to: bigint, from: bigint, bytes: bigint): void {
  expect(Number(to) % PAGE_BYTES).toBe(0);
  expect(Number(bytes)).toBe(mapped.length * PAGE_BYTES);
  mapped.forEach((frame, n) => {
    const at = Number(from) + n * PAGE_BYTES;
    written.set(frame, new Uint8Array(memory.buffer.slice(at, at + PAGE_BYTES)));
  });
}

function unsigned(va: number): bigint {
  return BigInt.asUintN(64, BigInt(va));
}

/** Null: it does not fit. */
function planHere(wanted: Case): number[] | null {
  const { virtBase, end, p2mBase, isUnmapped, ramdiskBytes, pages } = wanted;
  const at = exported['plan']!(
    ...[unsigned(virtBase), BigInt(end), unsigned(p2mBase ?? 0), isUnmapped ? 1 : 0],
    ...[BigInt(ramdiskBytes ?? 0), BigInt(pages)],
  );
  return at === 0 ? null : [...new BigUint64Array(memory.buffer, at, 11)].map(Number);
}

function planThere(wanted: Case): Plan | null {
  const { virtBase, start, end, p2mBase, isUnmapped, ramdiskBytes, pages } = wanted;
  const addresses = {
    ...{ virtBase, p2mBase, paddrOffset: 0, paddrStart: start, hypercallPage: undefined },
    ...{ virtStart: virtBase + start, virtEnd: virtBase + end, entry: virtBase + start },
    takesUnmappedRamdisk: isUnmapped,
  };
  try {
    return planDomain(addresses, pages, ramdiskBytes);
  } catch (error) {
    if (error instanceof ImageError) return null;
    throw error;
  }
}

function placesOf(plan: Plan): number[] {
  const places = [plan.startInfo, plan.xenstore, plan.console, plan.pageTables].map(({ pfn }) => pfn);
  const first = plan.mappings[0]!;
  places.push(first.tables, plan.bootStack.pfn, plan.p2m.pfn, plan.p2m.pages, first.to + 1);
  return plan.ramdisk === undefined ? places : [...places, plan.ramdisk.pfn, plan.ramdisk.pages];
}

const DEBIAN: Case = {
  virtBase: -(2 ** 31),
  start: 0x100_0000,
  end: 0x3e0_0000,
  p2mBase: 0x80_0000_0000,
  isUnmapped: true,
  ramdiskBytes: 0x1e_4610,
  pages: 0x8000,
};

test('as the toolstack of Xen has recorded it', () => {
  expect(planHere(DEBIAN)).toEqual([
    ...[0x3e00, 0x3e01, 0x3e02, 0x3e03, 0x23, 0x3e26, 0x41e5, 0x43, 0xffff_8400_0000, 0x4000, 0x1e5],
  ]);
});

test('a domain of just enough pages is enough', () => {
  const small: Case = { ...DEBIAN, start: 0, end: 0x1_0000, p2mBase: undefined, ramdiskBytes: 5000 };
  const fits = (plan: (wanted: Case) => unknown): boolean[] =>
    Array.from({ length: 3000 }, (_, pages) => plan({ ...small, pages: pages + 1 }) !== null);
  expect(fits(planHere)).toEqual(fits(planThere));
  expect(new Set(fits(planHere)).size).toBe(2);
});

test('as the builder of the first domain has it, to the last entry of the page tables', () => {
  const cases = fc.record({
    virtBase: fc.constantFrom(-(2 ** 31), 0xc000_0000, -(2 ** 30), 0, 2 ** 39 - 2 ** 22, -(2 ** 46)),
    start: fc.nat(0x800).map((page) => page * PAGE_BYTES),
    size: fc.integer({ min: 1, max: 0xc0_0000 }),
    p2mPages: fc.option(fc.nat(0x4_0000), { nil: undefined }),
    isUnmapped: fc.boolean(),
    ramdiskBytes: fc.option(fc.integer({ min: 1, max: 0x80_0000 }), { nil: undefined }),
    pages: fc.integer({ min: 1, max: 0x4000 }),
  });
  let fitting = 0;
  fc.assert(
    fc.property(cases, ({ start, size, p2mPages, virtBase, ...rest }) => {
      // Below the kernel, near or far.
      const low = virtBase < 0 ? virtBase + 2 ** 48 : virtBase;
      const own = p2mPages === undefined ? undefined : low - (p2mPages + 0x4000) * PAGE_BYTES;
      const p2mBase = own === undefined || own <= 0 ? undefined : own >= 2 ** 47 ? own - 2 ** 48 : own;
      const wanted: Case = { ...rest, virtBase, start, end: start + size, p2mBase };
      const there = planThere(wanted);
      const here = planHere(wanted);
      if (there === null) {
        expect(here).toBeNull();
        return;
      }
      fitting++;
      const places = placesOf(there);
      expect(here?.slice(0, places.length)).toEqual(places);
      written = new Map();
      expect(exported['tables']!(BigInt(wanted.pages))).toBe(0);
      expectTables(there, wanted.pages);
    }),
    { numRuns: 150, seed: 17 },
  );
  expect(fitting).toBeGreaterThan(50);
});

function expectTables(plan: Plan, pages: number): void {
  const frames = Array.from({ length: pages }, (_, pfn) => pfn + FIRST_FRAME);
  const expected = [...bootPageTables(plan.mappings, frames)];
  expect(written.size).toBe(expected.length);
  for (const { pfn, bytes } of expected) {
    const table = written.get(pfn + FIRST_FRAME)!;
    for (let at = 0; at < PAGE_BYTES; at += ENTRY_BYTES)
      if (Buffer.compare(table.subarray(at, at + ENTRY_BYTES), bytes.subarray(at, at + ENTRY_BYTES)) !== 0)
        expect.fail(`entry ${String(at / ENTRY_BYTES)} of the table in pfn ${String(pfn)} differs`);
  }
}
