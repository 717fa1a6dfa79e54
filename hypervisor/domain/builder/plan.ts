/**
 * Where everything of a new PV domain goes, decided before a byte is written. The order and the rules are those of Xen's
 * toolstack (libxc, xg_dom_core.c xc_dom_build_image and xg_dom_x86.c), so that a kernel finds what it finds there.
 *
 * Pseudo-physical memory from pfn 0, mapped from the virtual base: the kernel at its place, [the ramdisk,] [the p2m list,]
 * start info, xenstore ring, console ring, page tables, boot stack, then unused pages to the end of the initial mapping (a
 * 4 MiB boundary); behind it, unmapped, the ramdisk, and the p2m list with its page tables where it has its own place.
 */
import { low48 } from './addresses.ts';
import { ImageError } from './image-error.ts';
import { hex } from './image-reader.ts';
import type { KernelAddresses } from './kernel.ts';
import { LEVELS, type Mapping, planMapping, tableSpan } from './mapping.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';

const P2M_ENTRY_BYTES = 8;
/** The initial mapping ends on such a boundary, with this much free behind the last thing in it. */
const MAPPING_ALIGN_BYTES = 4 * 2 ** 20;
const MAPPING_SLACK_PAGES = (512 * 1024) / PAGE_BYTES;
const BOOT_STACK_PAGES = 1;

/** A range of pages with a name. Virtual addresses are signed; `virtEnd` is behind the last byte in use. */
export interface Segment {
  readonly name: string;
  readonly virtStart: number;
  readonly virtEnd: number;
  readonly pfn: number;
  readonly pages: number;
}

/** What was decided, one thing after the other, for people to read. */
export type Step =
  | { readonly kind: 'segment'; readonly segment: Segment }
  | { readonly kind: 'page'; readonly segment: Segment }
  | {
      readonly kind: 'tables';
      readonly mask: number;
      readonly bits: number;
      readonly from: number;
      readonly to: number;
      readonly tables: number;
    }
  | { readonly kind: 'end'; readonly name: string; readonly va: number };

export interface Plan {
  readonly memoryPages: number;
  readonly kernel: Segment;
  readonly startInfo: Segment;
  readonly xenstore: Segment;
  readonly console: Segment;
  readonly pageTables: Segment;
  readonly bootStack: Segment;
  readonly ramdisk: Segment | undefined;
  /** Whether the ramdisk lies behind the initial mapping, to be found by pfn. */
  readonly ramdiskIsUnmapped: boolean;
  /** Its pages include the tables that map it where it has a place of its own. */
  readonly p2m: Segment;
  readonly p2mHasOwnMapping: boolean;
  readonly mappings: readonly Mapping[];
  readonly steps: readonly Step[];
}

/** What segments are called where somebody has to make them fit; elsewhere they have the toolstack's names. */
const plainNames: Readonly<Record<string, string>> = {
  padding: 'space below the kernel',
  module0: 'ramdisk',
  phys2mach: 'p2m list',
};

/** Hands out the domain's pages in order. */
class Allocator {
  readonly steps: Step[] = [];
  readonly memoryPages: number;
  readonly virtBase: number;
  pfn = 0;

  constructor(memoryPages: number, virtBase: number) {
    this.memoryPages = memoryPages;
    this.virtBase = virtBase;
  }

  /** The virtual address of the next page, were it mapped from the virtual base. */
  get va(): number {
    return this.virtBase + this.pfn * PAGE_BYTES;
  }

  private take(name: string, bytes: number): Segment {
    const pages = Math.ceil(bytes / PAGE_BYTES);
    if (pages > this.memoryPages - this.pfn) {
      const wanted = `the ${plainNames[name] ?? name} needs ${String(pages)} pages from pfn ${hex(this.pfn)} on`;
      throw new ImageError('does not fit', `${wanted}, the domain has ${String(this.memoryPages)}`);
    }
    const segment = { name, virtStart: this.va, virtEnd: this.va + bytes, pfn: this.pfn, pages };
    this.pfn += pages;
    return segment;
  }

  /** Leaves pages unused up to the virtual address `boundary`. */
  padTo(boundary: number): void {
    this.take('padding', boundary - this.va);
  }

  segment(name: string, bytes: number): Segment {
    const segment = this.take(name, bytes);
    this.steps.push({ kind: 'segment', segment });
    return segment;
  }

  page(name: string): Segment {
    const segment = this.take(name, PAGE_BYTES);
    this.steps.push({ kind: 'page', segment });
    return segment;
  }

  noteMapping(mapping: Mapping): void {
    for (let level = LEVELS - 2; level >= 0; level--) {
      const { from, to, tables } = mapping.levels[level]!;
      const span = tableSpan(level);
      this.steps.push({ kind: 'tables', mask: span - 1, bits: Math.log2(span), from, to, tables });
    }
  }
}

