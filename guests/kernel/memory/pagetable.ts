/**
 * Page tables of a paravirtualized guest. They hold machine frame numbers, which the guest translates itself (p2m, M2P), and
 * no page that is a table may be mapped writable: a table in use is changed by asking Xen, who checks every entry.
 *
 * So a table begins as an ordinary page, filled by plain stores; then the window's mapping of it is made read-only
 * (`protect`), and it is hung into a table in use or pinned. Requests are queued and go to Xen in one hypercall: `flush`.
 */
import { DOMID_SELF, MACH2PHYS_VIRT_START, MMU_NORMAL_PT_UPDATE } from 'xen';
import { HYPERVISOR_mmu_update as NR_mmu_update, HYPERVISOR_mmuext_op as NR_mmuext_op } from 'xen';
import { mmu_update, mmuext_op, multicall_entry } from 'xen';
import { HYPERVISOR_mmu_update, HYPERVISOR_mmuext_op, HYPERVISOR_multicall } from '../xen/hypercalls';
import { load64, virtual } from '../xen/intrinsics';
import { PAGE_SHIFT, PAGE_SIZE } from './pages';

export const PAGE_PRESENT: u64 = 1;
export const PAGE_WRITE: u64 = 2;
export const PAGE_USER: u64 = 4;
export const PAGE_ACCESSED: u64 = 0x20;
export const PAGE_DIRTY: u64 = 0x40;
export const PAGE_SUPER: u64 = 0x80;
/** Bit 9 is the system's own: a page that is shared until it is written (mote/address-space.ts). */
export const PAGE_COW: u64 = 0x200;
/** Bit 10 too: what it maps is another domain's (mote/foreign-calls.ts). */
export const PAGE_FOREIGN: u64 = 0x400;
export const PAGE_NX: u64 = 1 << 63;
export const FRAME_MASK: u64 = 0x000f_ffff_ffff_f000;

/** What entries of upper levels have. */
export const TABLE_BITS: u64 = PAGE_PRESENT | PAGE_WRITE | PAGE_USER | PAGE_ACCESSED | PAGE_DIRTY;
/** What the window's entries have. Xen adds what it needs to let the kernel, in ring 3, use them. */
export const KERNEL_BITS: u64 = PAGE_PRESENT | PAGE_WRITE | PAGE_ACCESSED | PAGE_DIRTY;

export const ENTRIES: u32 = 512;

/** Window bytes that one L1 table maps. */
const TABLE_SPAN_SHIFT: usize = 21;
/** For each such span, the address of its L1 table, 0: none. */
const windowTables: usize = memory.data(1024 * 4, 8);

/** The list that translates page numbers to machine frames, in linear memory; its length in entries. */
let p2m: usize = 0;
let p2mEntries: usize = 0;
export const P2M_ENTRY_BYTES: usize = 8;
/** What the list says of a page without a frame. */
export const NO_FRAME: u64 = ~0;

export function p2mList(): usize {
  return p2m;
}
/** Pages that the domain may have. */
export function p2mLength(): usize {
  return p2mEntries;
}

export function setP2m(list: usize, entries: usize): void {
  p2m = list;
  p2mEntries = entries;
}

/** The machine frame of a page; the top bit is set where there is none. */
export function mfnOf(page: usize): u64 {
  assert(page >> PAGE_SHIFT < p2mEntries, 'not a page of this domain');
  return load<u64>(p2m + (page >> PAGE_SHIFT) * 8);
}

/** Whether a page has a frame: not in the balloon. */
export function pageExists(page: usize): bool {
  return mfnOf(page) >> 63 == 0;
}

/** Says which machine frame a page has now: the balloon, a resume. */
export function setMfn(page: usize, mfn: u64): void {
  store<u64>(p2m + (page >> PAGE_SHIFT) * 8, mfn);
}

/** The page of one of our own machine frames. */
export function pageOf(mfn: u64): usize {
  return (<usize>load64(<u64>MACH2PHYS_VIRT_START + mfn * 8)) << PAGE_SHIFT;
}

/** The page that a table's entry refers to. */
// @ts-ignore: decorator
@inline
export function entryPage(entry: u64): usize {
  return pageOf((entry & FRAME_MASK) >> PAGE_SHIFT);
}

/** An entry for a page. */
// @ts-ignore: decorator
@inline
export function makeEntry(page: usize, bits: u64): u64 {
  return (mfnOf(page) << PAGE_SHIFT) | bits;
}

/** The machine address of a byte of linear memory. */
export function machineAddress(address: usize): u64 {
  return (mfnOf(address) << PAGE_SHIFT) | (address & (PAGE_SIZE - 1));
}

