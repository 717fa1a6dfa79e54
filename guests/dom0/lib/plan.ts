/**
 * Where everything of a new domain goes, as Xen's toolstack puts it (libxc, xg_dom_core.c, xg_dom_x86.c): pages from pfn 0
 * on, mapped from the virtual base: the kernel at its place, [the ramdisk,] [the p2m list,] start info, the rings of store
 * and console, page tables, the boot stack; the mapping ends at a boundary of 4 MiB, with half a MiB free at least. Behind
 * it, and not mapped there: the ramdisk of a kernel that finds it by pfn, and the p2m list that has a place of its own, with
 * the tables for that.
 */
import { Kernel } from './kernel';
import { Mapping } from './mapping';
import { PAGE_BYTES } from './pages';

/** Start info, the rings of store and console. */
const MAGIC_PAGES: u64 = 3;
const MAPPING_ALIGN: u64 = 4 << 20;
const SLACK_PAGES: u64 = 128;
/** More than what the first mapping has besides, but for a part of its size. */
const TABLES_AND_SLACK: u64 = 2048;

/** All places are pfns. */
export class Plan {
  ramdisk: u64 = 0;
  ramdiskPages: u64 = 0;
  p2m: u64 = 0;
  /** With the tables that map the list where it has a place of its own. */
  p2mPages: u64 = 0;
  startInfo: u64 = 0;
  xenstore: u64 = 0;
  console: u64 = 0;
  tables: u64 = 0;
  bootStack: u64 = 0;
  /** Pages that it takes. */
  pages: u64 = 0;
  /** The p2m list's own. */
  own: Mapping | null = null;

  /** For a domain of `pages` pages; null: it has not enough of them, or of addresses. */
  static of(kernel: Kernel, ramdiskBytes: u64, pages: u64): Plan | null {
    const things = pagesOf(kernel.end) + pagesOf(ramdiskBytes) + pagesOf(pages * 8);
    if (things >= pages || (things + things / 256 + TABLES_AND_SLACK) * PAGE_BYTES > kernel.room) return null;
    let tables = pagesOf(kernel.end) + MAGIC_PAGES;
    if (!kernel.takesUnmappedRamdisk) tables += pagesOf(ramdiskBytes);
    if (!kernel.hasOwnP2m) tables += pagesOf(pages * 8);
    const plan = new Plan(firstMapping(kernel.virtBase, tables), kernel, ramdiskBytes, pages);
    return plan.pages <= pages ? plan : null;
  }

  private constructor(
    public first: Mapping,
    kernel: Kernel,
    ramdiskBytes: u64,
    pages: u64,
  ) {
    let next = pagesOf(kernel.end);
    const listPages = pagesOf(pages * 8);
    this.ramdiskPages = pagesOf(ramdiskBytes);
    if (!kernel.takesUnmappedRamdisk) {
      this.ramdisk = next;
      next += this.ramdiskPages;
    }
    if (!kernel.hasOwnP2m) {
      this.p2m = next;
      this.p2mPages = listPages;
      next += listPages;
    }
    this.startInfo = next;
    this.xenstore = next + 1;
    this.console = next + 2;
    this.tables = next + MAGIC_PAGES;
    this.bootStack = this.tables + first.tables;
    next = (first.to + 1 - first.from) / PAGE_BYTES;
    if (kernel.takesUnmappedRamdisk) {
      this.ramdisk = next;
      next += this.ramdiskPages;
    }
    if (kernel.hasOwnP2m) {
      const at = kernel.p2mBase;
      const own = new Mapping(at, at + listPages * PAGE_BYTES - 1, next, next + listPages, first);
      this.own = own;
      this.p2m = next;
      this.p2mPages = listPages + own.tables;
      next += this.p2mPages;
    }
    this.pages = next;
  }

  /** Whether a page is a page table, which may be mapped read-only alone. */
  isTable(pfn: u64): bool {
    const own = this.own;
    return this.first.hasTable(pfn) || (own != null && own.hasTable(pfn));
  }
}

/** From the virtual base to a boundary that leaves room for its own tables, from `tables` on, the boot stack and some slack. */
function firstMapping(virtBase: u64, tables: u64): Mapping {
  let wanted = 1 + SLACK_PAGES;
  while (true) {
    const used = virtBase + (tables + wanted) * PAGE_BYTES;
    const end = (used / MAPPING_ALIGN + 1) * MAPPING_ALIGN - 1;
    const mapping = new Mapping(virtBase, end, 0, tables, null);
    wanted = mapping.tables + 1 + SLACK_PAGES;
    if (virtBase + (tables + wanted) * PAGE_BYTES <= end + 1) return mapping;
  }
}

export function pagesOf(bytes: u64): u64 {
  return (bytes + PAGE_BYTES - 1) / PAGE_BYTES;
}
