/** Your kernel: it maps a page of its memory at a second address. */
import * as xen from 'xen';
import { initKernel } from 'kernel/boot';
import { print, printHex, printNumber } from 'kernel/console/print';
import { allocatePage } from 'kernel/memory/pages';
import { KERNEL_BITS, mfnOf, PAGE_WRITE, windowEntry } from 'kernel/memory/pagetable';
import { takeSlots } from 'kernel/memory/window';
import { HYPERVISOR_mmuext_op, HYPERVISOR_update_va_mapping } from 'kernel/xen/hypercalls';
import { hypercall2, virtual } from 'kernel/xen/intrinsics';

/** Asks Xen to let the page-table entry of an address name a frame: 0, or why not. */
function map(address: usize, frame: u64, bits: u64): i32 {
  const failed = HYPERVISOR_update_va_mapping(virtual(address), (frame << 12) | bits, xen.UVMF_INVLPG);
  print('Xen says ');
  printNumber(failed);
  print('\n');
  return failed;
}

/** Asks Xen to check a page as a table of the lowest level, and to hold it as one: 0, or why not. */
function pin(page: usize): i32 {
  const operation: usize = memory.data(24, 8);
  store<u32>(operation + xen.mmuext_op.cmd, xen.MMUEXT_PIN_L1_TABLE);
  store<u64>(operation + xen.mmuext_op.arg1, mfnOf(page));
  const failed = HYPERVISOR_mmuext_op(operation, 1, xen.DOMID_SELF);
  print('pinned: ');
  printNumber(failed);
  print('\n');
  return failed;
}

export function main(): void {
  initKernel();
  // A page of our memory, and an address at which there is nothing.
  const page = allocatePage();
  const place = takeSlots(1);
  store<u64>(page, 0x5eed);

  if (map(place, page >> 12, KERNEL_BITS) == 0) {
    print('there is ');
    printHex(load<u64>(place));
    print('\n');
  }

  for (;;) hypercall2(xen.HYPERVISOR_sched_op, xen.SCHEDOP_block, 0);
}