/** The index into a table of a level (1 to 4) for a virtual address. */
// @ts-ignore: decorator
@inline
export function tableIndex(va: u64, level: u32): usize {
  return (<usize>(va >> (3 + 9 * level))) & 511;
}

/** Says which L1 table maps the window's span around `address`. */
export function setWindowTable(address: usize, table: usize): void {
  store<usize>(windowTables + ((address >> TABLE_SPAN_SHIFT) << 2), table);
}

/** Where in linear memory the window's L1 entry for a page is. */
export function windowEntry(page: usize): usize {
  const table = load<usize>(windowTables + ((page >> TABLE_SPAN_SHIFT) << 2));
  assert(table != 0, 'the window does not reach there');
  return table + ((page >> PAGE_SHIFT) & 511) * 8;
}

// Requests: first all of mmu_update, then all of mmuext_op.

const MAX_UPDATES: u32 = 512;
const MAX_OPERATIONS: u32 = 16;
const updates: usize = memory.data(16 * 512, 16);
const operations: usize = memory.data(24 * 16, 16);
const calls: usize = memory.data(64 * 2, 16);
let updateCount: u32 = 0;
let operationCount: u32 = 0;

/** Asks for a new value of the entry at `at` of a table in use. It takes effect with `flush`, or before. */
export function updateEntry(at: usize, value: u64): void {
  if (updateCount == MAX_UPDATES || operationCount > 0) flush();
  const request = updates + updateCount++ * mmu_update.SIZE;
  store<u64>(request + mmu_update.ptr, machineAddress(at) | MMU_NORMAL_PT_UPDATE);
  store<u64>(request + mmu_update.val, value);
}

/** Puts a frame of another domain's into an L1 table in use, at once: 0, or a negative errno. */
export function updateForeign(at: usize, value: u64, domid: u32): i32 {
  flush();
  store<u64>(updates + mmu_update.ptr, machineAddress(at) | MMU_NORMAL_PT_UPDATE);
  store<u64>(updates + mmu_update.val, value);
  return HYPERVISOR_mmu_update(updates, 1, domid);
}

/** Asks for an MMUEXT_* operation, to be made after the updates asked for before. */
export function extendedOperation(command: i32, argument: u64): void {
  if (operationCount == MAX_OPERATIONS) flush();
  const request = operations + operationCount++ * mmuext_op.SIZE;
  store<u32>(request + mmuext_op.cmd, command);
  store<u64>(request + mmuext_op.arg1, argument);
}

/** Makes a page read-only in the window: it is to become a table. */
export function protect(page: usize): void {
  updateEntry(windowEntry(page), makeEntry(page, KERNEL_BITS & ~PAGE_WRITE));
}

/** Makes a page ordinary again. The processor may hold the old mapping until it is flushed. */
export function unprotect(page: usize): void {
  updateEntry(windowEntry(page), makeEntry(page, KERNEL_BITS));
}

/** Sends what has been asked for. A refusal is a bug of the kernel's. */
export function flush(): void {
  let failed = 0;
  if (updateCount > 0 && operationCount > 0) failed = flushBoth();
  else if (updateCount > 0) failed = HYPERVISOR_mmu_update(updates, updateCount, DOMID_SELF);
  else if (operationCount > 0) failed = HYPERVISOR_mmuext_op(operations, operationCount, DOMID_SELF);
  updateCount = 0;
  operationCount = 0;
  assert(failed == 0, 'Xen refuses a change of page tables');
}

function flushBoth(): i32 {
  call(calls, NR_mmu_update, updates, updateCount);
  call(calls + multicall_entry.SIZE, NR_mmuext_op, operations, operationCount);
  const failed = HYPERVISOR_multicall(calls, 2);
  if (failed != 0) return failed;
  return (
    (<i32>load<u64>(calls + multicall_entry.result)) |
    (<i32>load<u64>(calls + multicall_entry.SIZE + multicall_entry.result))
  );
}

function call(entry: usize, number: u64, requests: usize, count: u64): void {
  store<u64>(entry + multicall_entry.op, number);
  store<u64>(entry + multicall_entry.args, virtual(requests));
  store<u64>(entry + multicall_entry.args + 8, count);
  store<u64>(entry + multicall_entry.args + 16, 0);
  store<u64>(entry + multicall_entry.args + 24, DOMID_SELF);
}

/** Where the L1 entry for a virtual address is, by way of the tables below `root`. 0: a table is missing. */
export function walk(root: usize, va: u64): usize {
  let table = root;
  for (let level: u32 = 4; level > 1; level--) {
    const entry = load<u64>(table + tableIndex(va, level) * 8);
    if ((entry & PAGE_PRESENT) == 0) return 0;
    table = entryPage(entry);
  }
  return table + tableIndex(va, 1) * 8;
}
