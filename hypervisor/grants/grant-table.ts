/**
 * A domain's grant table: which of its frames it lets other domains use, and which grants of others it has mapped. The
 * guest writes entries to frames that Xen shares with it; Xen keeps what is in use apart from them. Plain data, saved
 * whole. Compare Xen's common/grant_table.c.
 */
import { grant_entry_v1, grant_entry_v2, GTF_reading, GTF_writing } from '../abi/grant-table.ts';
import type { FrameTable } from '../memory/frame-table.ts';
import { PAGE_BYTES } from '../memory/pages.ts';
import { GrantTable } from '../state/grant-table.ts';
import { writeWords } from '../memory/guest-frames.ts';

/** Frames a grant table has at first (Xen's default). */
const INITIAL_GRANT_FRAMES = 1;
const STATUS_BYTES = 2;

/** A grant table with its first frame, or null where frames run out. */
export function createGrantTable(frames: FrameTable, domain: number): GrantTable | null {
  const table = new GrantTable();
  return growTable(frames, table, domain, INITIAL_GRANT_FRAMES) ? table : null;
}

/** Entries that the table has room for. */
export function entriesOf(table: GrantTable): number {
  const size = table.version === 1 ? grant_entry_v1.size : grant_entry_v2.size;
  return (table.frames.length * PAGE_BYTES) / size;
}

/** Machine address of an entry; its flags and domid are the first two u16, in both versions. */
export function entryAddress(table: GrantTable, ref: number): number {
  const size = table.version === 1 ? grant_entry_v1.size : grant_entry_v2.size;
  const perFrame = PAGE_BYTES / size;
  return table.frames[Math.floor(ref / perFrame)]! * PAGE_BYTES + (ref % perFrame) * size;
}

/** Machine address of an entry's status: in version 1 its flags. */
export function statusAddress(table: GrantTable, ref: number): number {
  if (table.version === 1) return entryAddress(table, ref);
  const perFrame = PAGE_BYTES / STATUS_BYTES;
  return table.statusFrames[Math.floor(ref / perFrame)]! * PAGE_BYTES + (ref % perFrame) * STATUS_BYTES;
}

export function readHalfword(frames: FrameTable, address: number): number {
  const { bytes } = frames.memory;
  return bytes[address]! | (bytes[address + 1]! << 8);
}

/** Writes an entry of version 1. */
export function writeEntryV1(
  frames: FrameTable,
  table: GrantTable,
  ref: number,
  flags: number,
  domid: number,
  frame: number,
): void {
  writeWords(frames, entryAddress(table, ref), [flags | (domid << 16), frame]);
}

/** Gives the table `wanted` frames, and in version 2 the status frames for them. False where frames run out. */
export function growTable(frames: FrameTable, table: GrantTable, domain: number, wanted: number): boolean {
  const statusWanted = table.version === 1 ? 0 : statusFramesFor(wanted);
  const missing =
    Math.max(wanted - table.frames.length, 0) + Math.max(statusWanted - table.statusFrames.length, 0);
  if (missing > frames.unclaimedFrames) return false;
  growList(frames, table.frames, domain, wanted);
  growList(frames, table.statusFrames, domain, statusWanted);
  return true;
}

/** Status frames that go with a number of version-2 frames. */
export function statusFramesFor(grantFrames: number): number {
  return Math.ceil((grantFrames * (PAGE_BYTES / grant_entry_v2.size) * STATUS_BYTES) / PAGE_BYTES);
}

function growList(frames: FrameTable, list: number[], domain: number, wanted: number): void {
  while (list.length < wanted) {
    const mfn = frames.allocateForXen();
    frames.shareWithDomain(mfn, domain, true);
    list.push(mfn);
  }
}

/** Takes status frames back from the domain. False, changing nothing, while the domain maps one of them. */
export function dropStatusFrames(frames: FrameTable, table: GrantTable): boolean {
  if (table.statusFrames.some((mfn) => frames.count[mfn] !== 1)) return false;
  for (const mfn of table.statusFrames) frames.release(mfn);
  table.statusFrames.length = 0;
  return true;
}

/** The status an entry would lose when nothing uses it any more. */
export const STATUS_FLAGS = GTF_reading | GTF_writing;
