/** Your kernel: Build & boot makes /lab/mine.elf of it, and domain 0 a domain of that. */
import * as xen from 'xen';
import { initKernel } from 'kernel/boot';
import { print, printBytes, printNumber } from 'kernel/console/print';
import { hypercall2, virtual } from 'kernel/xen/intrinsics';

/** Room for what Xen answers: an address of the kernel's own memory. */
const answer: usize = memory.data(1024, 8);

export function main(): void {
  initKernel();
  print('My kernel is up.\n');

  for (;;) {}
}
