/**
 * Page tables: what Xen lets a guest do with them, and what it must refuse. A frame is a page table of one level, or
 * writable, or a descriptor page, and never two of these at once; that rule alone keeps domains apart.
 */
import * as xen from 'xen';
import {
  DOMID_SELF,
  MMU_MACHPHYS_UPDATE,
  MMU_NORMAL_PT_UPDATE,
  mmu_update,
  mmuext_op,
  xen_machphys_mfn_list,
} from 'xen';
import { initKernel } from 'kernel/boot';
import {
  HYPERVISOR_memory_op,
  HYPERVISOR_mmu_update,
  HYPERVISOR_mmuext_op,
  HYPERVISOR_update_va_mapping,
} from 'kernel/xen/hypercalls';
import { load64, virtual } from 'kernel/xen/intrinsics';
import { allocatePage, PAGE_SHIFT, PAGE_SIZE } from 'kernel/memory/pages';
import { entryPage, flush, KERNEL_BITS, machineAddress, makeEntry, mfnOf } from 'kernel/memory/pagetable';
import {
  PAGE_PRESENT,
  PAGE_SUPER,
  PAGE_WRITE,
  pageOf,
  protect,
  TABLE_BITS,
  tableIndex,
} from 'kernel/memory/pagetable';
import { unprotect, walk, windowEntry } from 'kernel/memory/pagetable';
import { kernelRoot } from 'kernel/memory/window';
import { check, checkNumber, finish } from '../check';

const READ_ONLY: u64 = KERNEL_BITS & ~PAGE_WRITE;
/** Slots 256 to 271 of a root table are Xen's. */
const XEN_SLOT: usize = 256;
const LINEAR_SLOT: usize = 300;
/** A frame behind the machine's last one. */
const NO_FRAME: u64 = 0xff_ffff_f000;

const request: usize = memory.data(32, 8);
const done: usize = memory.data(8, 8);

export function main(): void {
  initKernel();
  ownPages();
  tablesAreNotWritable();
  frames();
  xensOwn();
  pins();
  levels();
  descriptors();
  machineToPhysical();
  linear();
  finish();
}

function update(at: usize, value: u64): i32 {
  store<u64>(request + mmu_update.ptr, machineAddress(at) | MMU_NORMAL_PT_UPDATE);
  store<u64>(request + mmu_update.val, value);
  return HYPERVISOR_mmu_update(request, 1, DOMID_SELF);
}

function extended(command: i32, first: u64, second: u64 = 0): i32 {
  store<u32>(request + mmuext_op.cmd, command);
  store<u64>(request + mmuext_op.arg1, first);
  store<u64>(request + mmuext_op.arg2, second);
  return HYPERVISOR_mmuext_op(request, 1, DOMID_SELF);
}

/** The kernel's table of a level that maps an address of linear memory. */
function tableOf(address: usize, level: u32): usize {
  let table = kernelRoot();
  for (let above: u32 = 4; above > level; above--)
    table = entryPage(load<u64>(table + tableIndex(virtual(address), above) * 8));
  return table;
}

function newPage(): usize {
  const page = allocatePage();
  memory.fill(page, 0, PAGE_SIZE);
  return page;
}

function ownPages(): void {
  const page = newPage();
  const other = newPage();
  store<u64>(other, 77);
  checkNumber('a page may be mapped read-only', update(windowEntry(page), makeEntry(page, READ_ONLY)), 0);
  checkNumber('and writable again', update(windowEntry(page), makeEntry(page, KERNEL_BITS)), 0);
  checkNumber(
    'and another one in its place',
    HYPERVISOR_update_va_mapping(virtual(page), makeEntry(other, KERNEL_BITS), xen.UVMF_INVLPG),
    0,
  );
  checkNumber('which is seen there', load<u64>(page), 77);
  checkNumber('or nothing', HYPERVISOR_update_va_mapping(virtual(page), 0, xen.UVMF_INVLPG), 0);
  unprotect(page);
  flush();
  checkNumber(
    'a place that no table maps',
    HYPERVISOR_update_va_mapping(0x5000_0000_0000, makeEntry(page, KERNEL_BITS), 0),
    -xen.EINVAL,
  );
  store<u64>(request + mmu_update.ptr, machineAddress(other) | MMU_NORMAL_PT_UPDATE);
  store<u64>(request + mmu_update.val, 99);
  checkNumber('an update of what is no table', HYPERVISOR_mmu_update(request, 1, DOMID_SELF), 0);
  checkNumber('is a plain store', load<u64>(other), 99);
}

