/** A block frontend's requests, in Node, with grants played here: which are in order, and what they are about. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as blkif from '../../../hypervisor/abi/blkif.ts';
import { gnttab_copy, GNTST_bad_gntref } from '../../../hypervisor/abi/grant-table.ts';
import { compile } from '../../toolchain/compile.ts';
import { readSources } from '../../toolchain/node.ts';

const DOMID = 7;
const TABLE_REF = 99;
const MAIN = `
import { BlockRequest } from 'mote/backends/blk-request';
import { setP2m } from 'kernel/memory/pagetable';
import { addPages, initPages } from 'kernel/memory/pages';
let request: BlockRequest | null = null;
export function begin(): usize {
  memory.grow(64 - memory.size());
  initPages(0x80000, 768);
  addPages(0x100000, 0x300000);
  const p2m = 0x380000;
  for (let n = 0; n < 0x380; n++) store<u64>(p2m + n * 8, n);
  setP2m(p2m, 0x380);
  request = new BlockRequest();
  return request!.at;
}
export function read(): bool { return request!.read(${String(DOMID)}); }
export function operation(): i32 { return request!.operation; }
export function id(): u64 { return request!.id; }
export function sector(): u64 { return request!.sector; }
export function sectors(): u64 { return request!.sectors; }
export function segments(): u32 { return request!.segments; }
export function segment(n: u32): u64 {
  return (<u64>request!.refOf(n) << 32) | (request!.offsetOf(n) << 16) | request!.bytesOf(n);
}
`;

interface Exports {
  memory: WebAssembly.Memory;
  begin: () => number;
  read: () => number;
  operation: () => number;
  id: () => bigint;
  sector: () => bigint;
  sectors: () => bigint;
  segments: () => number;
  segment: (n: number) => bigint;
}

/** A segment: of page `ref`, its first and its last sector. */
type Segment = readonly [ref: number, first: number, last: number];

let wasm: Uint8Array;
let backend: Exports;
let at: DataView;
/** Segments in the page that an indirect request names. */
let table: readonly Segment[];

beforeAll(async () => {
  const sources = new Map([...readSources(), ['main.ts', MAIN]]);
  wasm = (await compile(sources, 'main.ts', { runtime: 'kernel', memoryBase: 0x1000 })).wasm;
});

beforeEach(async () => {
  table = [];
  const { instance } = await WebAssembly.instantiate(wasm as BufferSource, {
    env: {
      abort: () => {
        throw new Error('an assertion has failed');
      },
    },
    cpu: new Proxy({}, { get: () => () => 0n }),
    // Threads, of which there are none: nobody waits.
    asm: new Proxy({}, { get: () => () => expect.unreachable('somebody waits') }),
    xen: new Proxy({}, { get: () => grantCopy }),
  });
  backend = instance.exports as unknown as Exports;
  const address = backend.begin();
  at = new DataView(backend.memory.buffer, address, blkif.blkif_request.size);
});

/** GNTTABOP_copy of the page of segments, whose machine frames are the guest's pages. */
function grantCopy(_number: number, _command: bigint, copies: bigint, count: bigint): bigint {
  const view = new DataView(backend.memory.buffer);
  const { offset, size } = gnttab_copy;
  for (let op = Number(copies); op < Number(copies + count * BigInt(size)); op += size) {
    const place = view.getUint32(op + offset.dest, true) * 4096 + view.getUint16(op + offset.dest + 10, true);
    const from = view.getUint16(op + offset.source + 10, true);
    const isThere = view.getUint32(op + offset.source, true) === TABLE_REF;
    expect(view.getUint16(op + offset.source + 8, true)).toBe(DOMID);
    view.setInt16(op + offset.status, isThere ? 0 : GNTST_bad_gntref, true);
    if (isThere)
      new Uint8Array(backend.memory.buffer).set(
        bytesOf(table).subarray(from, from + view.getUint16(op + offset.len, true)),
        place,
      );
  }
  return 0n;
}

function bytesOf(segments: readonly Segment[]): Uint8Array {
  const { offset, size } = blkif.blkif_request_segment;
  const view = new DataView(new ArrayBuffer(segments.length * size));
  segments.forEach(([ref, first, last], n) => {
    view.setUint32(n * size + offset.gref, ref, true);
    view.setUint8(n * size + offset.first_sect, first);
    view.setUint8(n * size + offset.last_sect, last);
  });
  return new Uint8Array(view.buffer);
}

