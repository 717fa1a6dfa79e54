/**
 * A domain's page tables as its hypervisor has them: all address spaces, and the entries of the tables that somebody looks at,
 * each with the machine frame and the pseudo-physical frame it names, and what the frame table knows of that.
 */
import { hex64 } from '../../core/machine.ts';
import { DOMID_XEN } from '../../hypervisor/abi/xen.ts';
import type { Domain } from '../../hypervisor/state/domain.ts';
import type { Hypervisor } from '../../hypervisor/state/hypervisor.ts';
import {
  entryFrame,
  FIRST_XEN_SLOT,
  PAGE_ACCESSED,
  PAGE_DIRTY,
  PAGE_GLOBAL,
  PAGE_GUEST_KERNEL_HIGH,
  PAGE_NX_HIGH,
  PAGE_PRESENT,
  PAGE_PSE,
  PAGE_RW,
  PAGE_USER,
} from '../../hypervisor/memory/entries.ts';
import type { FrameTable } from '../../hypervisor/memory/frame-table.ts';
import { PGT_L4_PAGE_TABLE, PGT_PINNED, TYPE_NAMES } from '../../hypervisor/memory/frame-table.ts';
import { PAGE_BYTES, PAGE_WORDS } from '../../hypervisor/memory/pages.ts';
import { getM2p } from '../../hypervisor/memory/m2p.ts';
import type { Code } from './code.ts';

/** A table: the L4 table that it is reached from, and the slots on the way, from L4 on. */
export interface TablePath {
  /** Machine frame of the L4 table. */
  readonly root: number;
  readonly slots: readonly number[];
}

export interface AddressSpaceView {
  readonly mfn: number;
  /** -1: the frame has none. */
  readonly pfn: number;
  readonly pinned: boolean;
  /** The vcpus that have it loaded, each with how: `vcpu 0, user`. */
  readonly loaded: readonly string[];
  /** The program of the ramdisk whose code it maps; null: none that is known. */
  readonly program: string | null;
  /** Pages of the lower half, where programs live. */
  readonly userPages: number;
}

/** A present entry. */
export interface EntryView {
  readonly slot: number;
  /** The first virtual address that it translates, 16 hexadecimal digits. */
  readonly address: string;
  readonly mfn: number;
  /** -1: the frame has none. */
  readonly pfn: number;
  /** Names of the flags that are set, as the manual's: `RW US A D NX`; `GK`: Xen's mark of a page of the guest's kernel. */
  readonly flags: string;
  /** What the frame table knows of the frame: its type, uses as such, and owner if that is another. */
  readonly frame: string;
  /** It names a table that can be opened. */
  readonly isTable: boolean;
}

export interface TableView {
  readonly path: TablePath;
  /** 4 to 1. */
  readonly level: number;
  readonly mfn: number;
  readonly entries: readonly EntryView[];
}

export interface PageTablesView {
  readonly spaces: readonly AddressSpaceView[];
  /** Those that were asked for and are there. */
  readonly tables: readonly TableView[];
}

const ENTRIES = 512;
const LEVELS = 4;
const UPPER_HALF = 256;

/** All address spaces of a domain, and the tables at these paths. */
export function pageTablesView(
  hypervisor: Hypervisor,
  domain: Domain,
  code: Code,
  open: readonly TablePath[],
): PageTablesView {
  const { frames } = hypervisor;
  const spaces: AddressSpaceView[] = [];
  for (let mfn = 0; mfn < frames.frames; mfn++)
    if (isRoot(frames, domain, mfn)) spaces.push(spaceView(frames, domain, code, mfn));
  return { spaces, tables: open.flatMap((path) => tableView(frames, domain, path) ?? []) };
}

/** A frame that is an L4 table of the domain, by its validated type. */
function isRoot(frames: FrameTable, domain: Domain, mfn: number): boolean {
  return frames.owner[mfn] === domain.id && frames.usedAs(mfn) === PGT_L4_PAGE_TABLE;
}

function spaceView(frames: FrameTable, domain: Domain, code: Code, mfn: number): AddressSpaceView {
  const loaded = domain.vcpus.flatMap((vcpu) => [
    ...(vcpu.kernelRoot === mfn ? [`vcpu ${String(vcpu.id)}, kernel`] : []),
    ...(vcpu.userRoot === mfn ? [`vcpu ${String(vcpu.id)}, user`] : []),
  ]);
  return {
    mfn,
    pfn: getM2p(frames, mfn),
    pinned: (frames.flags[mfn]! & PGT_PINNED) !== 0,
    loaded,
    program: code.programIn((page) => pageAt(frames, mfn, page)),
    userPages: countPages(frames, mfn, LEVELS),
  };
}

interface Entry {
  readonly low: number;
  readonly high: number;
  /** -1: beyond the machine's memory. */
  readonly mfn: number;
}

/** A present entry, or null. */
function entryOf(frames: FrameTable, table: number, slot: number): Entry | null {
  const at = table * PAGE_WORDS + slot * 2;
  const low = frames.memory.words[at]!;
  const high = frames.memory.words[at + 1]!;
  if (!(low & PAGE_PRESENT)) return null;
  const mfn = entryFrame(low, high);
  return { low, high, mfn: mfn < frames.frames ? mfn : -1 };
}