function tablesAreNotWritable(): void {
  const page = newPage();
  const entry = windowEntry(page);
  const names: StaticArray<string> = ['L1', 'L2', 'L3', 'L4'];
  for (let level: u32 = 1; level <= 4; level++) {
    const table = tableOf(page, level);
    const name = names[level - 1];
    checkNumber(name + ' table, mapped writable', update(entry, makeEntry(table, KERNEL_BITS)), -xen.EBUSY);
    checkNumber(name + ' table, mapped read-only', update(entry, makeEntry(table, READ_ONLY)), 0);
  }
  unprotect(page);
  flush();
}

function frames(): void {
  const page = newPage();
  const entry = windowEntry(page);
  checkNumber('a frame that does not exist', update(entry, NO_FRAME | KERNEL_BITS), -xen.EPERM);
  checkNumber("Xen's own frame", update(entry, (xenFrame() << PAGE_SHIFT) | READ_ONLY), -xen.EBUSY);
  checkNumber('and writable', update(entry, (xenFrame() << PAGE_SHIFT) | KERNEL_BITS), -xen.EBUSY);
  checkNumber('an entry not at a multiple of eight', update(entry + 4, 0), -xen.ENOSYS);
  store<u64>(request + mmu_update.ptr, NO_FRAME);
  checkNumber(
    'a table in a frame that does not exist',
    HYPERVISOR_mmu_update(request, 1, DOMID_SELF),
    -xen.EINVAL,
  );
  checkNumber(
    'updates for a domain that is not there',
    HYPERVISOR_mmu_update(request, 1, 0x7000),
    -xen.ESRCH,
  );
  unprotect(page);
  flush();
}

/** A frame of Xen's own: the first one of the M2P. */
function xenFrame(): u64 {
  store<u32>(request + xen_machphys_mfn_list.max_extents, 1);
  store<u64>(request + xen_machphys_mfn_list.extent_start, virtual(done));
  HYPERVISOR_memory_op(xen.XENMEM_machphys_mfn_list, request);
  return load<u64>(done);
}

function xensOwn(): void {
  const root = kernelRoot();
  const table = newPage();
  protect(table);
  flush();
  checkNumber(
    "Xen's slot of the root",
    update(root + XEN_SLOT * 8, makeEntry(table, TABLE_BITS)),
    -xen.EINVAL,
  );
  checkNumber('and even emptied', update(root + XEN_SLOT * 8, 0), -xen.EINVAL);
  checkNumber('one of our own', update(root + LINEAR_SLOT * 8, makeEntry(table, TABLE_BITS)), 0);
  checkNumber('emptied', update(root + LINEAR_SLOT * 8, 0), 0);
  const m2p: u64 = xen.MACH2PHYS_VIRT_START;
  checkNumber(
    "M2P's mapping",
    HYPERVISOR_update_va_mapping(m2p, makeEntry(table, KERNEL_BITS), 0),
    -xen.EINVAL,
  );
  checkNumber('M2P can be read', load64(m2p + mfnOf(table) * 8), table >> PAGE_SHIFT);
}

function pins(): void {
  const page = newPage();
  checkNumber(
    'a page that is mapped writable, pinned',
    extended(xen.MMUEXT_PIN_L1_TABLE, mfnOf(page)),
    -xen.EINVAL,
  );
  protect(page);
  flush();
  checkNumber('read-only', extended(xen.MMUEXT_PIN_L1_TABLE, mfnOf(page)), 0);
  checkNumber('pinned twice', extended(xen.MMUEXT_PIN_L1_TABLE, mfnOf(page)), -xen.EINVAL);
  checkNumber('as another level', extended(xen.MMUEXT_PIN_L2_TABLE, mfnOf(page)), -xen.EINVAL);
  checkNumber(
    'a pinned table, mapped writable',
    update(windowEntry(page), makeEntry(page, KERNEL_BITS)),
    -xen.EBUSY,
  );
  checkNumber('unpinned', extended(xen.MMUEXT_UNPIN_TABLE, mfnOf(page)), 0);
  checkNumber('unpinned twice', extended(xen.MMUEXT_UNPIN_TABLE, mfnOf(page)), -xen.EINVAL);
  checkNumber('then mapped writable', update(windowEntry(page), makeEntry(page, KERNEL_BITS)), 0);
  checkNumber('an ordinary page as the root', extended(xen.MMUEXT_NEW_BASEPTR, mfnOf(page)), -xen.EINVAL);
  checkNumber('and as that of user mode', extended(xen.MMUEXT_NEW_USER_BASEPTR, mfnOf(page)), -xen.EINVAL);
  checkNumber('an operation that does not exist', extended(99, 0), -xen.ENOSYS);
}

