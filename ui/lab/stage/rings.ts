/**
 * Rings that the halves of a device share (public/io/ring.h): what each slot holds, in words. Who serves a ring counts privately
 * how far it has come; what both have said of that is in the page, and that is what is shown.
 */
import * as blk from '../../../hypervisor/abi/blkif.ts';
import { sring } from '../../../hypervisor/abi/ring.ts';
import { PAGE_BYTES } from '../../../hypervisor/memory/pages.ts';
import type { Hypervisor } from '../../../hypervisor/state/hypervisor.ts';
import type { RingSlot, RingView } from './view.ts';

/** Reads unsigned fields of an entry; little-endian. */
export type Field = (offset: number, bytes: number) => number;

/** Where in what takes several entries an entry stands, which it does not say itself. */
export type Place = 'start' | 'part' | 'extra' | 'extra, then parts';

export interface Told {
  /** What ties an answer to its request. */
  readonly id: number;
  readonly text: string;
  readonly refs: readonly number[];
  /** Of data that go from domain to domain by it, none of them counted twice. */
  readonly bytes: number;
  /** Of the entry behind it. */
  readonly next: Place;
}

export interface RingKind {
  readonly name: string;
  /** Bytes of an entry: the longer of request and response, rounded up to its alignment. */
  readonly entryBytes: number;
  request(field: Field, place: Place): Told;
  response(field: Field, place: Place): Told;
}

const SECTOR_BYTES = 512;
const BLOCK_NAMES: Readonly<Record<number, string>> = {
  [blk.BLKIF_OP_READ]: 'read',
  [blk.BLKIF_OP_WRITE]: 'write',
  [blk.BLKIF_OP_WRITE_BARRIER]: 'write barrier',
  [blk.BLKIF_OP_FLUSH_DISKCACHE]: 'flush',
  [blk.BLKIF_OP_DISCARD]: 'discard',
  [blk.BLKIF_OP_INDIRECT]: 'indirect',
};

function blockName(operation: number): string {
  return BLOCK_NAMES[operation] ?? `operation ${String(operation)}`;
}

export function signed16(value: number): number {
  return (value << 16) >> 16;
}

/** Of the block device: sectors read and written, into which frames. */
export const BLOCK: RingKind = {
  name: 'requests',
  entryBytes: blk.blkif_request.size,
  request: (field) => {
    const { offset } = blk.blkif_request;
    const operation = field(offset.operation, 1);
    if (operation === blk.BLKIF_OP_INDIRECT) return indirectRequest(field);
    const sector = field(offset.sector_number, 8);
    const count = Math.min(field(offset.nr_segments, 1), blk.BLKIF_MAX_SEGMENTS_PER_REQUEST);
    const segments = Array.from({ length: count }, (_, n) => segmentAt(field, n));
    const sectors = segments.reduce((sum, { first, last }) => sum + Math.max(0, last - first + 1), 0);
    const bytes = sectors * SECTOR_BYTES;
    const range = count === 0 ? '' : ` ${String(bytes)} bytes at sector ${String(sector)}`;
    return {
      id: field(offset.id, 8),
      text: `${blockName(operation)}${range}`,
      refs: segments.map(({ ref }) => ref),
      ...{ bytes, next: 'start' },
    };
  },
  response: (field) => {
    const { offset } = blk.blkif_response;
    const status = signed16(field(offset.status, 2));
    const said = status === blk.BLKIF_RSP_OKAY ? 'done' : `failed (${String(status)})`;
    const text = `${blockName(field(offset.operation, 1))}: ${said}`;
    return { id: field(offset.id, 8), text, refs: [], bytes: 0, next: 'start' };
  },
};

function segmentAt(field: Field, n: number): { ref: number; first: number; last: number } {
  const { offset } = blk.blkif_request_segment;
  const at = blk.blkif_request.offset.seg + n * blk.blkif_request_segment.size;
  return {
    ref: field(at + offset.gref, 4),
    first: field(at + offset.first_sect, 1),
    last: field(at + offset.last_sect, 1),
  };
}

function indirectRequest(field: Field): Told {
  const { offset } = blk.blkif_request_indirect;
  const segments = field(offset.nr_segments, 2);
  const pages = Math.min(Math.ceil(segments / PAGE_SEGMENTS), blk.BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST);
  return {
    id: field(offset.id, 8),
    text: `${blockName(field(offset.indirect_op, 1))} of ${String(segments)} segments at sector ${String(field(offset.sector_number, 8))}`,
    refs: Array.from({ length: pages }, (_, n) => field(offset.indirect_grefs + 4 * n, 4)),
    // Its segments are in pages of the guest's.
    ...{ bytes: 0, next: 'start' },
  };
}
const PAGE_SEGMENTS = PAGE_BYTES / blk.blkif_request_segment.size;

/** A ring in these machine frames, one behind the other. What a guest has written there may be anything. */
export function ringView(
  { machine: { bytes, words } }: Hypervisor,
  kind: RingKind,
  mfns: readonly number[],
  refs: readonly number[],
): RingView {
  const room = (mfns.length * PAGE_BYTES - sring.size) / kind.entryBytes;
  const size = 2 ** Math.floor(Math.log2(room));
  const index = (at: number): number => words[(mfns[0]! * PAGE_BYTES + at) / 4]!;
  const byte = (at: number): number =>
    bytes[mfns[Math.floor(at / PAGE_BYTES)]! * PAGE_BYTES + (at % PAGE_BYTES)]!;
  const reqProd = index(sring.offset.req_prod);
  const rspProd = index(sring.offset.rsp_prod);
  return {
    name: kind.name,
    mfns,
    refs,
    size,
    reqProd,
    reqEvent: index(sring.offset.req_event),
    rspProd,
    rspEvent: index(sring.offset.rsp_event),
    slots: slotViews(kind, size, reqProd, rspProd, (slot) => {
      const start = sring.size + slot * kind.entryBytes;
      return (offset, count) => {
        let value = 0;
        for (let n = count - 1; n >= 0; n--) value = value * 256 + byte(start + offset + n);
        return value;
      };
    }),
  };
}

/** What the slots hold: an entry is understood by those before it, of which the oldest answer there is is taken for a first one. */
function slotViews(
  kind: RingKind,
  size: number,
  reqProd: number,
  rspProd: number,
  fieldsOf: (slot: number) => Field,
): RingSlot[] {
  const slots = Array.from({ length: size }, (): RingSlot => ({ holds: 'nothing', text: '', refs: [] }));
  const read = (way: 'request' | 'response', from: number, count: number): void => {
    let place: Place = 'start';
    for (let n = 0; n < count; n++) {
      const slot = ((from + n) >>> 0) % size;
      const { text, refs, next }: Told = kind[way](fieldsOf(slot), place);
      slots[slot] = { holds: way, text, refs };
      place = next;
    }
  };
  // Requests from `rsp_prod` on have no answer yet; before it are the answers, as far back as the ring goes.
  const waiting = Math.min((reqProd - rspProd) >>> 0, size);
  const answered = Math.min(rspProd, size - waiting);
  read('response', rspProd - answered, answered);
  read('request', rspProd, waiting);
  return slots;
}
