/**
 * The window: linear memory as a piece of the address space. Xen's builder maps the kernel and what it needs to start; here
 * the rest of the domain's memory is mapped behind it, page n at n × 4096, and at the window's end some pages for what is
 * not the domain's own memory: the shared info page, the grant table, pages that others have granted.
 */
import { MMUEXT_TLB_FLUSH_LOCAL, start_info } from 'xen';
import { window } from '../xen/intrinsics';
import { PAGE_SHIFT, PAGE_SIZE } from './pages';
import { entryPage, ENTRIES, extendedOperation, flush, KERNEL_BITS, makeEntry } from './pagetable';
import {
  PAGE_PRESENT,
  protect,
  setWindowTable,
  TABLE_BITS,
  tableIndex,
  unprotect,
  updateEntry,
  windowEntry,
} from './pagetable';

/** The window's last two MiB, but for the very last page: for foreign pages, in slots of one page. */
const FOREIGN: usize = 0x7fe0_0000;
const FOREIGN_SLOTS: usize = 511;
/** Memory beyond this is not used: the window ends. */
export const MAX_PAGES: usize = FOREIGN >> PAGE_SHIFT;

/** The page that this domain shares with Xen. */
export const SHARED_INFO: usize = FOREIGN;

const TABLE_SPAN: usize = 1 << 21;
const L2_SPAN: usize = 1 << 30;

/** A byte for each slot: whether it is taken. */
const slotsUsed: usize = memory.data(512);
let root: usize = 0;
/** The next page for a table while the window is built. */
let early: usize = 0;

/** The kernel's root table. */
export function kernelRoot(): usize {
  return root;
}

/** The L2 table of the window at an address of linear memory, 0: none. */
function windowL2(address: usize): usize {
  const va = window() + address;
  const l3 = entryPage(load<u64>(root + tableIndex(va, 4) * 8));
  const entry = load<u64>(l3 + tableIndex(va, 3) * 8);
  return entry & PAGE_PRESENT ? entryPage(entry) : 0;
}

/** Finds out how far the builder has mapped the window, and notes its tables. The first address that is not mapped. */
export function findMapped(info: usize): usize {
  root = <usize>(load<u64>(info + start_info.pt_base) - window());
  let address: usize = 0;
  let l1 = l1Table(address);
  while (l1 != 0) {
    setWindowTable(address, l1);
    let index: usize = 0;
    while (index < ENTRIES && (load<u64>(l1 + index * 8) & PAGE_PRESENT) != 0) index++;
    if (index < ENTRIES) return address + (index << PAGE_SHIFT);
    address += TABLE_SPAN;
    l1 = l1Table(address);
  }
  return address;
}

/** The builder's L1 table for an address of linear memory, 0: none. */
function l1Table(address: usize): usize {
  const l2 = windowL2(address);
  const entry = l2 == 0 ? 0 : load<u64>(l2 + tableIndex(window() + address, 2) * 8);
  return entry & PAGE_PRESENT ? entryPage(entry) : 0;
}

/**
 * Maps memory up to `end` behind the `mapped` bytes that are mapped already, and makes the tables for what memory may come
 * up to `most`, and for foreign pages. `free` is the first page that nobody uses; the first one behind those taken for tables
 * is given back.
 */
export function buildWindow(free: usize, mapped: usize, end: usize, most: usize): usize {
  early = free;
  while (mapped < end) {
    // What has been mapped has room for the table of what comes next.
    assert(early < mapped, "no memory for the window's tables");
    mapped = extend(mapped, end);
  }
  const spanMask = TABLE_SPAN - 1;
  for (let span = (mapped + spanMask) & ~spanMask; span < most; span += TABLE_SPAN) hang(span, newTable());
  hang(FOREIGN, newTable());
  return early;
}

/** Maps pages from `from` on, to the end of an L1 table or `end`: how far it came. */
function extend(from: usize, end: usize): usize {
  const spanEnd = (from & ~(TABLE_SPAN - 1)) + TABLE_SPAN;
  const to = min(end, spanEnd);
  if ((from & (TABLE_SPAN - 1)) != 0) {
    for (let page = from; page < to; page += PAGE_SIZE) unprotect(page);
    flush();
    return to;
  }
  const l1 = newTable();
  for (let page = from; page < to; page += PAGE_SIZE)
    store<u64>(l1 + ((page >> PAGE_SHIFT) & 511) * 8, makeEntry(page, KERNEL_BITS));
  hang(from, l1);
  return to;
}

/** A page for a table. While the window is built there is no allocator yet: the pages are taken one after the other. */
function newTable(): usize {
  const table = early;
  early += PAGE_SIZE;
  memory.fill(table, 0, PAGE_SIZE);
  return table;
}

/** Puts an L1 table into the window at `address`. */
function hang(address: usize, l1: usize): void {
  const va = window() + address;
  protect(l1);
  let l2 = windowL2(address & ~(L2_SPAN - 1));
  if (l2 == 0) {
    l2 = newTable();
    protect(l2);
    const l3 = entryPage(load<u64>(root + tableIndex(va, 4) * 8));
    updateEntry(l3 + tableIndex(va, 3) * 8, makeEntry(l2, TABLE_BITS));
  }
  updateEntry(l2 + tableIndex(va, 2) * 8, makeEntry(l1, TABLE_BITS));
  flush();
  setWindowTable(address, l1);
}

/** Takes `count` slots in a row: the address of the first, 0: there are not so many. */
export function takeSlots(count: u32): usize {
  let length: u32 = 0;
  // Slot 0 is the shared info page.
  for (let slot: usize = 1; slot < FOREIGN_SLOTS; slot++) {
    length = load<u8>(slotsUsed + slot) == 0 ? length + 1 : 0;
    if (length < count) continue;
    const first = slot + 1 - count;
    memory.fill(slotsUsed + first, 1, count);
    return FOREIGN + (first << PAGE_SHIFT);
  }
  return 0;
}

/** Gives back slots in which nothing is mapped any more. */
export function freeSlots(at: usize, count: u32): void {
  memory.fill(slotsUsed + ((at - FOREIGN) >> PAGE_SHIFT), 0, count);
}

/** Maps a machine frame in a slot. */
export function mapForeign(slot: usize, mfn: u64): void {
  updateEntry(windowEntry(slot), (mfn << PAGE_SHIFT) | KERNEL_BITS);
  extendedOperation(MMUEXT_TLB_FLUSH_LOCAL, 0);
  flush();
}

/** Unmaps a page of the window: a slot, or one of our own that is to go. */
export function unmapPage(page: usize): void {
  updateEntry(windowEntry(page), 0);
  extendedOperation(MMUEXT_TLB_FLUSH_LOCAL, 0);
  flush();
}