function direct(operation: number, segments: readonly Segment[], count = segments.length): boolean {
  const { offset } = blkif.blkif_request;
  at.setUint8(offset.operation, operation);
  at.setUint8(offset.nr_segments, count);
  at.setBigUint64(offset.id, 0x1234n, true);
  at.setBigUint64(offset.sector_number, 5000n, true);
  new Uint8Array(at.buffer, at.byteOffset + offset.seg).set(bytesOf(segments.slice(0, 11)));
  return backend.read() === 1;
}

function indirect(
  operation: number,
  segments: readonly Segment[],
  count = segments.length,
  ref = TABLE_REF,
): boolean {
  const { offset } = blkif.blkif_request_indirect;
  at.setUint8(offset.operation, blkif.BLKIF_OP_INDIRECT);
  at.setUint8(offset.indirect_op, operation);
  at.setUint16(offset.nr_segments, count, true);
  at.setBigUint64(offset.id, 0x5678n, true);
  at.setBigUint64(offset.sector_number, 6000n, true);
  at.setUint32(offset.indirect_grefs, ref, true);
  table = segments;
  return backend.read() === 1;
}

const { BLKIF_OP_READ: READ, BLKIF_OP_WRITE: WRITE } = blkif;
const many = (count: number): Segment[] => Array.from({ length: count }, (_, n) => [100 + n, 0, 7]);

function segmentsTold(): [ref: number, offset: number, bytes: number][] {
  return Array.from({ length: backend.segments() }, (_, n) => {
    const word = BigInt.asUintN(64, backend.segment(n));
    return [Number(word >> 32n), Number((word >> 16n) & 0xffffn), Number(word & 0xffffn)];
  });
}

describe.each([
  ['direct', direct, 0x1234n, 5000n],
  ['indirect', indirect, 0x5678n, 6000n],
] as const)('a request whose segments are %s', (_, make, id, sector) => {
  test('tells what is to be done, where, and with which bytes of which pages', () => {
    const segments: Segment[] = [
      [41, 0, 7],
      [42, 3, 3],
      [43, 6, 7],
    ];
    expect(make(WRITE, segments)).toBe(true);
    expect([backend.operation(), backend.id(), backend.sector(), backend.sectors()]).toEqual([
      WRITE,
      id,
      sector,
      11n,
    ]);
    expect(segmentsTold()).toEqual([
      [41, 0, 4096],
      [42, 1536, 512],
      [43, 3072, 1024],
    ]);
  });

  test.each<[string, Segment]>([
    ['ends behind its page', [1, 0, 8]],
    ['begins behind its page', [1, 8, 8]],
    ['ends far behind its page', [1, 7, 255]],
    ['ends before it begins', [1, 4, 3]],
  ])('is refused when a segment %s, whichever it is', (__, bad) => {
    for (const n of [0, 1, 2]) expect(make(READ, many(3).with(n, bad))).toBe(false);
  });

  test('may have none, and is about nothing then', () => {
    expect(make(READ, [])).toBe(true);
    expect([backend.segments(), backend.sectors()]).toEqual([0, 0n]);
  });
});

test('eleven segments fit into a request, and 256 into a page', () => {
  expect(direct(READ, many(11))).toBe(true);
  expect(direct(READ, many(11), 12)).toBe(false);
  expect(direct(READ, many(11), 255)).toBe(false);
  expect(indirect(READ, many(256))).toBe(true);
  expect([backend.sectors(), segmentsTold().at(-1)]).toEqual([2048n, [355, 0, 4096]]);
  expect(indirect(READ, many(257))).toBe(false);
  expect(indirect(READ, many(1), 0xffff)).toBe(false);
});

test('an indirect request reads or writes, and its page can be had', () => {
  for (const operation of [
    blkif.BLKIF_OP_INDIRECT,
    blkif.BLKIF_OP_FLUSH_DISKCACHE,
    blkif.BLKIF_OP_DISCARD,
    77,
  ])
    expect(indirect(operation, many(1))).toBe(false);
  expect(indirect(READ, many(1), 1, TABLE_REF + 1)).toBe(false);
  // And the next one can, again.
  expect(indirect(READ, many(1))).toBe(true);
});

test('a discard is of sectors', () => {
  const { offset } = blkif.blkif_request_discard;
  at.setUint8(offset.operation, blkif.BLKIF_OP_DISCARD);
  at.setBigUint64(offset.sector_number, 77n, true);
  at.setBigUint64(offset.nr_sectors, 0xffff_ffff_ffffn, true);
  expect(backend.read()).toBe(1);
  expect([backend.segments(), backend.sector(), backend.sectors()]).toEqual([0, 77n, 0xffff_ffff_ffffn]);
});
