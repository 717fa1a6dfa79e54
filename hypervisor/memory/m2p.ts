/**
 * The machine-to-physical table: for each machine frame the pseudo-physical frame of its owner, 8 bytes each. Guests read
 * it at MACH2PHYS_VIRT_START through L4 slot 256; it is made of frames of Xen's own and mapped by page tables of Xen's own.
 */
import { DOMID_XEN } from '../abi/xen.ts';
import { PAGE_ACCESSED, PAGE_DIRTY, PAGE_NX_HIGH, PAGE_PRESENT, PAGE_USER } from './entries.ts';
import type { FrameTable } from './frame-table.ts';
import { PGC_ALLOCATED, PGC_XEN_HEAP, PGT_VALIDATED } from './frame-table.ts';
import { PAGE_BYTES, PAGE_WORDS } from './pages.ts';
import { rawMemory } from './raw-memory.ts';
import { writeLink } from './xen-slots.ts';

const LINK = PAGE_PRESENT | PAGE_USER | PAGE_ACCESSED | PAGE_DIRTY;

/** Xen makes the M2P of pieces of 2 MiB, and tells of it by these: so many frames each, all there. */
export const M2P_EXTENT_FRAMES = 512;

/** Frames the M2P of a machine needs: the table itself, in whole extents, and the L3, L2 and L1 tables that map it. */
export function m2pFrames(frames: number): { table: number; tables: number } {
  const extents = Math.ceil((frames * 8) / (M2P_EXTENT_FRAMES * PAGE_BYTES));
  return { table: extents * M2P_EXTENT_FRAMES, tables: 2 + extents };
}

/** Makes the M2P in Xen's frames from `first` on, all invalid. Gives the first frame behind it. */
export function makeM2p(table: FrameTable, first: number): number {
  const size = m2pFrames(table.frames);
  const [l3, l2, l1] = [first + size.table, first + size.table + 1, first + size.table + 2];
  table.m2pFrame = first;
  table.m2pL3 = l3;
  writeLink(table, l3, 0, l2, LINK);
  for (let i = 0; i < size.table; i++) {
    if (i % 512 === 0) writeLink(table, l2, i / 512, l1 + i / 512, LINK);
    const mfn = first + i;
    table.writeEntry(l1 + Math.floor(i / 512), i % 512, ((mfn << 12) | LINK) >>> 0, PAGE_NX_HIGH);
    // A privileged domain may map it read-only, as one of Xen's shared pages.
    table.owner[mfn] = DOMID_XEN;
    table.count[mfn] = 1;
    table.typeCount[mfn] = 1;
    table.flags[mfn] = PGC_XEN_HEAP | PGC_ALLOCATED | PGT_VALIDATED;
  }
  rawMemory(table).words.fill(0xffff_ffff, first * PAGE_WORDS, (first + size.table) * PAGE_WORDS);
  return first + size.table + size.tables;
}

/** Sets the pseudo-physical frame of a machine frame, in two halves. */
export function setM2p(table: FrameTable, mfn: number, low: number, high: number): void {
  const at = table.m2pFrame * PAGE_WORDS + mfn * 2;
  const { words } = rawMemory(table);
  words[at] = low;
  words[at + 1] = high;
  table.memory.wrote(Math.floor(at / PAGE_WORDS));
  // A page in another frame is another page, to whoever logs what is written.
  table.memory.wrote(mfn);
}

/** The pseudo-physical frame of a machine frame, or -1 where it has none. */
export function getM2p(table: FrameTable, mfn: number): number {
  const at = table.m2pFrame * PAGE_WORDS + mfn * 2;
  const high = table.memory.words[at + 1]!;
  return high === 0 ? table.memory.words[at]! : -1;
}