function levels(): void {
  const l1 = newPage();
  protect(l1);
  flush();
  const root = kernelRoot();
  const l2 = tableOf(l1, 2);
  const free = l2 + 8 * freeIndex(l2);
  checkNumber('an L1 table as the entry of an L2', update(free, makeEntry(l1, TABLE_BITS)), 0);
  checkNumber('it has one type only', update(root + LINEAR_SLOT * 8, makeEntry(l1, TABLE_BITS)), -xen.EINVAL);
  checkNumber('a superpage', update(free, makeEntry(l1, TABLE_BITS | PAGE_SUPER)), -xen.EINVAL);
  checkNumber('the entry emptied', update(free, 0), 0);
  const bad = newPage();
  store<u64>(bad, NO_FRAME | KERNEL_BITS);
  protect(bad);
  flush();
  checkNumber('a table with an entry that must not be', update(free, makeEntry(bad, TABLE_BITS)), -xen.EPERM);
  const self = newPage();
  store<u64>(self, makeEntry(self, KERNEL_BITS));
  protect(self);
  flush();
  checkNumber('a table that maps itself writable', update(free, makeEntry(self, TABLE_BITS)), -xen.EBUSY);
  checkNumber('the entry is empty still', load<u64>(free), 0);
}

function freeIndex(table: usize): usize {
  let index: usize = 0;
  while (load<u64>(table + index * 8) & PAGE_PRESENT) index++;
  return index;
}

function descriptors(): void {
  const page = newPage();
  checkNumber('an LDT in a page that is mapped writable', extended(xen.MMUEXT_SET_LDT, virtual(page), 8), 0);
  checkNumber(
    'an LDT that begins within a page',
    extended(xen.MMUEXT_SET_LDT, virtual(page) + 8, 8),
    -xen.EINVAL,
  );
  checkNumber('an LDT with too many entries', extended(xen.MMUEXT_SET_LDT, virtual(page), 8193), -xen.EINVAL);
  checkNumber('none', extended(xen.MMUEXT_SET_LDT, 0, 0), 0);
}

function machineToPhysical(): void {
  const page = newPage();
  store<u64>(request + mmu_update.ptr, (mfnOf(page) << PAGE_SHIFT) | MMU_MACHPHYS_UPDATE);
  store<u64>(request + mmu_update.val, 4321);
  checkNumber("our own frame's place in M2P", HYPERVISOR_mmu_update(request, 1, DOMID_SELF), 0);
  checkNumber('is what we say', pageOf(mfnOf(page)) >> PAGE_SHIFT, 4321);
  store<u64>(request + mmu_update.val, page >> PAGE_SHIFT);
  HYPERVISOR_mmu_update(request, 1, DOMID_SELF);
  store<u64>(request + mmu_update.ptr, (xenFrame() << PAGE_SHIFT) | MMU_MACHPHYS_UPDATE);
  checkNumber("that of somebody else's", HYPERVISOR_mmu_update(request, 1, DOMID_SELF), -xen.EINVAL);
}

function linear(): void {
  const root = kernelRoot();
  const entry = root + LINEAR_SLOT * 8;
  checkNumber('the root within itself, writable', update(entry, makeEntry(root, TABLE_BITS)), -xen.EINVAL);
  checkNumber('and read-only', update(entry, makeEntry(root, TABLE_BITS & ~PAGE_WRITE)), 0);
  const va: u64 = 0xffff_0000_0000_0000 | ((<u64>LINEAR_SLOT) << 39);
  const at = va + ((virtual(root) & 0xffff_ffff_ffff) >> PAGE_SHIFT) * 8;
  check('shows the tables', load64(at) == load<u64>(walk(root, virtual(root))));
  checkNumber('and is emptied', update(entry, 0), 0);
  check('the root is as it was', load<u64>(entry) == 0);
}
