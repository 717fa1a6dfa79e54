/**
 * Boot of the frame table: which frames of a machine are what before there is any domain. The first MiB is I/O memory, as
 * on every PC; Xen's own frames follow: the machine-to-physical table with its page tables, descriptors, zeroes. The rest
 * is free, highest frame first, so that a guest's frames do not follow each other upwards.
 */
import { DOMID_IO } from '../abi/xen.ts';
import type { Tracer } from '../trace/tracer.ts';
import type { FrameMemory, PageOwner } from './frame-table.ts';
import { FrameTable, PGC_ALLOCATED, PGT_VALIDATED, PGT_WRITABLE_PAGE } from './frame-table.ts';
import { m2pFrames, makeM2p } from './m2p.ts';
import { makeXenDescriptors } from './per-domain.ts';

/** Frames below 1 MiB. */
const IO_FRAMES = 256;
const DESCRIPTOR_FRAMES = 2;

/** Frames of a machine with `frames` frames that no domain can have, but for its per-domain page tables. */
function xenFrames(frames: number): number {
  const { table, tables } = m2pFrames(frames);
  return IO_FRAMES + table + tables + DESCRIPTOR_FRAMES;
}

/** Makes the frame table of a machine. Throws RangeError where it has no room for Xen's frames. */
export function bootFrameTable(
  memory: FrameMemory,
  owners: ReadonlyMap<number, PageOwner>,
  trace: Tracer,
): FrameTable {
  const table = new FrameTable(memory, owners, trace);
  if (xenFrames(table.frames) >= table.frames)
    throw new RangeError(`a machine of ${String(table.frames)} frames has no room for the frame table`);
  for (let mfn = 0; mfn < IO_FRAMES; mfn++) assignIoPage(table, mfn);
  const first = makeM2p(table, IO_FRAMES);
  makeXenDescriptors(table, first);
  for (let mfn = first + DESCRIPTOR_FRAMES; mfn < table.frames; mfn++) table.release(mfn);
  return table;
}

/** I/O memory is owned by DOMID_IO and writable for ever. */
function assignIoPage(table: FrameTable, mfn: number): void {
  table.owner[mfn] = DOMID_IO;
  table.count[mfn] = 1;
  table.type[mfn] = PGT_WRITABLE_PAGE;
  table.typeCount[mfn] = 1;
  table.flags[mfn] = PGC_ALLOCATED | PGT_VALIDATED;
}
