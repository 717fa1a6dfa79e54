/**
 * The per-domain slot (L4 slot 260): real page tables that map each vcpu's GDT and LDT where Xen maps them, so that the
 * processor's own descriptor fetches walk them. A vcpu has 32 pages: 14 of its GDT, 2 of Xen's descriptors, 16 of its LDT.
 */
import { FIRST_RESERVED_GDT_PAGE } from '../abi/arch-x86.ts';
import { bug } from '../bug.ts';
import { PAGE_ACCESSED, PAGE_DIRTY, PAGE_NX_HIGH, PAGE_PRESENT, PAGE_RW } from './entries.ts';
import type { FrameTable } from './frame-table.ts';
import { PGT_SEG_DESC_PAGE, PGT_WRITABLE_PAGE } from './frame-table.ts';
import { PAGE_BYTES, PAGE_WORDS } from './pages.ts';
import { getPageAndType, putPageAndType } from './page-types.ts';
import { rawMemory } from './raw-memory.ts';
import { readLink, writeLink } from './xen-slots.ts';

/** 0xffff820000000000, as a signed number. */
const PERDOMAIN_VIRT_START = -0x7e00_0000_0000;
/** Limit of the GDTR: 14 guest pages and Xen's one. */
export const GDT_LIMIT = 0xefff;
export const MAX_LDT_ENTRIES = 8192;
/** vcpus that a domain can have: one bitmap word of the 2-level events' selectors, and one L2 table, would take more. */
export const MAX_VCPUS = 128;

const PAGES_PER_VCPU = 32;
const LDT_PAGE = 16;
const LDT_PAGES = 16;
const SUPERVISOR = PAGE_PRESENT | PAGE_RW | PAGE_ACCESSED | PAGE_DIRTY;
const SUPERVISOR_READ_ONLY = PAGE_PRESENT | PAGE_ACCESSED | PAGE_DIRTY;

/** Xen's descriptors from selector 0xe000 on (lower and upper word), all marked accessed. */
const XEN_DESCRIPTORS = [
  [0, 0],
  [0x0000ffff, 0x00af9b00], // 0xe008 ring 0 code, 64-bit
  [0x0000ffff, 0x00cf9300], // 0xe010 ring 0 data
  [0, 0],
  [0x0000ffff, 0x00cffb00], // 0xe023 ring 3 code, compatibility
  [0x0000ffff, 0x00cff300], // 0xe02b ring 3 data
  [0x0000ffff, 0x00affb00], // 0xe033 ring 3 code, 64-bit
  [0x0000ffff, 0x00cf9b00], // 0xe038 ring 0 code, compatibility
] as const;

/** Makes Xen's descriptor page and the zero page, in Xen's frames `first` and `first + 1`. */
export function makeXenDescriptors(table: FrameTable, first: number): void {
  table.gdtFrame = first;
  table.zeroFrame = first + 1;
  XEN_DESCRIPTORS.forEach(([low, high], index) => {
    table.writeEntry(first, index, low, high);
  });
}

/**
 * Makes the page tables of a domain's slot for `vcpus` vcpus. Gives the L3 table's frame (Domain.perDomainL3), or -1
 * where frames run out.
 */
export function makePerDomain(table: FrameTable, vcpus: number): number {
  const l1Tables = Math.ceil((vcpus * PAGES_PER_VCPU) / 512);
  if (table.freeFrames < 2 + l1Tables) return -1;
  const l3 = table.allocateForXen();
  const l2 = table.allocateForXen();
  writeLink(table, l3, 0, l2, SUPERVISOR);
  for (let i = 0; i < l1Tables; i++) writeLink(table, l2, i, table.allocateForXen(), SUPERVISOR);
  for (let vcpu = 0; vcpu < vcpus; vcpu++) {
    for (let page = 0; page < FIRST_RESERVED_GDT_PAGE; page++)
      writePage(table, l3, vcpu, page, table.zeroFrame, true);
    writePage(table, l3, vcpu, FIRST_RESERVED_GDT_PAGE, table.gdtFrame, false);
    writePage(table, l3, vcpu, FIRST_RESERVED_GDT_PAGE + 1, table.zeroFrame, true);
  }
  return l3;
}

/** Frees the page tables of a domain's slot; its vcpus' descriptor pages were given back before. */
export function freePerDomain(table: FrameTable, l3: number): void {
  const l2 = readLink(table, l3, 0);
  for (let slot = 0; slot < 512; slot++) {
    const l1 = readLink(table, l2, slot);
    if (l1) table.release(l1);
  }
  table.release(l2);
  table.release(l3);
}

/** Where a vcpu's GDT lies. */
export function gdtAddress(vcpu: number): number {
  return PERDOMAIN_VIRT_START + vcpu * PAGES_PER_VCPU * PAGE_BYTES;
}

