/**
 * A domain's grant table: which of its frames it lets other domains use, and which grants of others it has mapped. The
 * guest writes entries to frames that Xen shares with it; Xen keeps what is in use apart from them. Plain data, saved
 * whole. Compare Xen's common/grant_table.c.
 */
import { grant_entry_v1, grant_entry_v2, GTF_reading, GTF_writing } from '../abi/grant-table.ts';
import type { FrameTable } from '../memory/frame-table.ts';
import { PAGE_BYTES } from '../memory/frame-table.ts';

/** Frames a grant table may have, and has at first (Xen's defaults). */
export const MAX_GRANT_FRAMES = 64;
const INITIAL_GRANT_FRAMES = 1;
/** Frames for the grants of others that a domain has mapped (Xen's default), and entries in one. */
const MAX_MAPTRACK_FRAMES = 1024;
const MAPTRACK_PER_FRAME = 256;

const STATUS_BYTES = 2;

/** A grant in use. The counts are Xen's pins: of mappings and of copies under way. */
export interface ActiveGrant {
  /** Who uses it. */
  readonly domid: number;
  readonly mfn: number;
  /** The part of the frame that is granted, in bytes. */
  readonly start: number;
  readonly length: number;
  readonly isSubPage: boolean;
  /** Where the frame comes from: another domain's grant where this one passes it on. */
  readonly sourceDomain: number;
  readonly sourceRef: number;
  readers: number;
  writers: number;
}

/** A grant of another domain that this domain has mapped; its handle is its index. */
export interface GrantMapping {
  /** Whose grant it is; who is gone leaves the frame, until it is unmapped. */
  readonly domid: number;
  readonly ref: number;
  readonly mfn: number;
  /** GNTMAP_* that are still in force. */
  flags: number;
}

export class GrantTable {
  /** 1 or 2: how the guest lays out its entries. */
  version = 1;
  /** The version it may ask for at most: a toolstack's choice (XEN_DOMCTL_GRANT_version_mask). */
  maxVersion = 2;
  /** Frames it may have. */
  maxFrames = MAX_GRANT_FRAMES;
  /** Frames of the shared table, in order; Xen's own, shared with the domain. */
  readonly frames: number[] = [];
  /** Frames of version 2's status words. */
  readonly statusFrames: number[] = [];
  /** Its grants that are in use, by reference. */
  readonly active = new Map<number, ActiveGrant>();
  /** What it has mapped, by handle. */
  readonly mappings: (GrantMapping | null)[] = [];
  readonly freeHandles: number[] = [];
  /** Handles it may have. */
  maxMappings = mappingsOf(MAX_MAPTRACK_FRAMES);
}

/** Handles in so many frames: one of them always stays free, at the end of Xen's list of free ones. */
export function mappingsOf(frames: number): number {
  return Math.max(frames * MAPTRACK_PER_FRAME - 1, 0);
}

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

export function writeHalfword(frames: FrameTable, address: number, value: number): void {
  frames.memory.bytes[address] = value;
  frames.memory.bytes[address + 1] = value >>> 8;
  frames.memory.wrote(Math.floor(address / PAGE_BYTES));
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
  const at = entryAddress(table, ref) / 4;
  frames.memory.words[at] = flags | (domid << 16);
  frames.memory.words[at + 1] = frame;
  frames.memory.wrote(Math.floor(at / 1024));
}

/** Gives the table `wanted` frames, and in version 2 the status frames for them. False where frames run out. */
export function growTable(frames: FrameTable, table: GrantTable, domain: number, wanted: number): boolean {
  const statusWanted = table.version === 1 ? 0 : statusFramesFor(wanted);
  const missing =
    Math.max(wanted - table.frames.length, 0) + Math.max(statusWanted - table.statusFrames.length, 0);
  if (missing > frames.freeFrames) return false;
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
