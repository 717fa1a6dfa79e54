/** Your kernel: it writes where there is no memory, and is to bring some when that happens. */
import * as xen from 'xen';
import { initKernel } from 'kernel/boot';
import { print, printHex } from 'kernel/console/print';
import { allocatePage, PAGE_SIZE } from 'kernel/memory/pages';
import { flush, KERNEL_BITS, makeEntry, PAGE_WRITE, updateEntry, windowEntry } from 'kernel/memory/pagetable';
import { SHARED_INFO, takeSlots } from 'kernel/memory/window';
import { setTrapHandler } from 'kernel/traps/traps';
import { TrapFrame, VECTOR_PF } from 'kernel/xen/frame';
import { hypercall2, window } from 'kernel/xen/intrinsics';

/** Where Xen says which address could not be used. */
const CR2: usize = SHARED_INFO + xen.shared_info.vcpu_info + xen.vcpu_info.arch_cr2;

/** Lets a page of addresses be a page of memory, with these rights. */
function map(at: usize, page: usize, bits: u64): void {
  updateEntry(windowEntry(at), makeEntry(page, bits));
  flush();
}

/** The processor could not use an address. When this returns, it tries again. */
function onFault(frame: TrapFrame): void {
  const address = <usize>(load<u64>(CR2) - window());
  const at = address & ~(PAGE_SIZE - 1);
  print('fault at ');
  printHex(address);
  print('\n');
}

export function main(): void {
  initKernel();
  // Eight pages of addresses, at which there is nothing.
  const place = takeSlots(8);

  store<u64>(place, 0x5eed);
  print('written: ');
  printHex(load<u64>(place));
  print('\n');

  for (;;) hypercall2(xen.HYPERVISOR_sched_op, xen.SCHEDOP_block, 0);
}
