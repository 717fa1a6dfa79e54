/**
 * Where everything of a new domain goes, as Xen's toolstack puts it (libxc, xg_dom_core.c): pages from pfn 0 on, mapped from
 * the virtual base: the kernel at its place, the ramdisk, the p2m list, start info, the rings of store and console, page
 * tables, the boot stack; the mapping ends at a boundary of 4 MiB, with half a MiB free at least.
 */
const PAGE: u64 = 4096;
const MAPPING_ALIGN: u64 = 4 << 20;
const SLACK_PAGES: u64 = 128;

export class Plan {
  ramdisk: u64 = 0;
  p2m: u64 = 0;
  startInfo: u64 = 0;
  xenstore: u64 = 0;
  console: u64 = 0;
  tables: u64 = 0;
  /** Page tables by level, the root's first: how many. */
  counts: StaticArray<u64> = new StaticArray<u64>(4);
  tableCount: u64 = 0;
  bootStack: u64 = 0;
  /** Pages that are mapped. */
  mapped: u64 = 0;

  /** All are pfns. `kernelEnd`: bytes from the virtual base. */
  constructor(virtBase: u64, kernelEnd: u64, ramdiskBytes: u64, pages: u64) {
    this.ramdisk = pagesOf(kernelEnd);
    this.p2m = this.ramdisk + pagesOf(ramdiskBytes);
    this.startInfo = this.p2m + pagesOf(pages * 8);
    this.xenstore = this.startInfo + 1;
    this.console = this.xenstore + 1;
    this.tables = this.console + 1;
    let wanted = 1 + SLACK_PAGES;
    do {
      const end = virtBase + (this.tables + wanted) * PAGE;
      this.mapped = (((end / MAPPING_ALIGN + 1) * MAPPING_ALIGN - virtBase) / PAGE) & 0x000f_ffff_ffff_ffff;
      this.count(virtBase);
      wanted = this.tableCount + 1 + SLACK_PAGES;
    } while (this.tables + wanted > this.mapped);
    this.bootStack = this.tables + this.tableCount;
  }

  private count(virtBase: u64): void {
    const last = virtBase + this.mapped * PAGE - 1;
    this.tableCount = 0;
    for (let index = 0; index < 4; index++) {
      // A table of the root's level covers all, one of the next 2^39 bytes, and so on.
      const shift: u64 = 48 - 9 * <u64>index;
      this.counts[index] = index == 0 ? 1 : (last >> shift) - (virtBase >> shift) + 1;
      this.tableCount += this.counts[index];
    }
  }
}

export function pagesOf(bytes: u64): u64 {
  return (bytes + PAGE - 1) / PAGE;
}
