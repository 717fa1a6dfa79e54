/** The domain that domain 0 makes here: its id, its pages, and our view of them. */
import { mmu_update } from 'xen';
import { HYPERVISOR_mmu_update } from 'kernel/xen/hypercalls';
import { PAGE_SHIFT, PAGE_SIZE } from 'kernel/memory/pages';
import { KERNEL_BITS, machineAddress, windowEntry } from 'kernel/memory/pagetable';
import { takeSlots } from 'kernel/memory/window';

/** What its pages are for. */
export const CODE: u32 = 0;
export const DATA: u32 = 1;
export const STACK: u32 = 2;
export const L1: u32 = 3;
export const L2: u32 = 4;
export const L3: u32 = 5;
export const L4: u32 = 6;
/** Two of its pages that nothing maps: descriptors. */
export const GDT: u32 = 8;
export const PAGES: u32 = 16;

export const frames: usize = memory.data(8 * 32, 8);
const request: usize = memory.data(64, 8);

let id: u32 = 0;
let slots: usize = 0;

export function takeRoom(): void {
  slots = takeSlots(PAGES);
}

export function made(): u32 {
  return id;
}

export function setMade(domain: u32): void {
  id = domain;
}

export function mfnOf(page: u32): u64 {
  return load<u64>(frames + page * 8);
}

/** Page `page` of the domain, in our window. */
export function at(page: u32): usize {
  return slots + page * PAGE_SIZE;
}

export function map(page: u32, mfn: u64, domid: u32): i32 {
  store<u64>(request + mmu_update.ptr, machineAddress(windowEntry(at(page))));
  store<u64>(request + mmu_update.val, (mfn << PAGE_SHIFT) | KERNEL_BITS);
  return HYPERVISOR_mmu_update(request, 1, domid);
}