/** 4-KiB pages below a table; of an L4 table, those of the lower half. */
function countPages(frames: FrameTable, table: number, level: number): number {
  let pages = 0;
  for (let slot = 0; slot < (level === LEVELS ? UPPER_HALF : ENTRIES); slot++) {
    const entry = entryOf(frames, table, slot);
    if (entry === null) continue;
    if (level === 1) pages++;
    else if (isTableOf(frames, entry, level - 1)) pages += countPages(frames, entry.mfn, level - 1);
  }
  return pages;
}

/** Whether an entry names a table of a level; a linear one names its own. */
function isTableOf(frames: FrameTable, { mfn, low }: Entry, level: number): boolean {
  if (mfn < 0 || low & PAGE_PSE) return false;
  return frames.owner[mfn] === DOMID_XEN || frames.usedAs(mfn) === level;
}

/** The page that an address space has at an address, sign-interpreted; or null. */
export function pageAt(frames: FrameTable, root: number, address: number): Uint8Array | null {
  const mfn = frameAt(frames, root, address);
  return mfn < 0 ? null : frames.memory.bytes.slice(mfn * PAGE_BYTES, (mfn + 1) * PAGE_BYTES);
}

/** The machine frame that an address space has at an address, sign-interpreted; -1: none. */
export function frameAt(frames: FrameTable, root: number, address: number): number {
  return mappingAt(frames, root, address)?.mfn ?? -1;
}

/** What an address space has at an address, sign-interpreted, and whether entries of all levels let it be written; null: nothing. */
export function mappingAt(
  frames: FrameTable,
  root: number,
  address: number,
): { readonly mfn: number; readonly writable: boolean } | null {
  let mfn = root;
  let allowed = PAGE_RW;
  for (let level = LEVELS; level > 0; level--) {
    const slot = Math.floor(address / 2 ** (12 + 9 * (level - 1))) & (ENTRIES - 1);
    const entry = entryOf(frames, mfn, slot);
    if (entry === null || entry.mfn < 0) return null;
    if (level > 1 && !isTableOf(frames, entry, level - 1)) return null;
    allowed &= entry.low;
    ({ mfn } = entry);
  }
  return { mfn, writable: allowed !== 0 };
}

/** The table at a path, or null where that leads nowhere. */
function tableView(frames: FrameTable, domain: Domain, path: TablePath): TableView | null {
  if (!isRoot(frames, domain, path.root) || path.slots.length >= LEVELS) return null;
  let mfn = path.root;
  let level = LEVELS;
  let base = 0n;
  for (const slot of path.slots) {
    const entry = entryOf(frames, mfn, slot);
    if (entry === null || !isTableOf(frames, entry, level - 1)) return null;
    base |= BigInt(slot) << shiftOf(level);
    mfn = entry.mfn;
    level--;
  }
  const entries: EntryView[] = [];
  for (let slot = 0; slot < ENTRIES; slot++) {
    const entry = entryOf(frames, mfn, slot);
    if (entry !== null)
      entries.push(entryView(frames, domain, level, slot, base | (BigInt(slot) << shiftOf(level)), entry));
  }
  return { path, level, mfn, entries };
}

/** The lowest bit of an address that selects a slot at a level. */
function shiftOf(level: number): bigint {
  return BigInt(12 + 9 * (level - 1));
}

function entryView(
  frames: FrameTable,
  domain: Domain,
  level: number,
  slot: number,
  address: bigint,
  entry: Entry,
): EntryView {
  return {
    slot,
    address: hex64(Number(BigInt.asIntN(48, address))),
    mfn: entry.mfn,
    pfn: entry.mfn < 0 ? -1 : getM2p(frames, entry.mfn),
    flags: flagsOf(entry),
    frame: frameOf(frames, domain, entry.mfn, level === LEVELS && slot === FIRST_XEN_SLOT),
    isTable: level > 1 && isTableOf(frames, entry, level - 1),
  };
}

const LOW_FLAGS = [
  [PAGE_RW, 'RW'],
  [PAGE_USER, 'US'],
  [PAGE_ACCESSED, 'A'],
  [PAGE_DIRTY, 'D'],
  [PAGE_PSE, 'PS'],
  [PAGE_GLOBAL, 'G'],
] as const;

function flagsOf({ low, high }: Entry): string {
  const names: string[] = LOW_FLAGS.filter(([bit]) => low & bit).map(([, name]) => name);
  if (high & PAGE_GUEST_KERNEL_HIGH) names.push('GK');
  if (high & PAGE_NX_HIGH) names.push('NX');
  return names.join(' ');
}

function frameOf(frames: FrameTable, domain: Domain, mfn: number, isM2p: boolean): string {
  if (isM2p) return 'Xen’s: the machine-to-physical table';
  if (mfn < 0) return 'beyond the memory';
  const owner = frames.owner[mfn]!;
  if (owner === DOMID_XEN) return 'Xen’s';
  const type = TYPE_NAMES[frames.type[mfn]!] ?? '';
  const uses = frames.typeCount[mfn]!;
  const used = uses === 0 ? counted(frames.count[mfn]!, 'reference') : `${type}, ${counted(uses, 'use')}`;
  return owner === domain.id ? used : `domain ${String(owner)}’s: ${used}`;
}

function counted(count: number, what: string): string {
  return `${String(count)} ${what}${count === 1 ? '' : 's'}`;
}