/** Where a vcpu's LDT lies. */
export function ldtAddress(vcpu: number): number {
  return gdtAddress(vcpu) + LDT_PAGE * PAGE_BYTES;
}

/**
 * Maps `frames` as the GDT of a vcpu and gives back the frames it had. -EINVAL, changing nothing, if one of them is not
 * the domain's or holds a descriptor that is not allowed.
 */
export function setGdt(
  table: FrameTable,
  domain: number,
  l3: number,
  vcpu: number,
  frames: readonly number[],
): number {
  for (let i = 0; i < frames.length; i++) {
    const result = getPageAndType(table, frames[i]!, domain, PGT_SEG_DESC_PAGE);
    if (result === 0) continue;
    while (--i >= 0) putPageAndType(table, frames[i]!);
    return result;
  }
  clearGdt(table, l3, vcpu);
  frames.forEach((mfn, page) => {
    writePage(table, l3, vcpu, page, mfn, false);
  });
  return 0;
}

/** Gives back the frames of a vcpu's GDT. */
export function clearGdt(table: FrameTable, l3: number, vcpu: number): void {
  for (let page = 0; page < FIRST_RESERVED_GDT_PAGE; page++) {
    const mfn = readPage(table, l3, vcpu, page);
    if (mfn === table.zeroFrame) continue;
    writePage(table, l3, vcpu, page, table.zeroFrame, true);
    putPageAndType(table, mfn);
  }
}

/** Maps one page of a vcpu's LDT, which Xen does when it is first used. False if the frame cannot hold descriptors. */
export function mapLdtPage(
  table: FrameTable,
  domain: number,
  l3: number,
  vcpu: number,
  page: number,
  mfn: number,
): boolean {
  if (getPageAndType(table, mfn, domain, PGT_SEG_DESC_PAGE) < 0) return false;
  const old = readPage(table, l3, vcpu, LDT_PAGE + page);
  writePage(table, l3, vcpu, LDT_PAGE + page, mfn, false);
  if (old) putPageAndType(table, old);
  return true;
}

/** Unmaps a vcpu's LDT. True if there was any of it, so that the TLB needs a flush. */
export function clearLdt(table: FrameTable, l3: number, vcpu: number): boolean {
  let dropped = false;
  for (let page = LDT_PAGE; page < LDT_PAGE + LDT_PAGES; page++) {
    const mfn = readPage(table, l3, vcpu, page);
    if (!mfn) continue;
    const [l1, slot] = l1Slot(table, l3, vcpu, page);
    table.writeEntry(l1, slot, 0, 0);
    putPageAndType(table, mfn);
    dropped = true;
  }
  return dropped;
}

/** The guest's frames that a vcpu's descriptor tables hold, for the checker. */
export function descriptorFrames(table: FrameTable, l3: number, vcpu: number): number[] {
  const frames: number[] = [];
  for (let page = 0; page < PAGES_PER_VCPU; page++) {
    if (page >= FIRST_RESERVED_GDT_PAGE && page < LDT_PAGE) continue;
    const mfn = readPage(table, l3, vcpu, page);
    if (mfn && mfn !== table.zeroFrame) frames.push(mfn);
  }
  return frames;
}

function l1Slot(table: FrameTable, l3: number, vcpu: number, page: number): [number, number] {
  const index = vcpu * PAGES_PER_VCPU + page;
  const l2 = readLink(table, l3, 0);
  return [readLink(table, l2, Math.floor(index / 512)), index % 512];
}

function readPage(table: FrameTable, l3: number, vcpu: number, page: number): number {
  const [l1, slot] = l1Slot(table, l3, vcpu, page);
  return readLink(table, l1, slot);
}

function writePage(
  table: FrameTable,
  l3: number,
  vcpu: number,
  page: number,
  mfn: number,
  readOnly: boolean,
): void {
  const [l1, slot] = l1Slot(table, l3, vcpu, page);
  const flags = readOnly ? SUPERVISOR_READ_ONLY : SUPERVISOR;
  table.writeEntry(l1, slot, ((mfn << 12) | flags) >>> 0, PAGE_NX_HIGH | (mfn >>> 20));
}

/** Words of a descriptor-table frame that update_descriptor writes. */
export function writeDescriptor(
  table: FrameTable,
  mfn: number,
  offset: number,
  low: number,
  high: number,
): void {
  const at = mfn * PAGE_WORDS + offset / 4;
  const holds = table.type[mfn] === PGT_SEG_DESC_PAGE || table.type[mfn] === PGT_WRITABLE_PAGE;
  if (!holds || table.typeCount[mfn] === 0)
    bug(`a descriptor is written to frame ${String(mfn)}, which nobody holds for it`);
  const { words } = rawMemory(table);
  words[at] = low;
  words[at + 1] = high;
  table.memory.wrote(mfn);
}
