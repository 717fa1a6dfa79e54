/** How changes of page tables are queued, and in which order Xen is asked for them: the module run in Node, Xen played here. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { EINVAL } from '../../../hypervisor/abi/errno.ts';
import * as xen from '../../../hypervisor/abi/xen.ts';
import { compile } from '../../toolchain/compile.ts';
import { readSources } from '../../toolchain/node.ts';

const MAIN = `
import { setP2m } from 'kernel/memory/pagetable';
export { extendedOperation, flush, updateEntry, updateForeign } from 'kernel/memory/pagetable';
/** Page n has frame 100 + n. */
export function begin(): void {
  const p2m = memory.data(16 * 8, 8);
  for (let n = 0; n < 16; n++) store<u64>(p2m + n * 8, 100 + n);
  setP2m(p2m, 16);
}
`;

interface Tables {
  memory: WebAssembly.Memory;
  start: () => void;
  begin: () => void;
  updateEntry: (at: number, value: bigint) => void;
  updateForeign: (at: number, value: bigint, domid: number) => number;
  extendedOperation: (command: number, argument: bigint) => void;
  flush: () => void;
}

let wasm: Uint8Array;
let tables: Tables;
/** What Xen was asked for, hypercall by hypercall. */
let asked: string[][];
/** What it says to the requests of a hypercall. */
let answer: (hypercall: number) => number;

beforeAll(async () => {
  const sources = new Map([...readSources(), ['main.ts', MAIN]]);
  wasm = (await compile(sources, 'main.ts', { runtime: 'kernel', memoryBase: 0x1000 })).wasm;
});

beforeEach(async () => {
  asked = [];
  answer = () => 0;
  const { instance } = await WebAssembly.instantiate(wasm as BufferSource, {
    env: {
      abort: () => {
        throw new Error('an assertion has failed');
      },
    },
    cpu: { window: () => 0n, load64: () => 0n },
    xen: {
      hypercall2: (number: number, calls: bigint, count: bigint) => BigInt(hypercall(number, [calls, count])),
      hypercall4: (number: number, ...args: bigint[]) => BigInt(hypercall(number, args)),
    },
  });
  tables = instance.exports as unknown as Tables;
  tables.begin();
});

function hypercall(number: number, args: readonly bigint[]): number {
  const view = new DataView(tables.memory.buffer);
  const [at, count] = [Number(args[0]), Number(args[1])];
  if (number !== xen.HYPERVISOR_multicall) {
    asked.push([...requests(number, at, count), `for ${String(args[3])}`]);
    return answer(number);
  }
  const { size, offset } = xen.multicall_entry;
  const before = asked.length;
  for (let entry = at; entry < at + count * size; entry += size) {
    const its = [0, 1, 2, 3].map((n) => view.getBigUint64(entry + offset.args + n * 8, true));
    const result = hypercall(Number(view.getBigUint64(entry + offset.op, true)), its);
    view.setBigInt64(entry + offset.result, BigInt(result), true);
  }
  asked.push([...asked.splice(before).flat(), 'in one']);
  return 0;
}

function requests(number: number, at: number, count: number): string[] {
  const view = new DataView(tables.memory.buffer);
  const isUpdate = number === xen.HYPERVISOR_mmu_update;
  const { size } = isUpdate ? xen.mmu_update : xen.mmuext_op;
  return Array.from({ length: count }, (_, n) => {
    const from = at + n * size;
    if (!isUpdate)
      return `op ${String(view.getUint32(from, true))} ${String(view.getBigUint64(from + xen.mmuext_op.offset.arg1, true))}`;
    return `${view.getBigUint64(from, true).toString(16)}=${view.getBigUint64(from + 8, true).toString(16)}`;
  });
}

const SELF = `for ${String(xen.DOMID_SELF)}`;

test('an update is by machine address, and is sent with others', () => {
  tables.updateEntry(0x3008, 0x1067n);
  tables.updateEntry(0x4ff8, 0n);
  expect(asked).toEqual([]);
  tables.flush();
  expect(asked).toEqual([['67008=1067', '68ff8=0', SELF]]);
  tables.flush();
  expect(asked).toHaveLength(1);
});

test('operations are alone, or behind the updates that were asked for before them', () => {
  tables.extendedOperation(xen.MMUEXT_PIN_L4_TABLE, 5n);
  tables.flush();
  tables.updateEntry(0x3000, 1n);
  tables.extendedOperation(xen.MMUEXT_TLB_FLUSH_LOCAL, 0n);
  tables.flush();
  const pin = `op ${String(xen.MMUEXT_PIN_L4_TABLE)} 5`;
  const flushes = `op ${String(xen.MMUEXT_TLB_FLUSH_LOCAL)} 0`;
  expect(asked).toEqual([
    [pin, SELF],
    ['67000=1', SELF, flushes, SELF, 'in one'],
  ]);
});

test('an update behind an operation does not overtake it', () => {
  tables.updateEntry(0x3000, 1n);
  tables.extendedOperation(xen.MMUEXT_UNPIN_TABLE, 5n);
  tables.updateEntry(0x3008, 2n);
  tables.flush();
  const unpin = `op ${String(xen.MMUEXT_UNPIN_TABLE)} 5`;
  expect(asked).toEqual([
    ['67000=1', SELF, unpin, SELF, 'in one'],
    ['67008=2', SELF],
  ]);
});

test('another domain’s frame is put in at once, behind what waits; Xen may refuse it', () => {
  tables.updateEntry(0x3000, 1n);
  answer = () => (asked.length === 2 ? -EINVAL : 0);
  expect(tables.updateForeign(0x3008, 2n, 7)).toBe(-EINVAL);
  expect(asked).toEqual([
    ['67000=1', SELF],
    ['67008=2', 'for 7'],
  ]);
});

test('as many wait as there is room for: then they are sent', () => {
  for (let n = 0; n < 513; n++) tables.updateEntry(0x3000, BigInt(n));
  expect(asked.map(({ length }) => length)).toEqual([513]);
  tables.flush();
  expect(asked[1]).toEqual(['67000=200', SELF]);
  for (let n = 0; n < 17; n++) tables.extendedOperation(xen.MMUEXT_TLB_FLUSH_LOCAL, BigInt(n));
  tables.flush();
  expect(asked.slice(2).map(({ length }) => length)).toEqual([17, 2]);
});

test.each([
  ['an update', xen.HYPERVISOR_mmu_update],
  ['an operation', xen.HYPERVISOR_mmuext_op],
])('%s that Xen refuses is a bug of the kernel’s, alone and with others', (_, refused) => {
  answer = (number) => (number === refused ? -EINVAL : 0);
  const one = (): void => {
    if (refused === xen.HYPERVISOR_mmu_update) tables.updateEntry(0x3000, 1n);
    else tables.extendedOperation(xen.MMUEXT_UNPIN_TABLE, 5n);
  };
  const both = (): void => {
    tables.updateEntry(0x3000, 1n);
    tables.extendedOperation(xen.MMUEXT_UNPIN_TABLE, 5n);
  };
  for (const ask of [one, both])
    expect(() => {
      ask();
      tables.flush();
    }).toThrow();
});

test('a page that is none of the domain’s has no address', () => {
  expect(() => {
    tables.updateEntry(16 * 4096, 0n);
  }).toThrow();
});
