/**
 * For the time of a hypercall that a process makes: Xen reads arguments through the page tables that are loaded, the
 * kernel's, and these have nothing in their lower half. So the kernel's root borrows the entries of the process's root.
 */
import { MMUEXT_TLB_FLUSH_LOCAL } from 'xen';
import { extendedOperation, flush, PAGE_PRESENT, updateEntry } from 'kernel/memory/pagetable';
import { kernelRoot } from 'kernel/memory/window';
import { currentSpace } from './process';

const USER_SLOTS: usize = 256;

export function borrowUserHalf(): void {
  const from = currentSpace().root;
  for (let at: usize = 0; at < USER_SLOTS * 8; at += 8) {
    const entry = load<u64>(from + at);
    if ((entry & PAGE_PRESENT) != 0) updateEntry(kernelRoot() + at, entry);
  }
  flush();
}

export function returnUserHalf(): void {
  for (let at: usize = 0; at < USER_SLOTS * 8; at += 8)
    if ((load<u64>(kernelRoot() + at) & PAGE_PRESENT) != 0) updateEntry(kernelRoot() + at, 0);
  extendedOperation(MMUEXT_TLB_FLUSH_LOCAL, 0);
  flush();
}
