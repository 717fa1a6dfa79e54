/** A Linux kernel's image, as it stands in its memory. */
import { PAGE_BYTES } from '../../../hypervisor/memory/pages.ts';
import type { KernelMemory } from './memory.ts';

/** Where it is mapped (Documentation/arch/x86/x86_64/mm.rst), sign-interpreted, and how far it may reach. */
export const LINUX_KERNEL = -0x7f00_0000;
const MOST_PAGES = (128 * 2 ** 20) / PAGE_BYTES;

/** What is mapped from there on, without gaps; empty: nothing is. */
export function linuxImage(memory: KernelMemory): Uint8Array {
  const pages: Uint8Array[] = [];
  for (let page = memory.page(LINUX_KERNEL); page !== null && pages.length < MOST_PAGES;)
    page = memory.page(LINUX_KERNEL + pages.push(page) * PAGE_BYTES);
  const image = new Uint8Array(pages.length * PAGE_BYTES);
  for (const [n, page] of pages.entries()) image.set(page, n * PAGE_BYTES);
  return image;
}
