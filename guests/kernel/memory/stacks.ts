/**
 * Stacks for threads: sixteen KiB, below which a page is not mapped. A thread that needs more ends the domain there and
 * then, instead of writing over its neighbour. Some stacks are kept for the next thread: making the guard page takes a
 * hypercall.
 */
import { MMUEXT_TLB_FLUSH_LOCAL } from 'xen';
import { allocatePages, PAGE_SIZE, putPage } from './pages';
import { extendedOperation, flush, unprotect, updateEntry, windowEntry } from './pagetable';

const STACK_PAGES: u32 = 4;
export const STACK_SIZE: usize = <usize>STACK_PAGES * PAGE_SIZE;
const KEPT: i32 = 8;

let kept: usize = 0;
let keptCount: i32 = 0;

/** The lowest byte of a stack; 0: no memory. */
export function allocateStack(): usize {
  if (kept != 0) {
    const stack = kept;
    kept = load<usize>(stack);
    keptCount--;
    return stack;
  }
  const guard = allocatePages(STACK_PAGES + 1);
  if (guard == 0) return 0;
  updateEntry(windowEntry(guard), 0);
  extendedOperation(MMUEXT_TLB_FLUSH_LOCAL, 0);
  flush();
  return guard + PAGE_SIZE;
}

export function freeStack(stack: usize): void {
  if (stack == 0) return;
  if (keptCount < KEPT) {
    store<usize>(stack, kept);
    kept = stack;
    keptCount++;
    return;
  }
  const guard = stack - PAGE_SIZE;
  unprotect(guard);
  flush();
  putPage(guard);
}