/** The mapping from the virtual base to a boundary that leaves room for its own tables, the boot stack and some slack. */
function planInitialMapping({ virtBase, memoryPages, pfn: tablesPfn }: Allocator): Mapping {
  const base = low48(virtBase);
  const va = base + tablesPfn * PAGE_BYTES;
  const slackPages = BOOT_STACK_PAGES + MAPPING_SLACK_PAGES;
  for (let pages = slackPages; ;) {
    const end = (Math.floor((va + pages * PAGE_BYTES) / MAPPING_ALIGN_BYTES) + 1) * MAPPING_ALIGN_BYTES;
    const mappedPages = (end - base) / PAGE_BYTES;
    if (mappedPages > memoryPages) {
      const wanted = `the initial mapping needs ${String(mappedPages)} pages`;
      throw new ImageError('does not fit', `${wanted}, the domain has ${String(memoryPages)}`);
    }
    if (end > (virtBase < 0 ? 2 ** 48 : 2 ** 47))
      throw new ImageError('does not fit', 'the initial mapping passes the end of the address space');
    const range = { from: virtBase, to: virtBase + mappedPages * PAGE_BYTES - 1, pfn: 0 };
    const mapping = planMapping(range, tablesPfn, []);
    pages = mapping.tables + slackPages;
    if (va + pages * PAGE_BYTES <= end) return mapping;
  }
}

/** The p2m list at its own place: its pages, and behind them the tables that map them there. */
function planOwnP2m(
  allocator: Allocator,
  p2mBase: number,
  first: Mapping,
): { p2m: Segment; mapping: Mapping } {
  const pages = Math.ceil((allocator.memoryPages * P2M_ENTRY_BYTES) / PAGE_BYTES);
  const range = { from: p2mBase, to: p2mBase + pages * PAGE_BYTES - 1, pfn: allocator.pfn };
  const mapping = planMapping(range, allocator.pfn + pages, [first]);
  allocator.noteMapping(mapping);
  const segment = allocator.segment('phys2mach', (pages + mapping.tables) * PAGE_BYTES);
  return { p2m: { ...segment, virtStart: p2mBase, virtEnd: p2mBase + segment.pages * PAGE_BYTES }, mapping };
}

/**
 * Lays out a domain of `memoryPages` pages for a kernel and a ramdisk of `ramdiskBytes` (undefined for none). Throws
 * ImageError where they do not fit.
 */
export function planDomain(
  kernel: KernelAddresses,
  memoryPages: number,
  ramdiskBytes: number | undefined,
): Plan {
  const allocator = new Allocator(memoryPages, kernel.virtBase);
  allocator.padTo(kernel.virtStart);
  const kernelSegment = allocator.segment('kernel', kernel.virtEnd - kernel.virtStart);
  const isUnmapped = ramdiskBytes !== undefined && kernel.takesUnmappedRamdisk;
  const planRamdisk = (wanted: boolean) =>
    wanted && ramdiskBytes !== undefined ? allocator.segment('module0', ramdiskBytes) : undefined;
  const mappedRamdisk = planRamdisk(!isUnmapped);
  const { p2mBase } = kernel;
  const mappedP2m =
    p2mBase === undefined ? allocator.segment('phys2mach', memoryPages * P2M_ENTRY_BYTES) : undefined;
  const startInfo = allocator.page('start info');
  const xenstore = allocator.page('xenstore');
  const console = allocator.page('console');
  const first = planInitialMapping(allocator);
  allocator.noteMapping(first);
  const pageTables = allocator.segment('page tables', first.tables * PAGE_BYTES);
  const bootStack = allocator.page('boot stack');
  const mappingEnd = kernel.virtBase + (first.to + 1 - first.from);
  allocator.steps.push({ kind: 'end', name: 'virt_alloc_end', va: allocator.va });
  allocator.steps.push({ kind: 'end', name: 'virt_pgtab_end', va: mappingEnd });
  allocator.padTo(mappingEnd);
  const ramdisk = mappedRamdisk ?? planRamdisk(isUnmapped);
  const own = p2mBase === undefined ? undefined : planOwnP2m(allocator, p2mBase, first);
  return {
    ...{ memoryPages, kernel: kernelSegment, startInfo, xenstore, console, pageTables, bootStack },
    ...{ ramdisk, ramdiskIsUnmapped: isUnmapped },
    p2m: (own?.p2m ?? mappedP2m)!,
    p2mHasOwnMapping: own !== undefined,
    mappings: own === undefined ? [first] : [first, own.mapping],
    steps: allocator.steps,
  };
}

/** Whether a page is one of the boot page tables, which may be mapped read-only alone. */
export function isBootPageTable(mappings: readonly Mapping[], pfn: number): boolean {
  return mappings.some(({ tablesPfn, tables }) => pfn >= tablesPfn && pfn < tablesPfn + tables);
}
