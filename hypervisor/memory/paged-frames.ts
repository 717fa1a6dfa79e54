/**
 * Frames whose contents are elsewhere, and come later (post-copy; compare mem_paging of Xen's, which is for HVM domains: arch/x86/mm/
 * mem_paging.c, p2m_mem_paging_populate). The domain has the frame, and its own page tables name it; whoever reaches for what is in it
 * waits: its vcpus at their instruction (the processor stops there), or with their hypercall, which is made again.
 *
 *   5. A frame that is PGC_PAGED is an ordinary page: allocated, writable if anything. Nobody but its owner's page tables refers to it.
 */
import { ENOENT } from '../abi/errno.ts';
import type { FrameTable } from './frame-table.ts';
import { PGC_ALLOCATED, PGC_PAGED, PGC_PAGING_IN, PGC_XEN_HEAP, PGT_PINNED } from './frame-table.ts';
import { PGT_WRITABLE_PAGE } from './frame-table.ts';
import { getM2p } from './m2p.ts';
import { PAGE_BYTES } from './pages.ts';
import { rawMemory } from './raw-memory.ts';
import { refuseFrame } from './refusals.ts';

/** Of a domain that has such frames. */
export class PagedFrames {
  /** How many there are. */
  count = 0;
  /** Those that somebody waits for and the pager has not been told of, in their order. */
  asked: number[] = [];
  /** The domain that brings them, and the port of its own that tells it. */
  readonly pager: number;
  readonly port: number;

  constructor(pager: number, port: number) {
    this.pager = pager;
    this.port = port;
  }
}

export function isPaged(table: FrameTable, mfn: number): boolean {
  return (table.flags[mfn]! & PGC_PAGED) !== 0;
}

/** What is in a frame is elsewhere from now on. False: it is none of the domain's ordinary pages, or has gone already. */
export function pageOut(table: FrameTable, mfn: number, domain: number, paged: PagedFrames): boolean {
  if (!(mfn < table.frames) || table.owner[mfn] !== domain) return false;
  const flags = table.flags[mfn]!;
  if ((flags & (PGC_ALLOCATED | PGC_XEN_HEAP | PGT_PINNED | PGC_PAGED)) !== PGC_ALLOCATED) return false;
  if (table.typeCount[mfn] !== 0 && table.type[mfn] !== PGT_WRITABLE_PAGE) return false;
  table.flags[mfn] = flags | PGC_PAGED;
  table.memory.setPaged(mfn, true);
  paged.count++;
  tell(table, mfn, 'evict');
  return true;
}

/** What is in a frame has come. False: nobody waits for it any more, for the domain has given the frame away. */
export function pageIn(table: FrameTable, mfn: number, domain: number, content: Uint8Array): boolean {
  if (!(mfn < table.frames) || table.owner[mfn] !== domain || !isPaged(table, mfn)) return false;
  rawMemory(table).bytes.set(content, mfn * PAGE_BYTES);
  table.memory.wrote(mfn);
  tell(table, mfn, 'prep');
  table.dropPaged(mfn);
  return true;
}

/**
 * Somebody needs what is in a frame, and it is not here: the pager is to be told (`paging.isAsked`). -ENOENT, as Xen says of what is
 * paged out; a hypercall of the owner's is made again when it is here (HypercallContext.mustWait).
 */
export function missPaged(table: FrameTable, mfn: number): number {
  table.paging.missed = mfn;
  ask(table, mfn);
  return refuseFrame(table, -ENOENT, mfn, 'is not here yet');
}

export function ask(table: FrameTable, mfn: number): void {
  const paged = table.owners.get(table.owner[mfn]!)?.paged;
  if (!paged || (table.flags[mfn]! & PGC_PAGING_IN) !== 0) return;
  table.flags[mfn]! |= PGC_PAGING_IN;
  paged.asked.push(mfn);
  table.paging.isAsked = true;
  tell(table, mfn, 'populate');
}

function tell(table: FrameTable, mfn: number, change: 'evict' | 'populate' | 'prep'): void {
  const { trace } = table;
  if (trace.on)
    trace.emit({ kind: 'paging', change, domain: table.owner[mfn]!, mfn, pfn: getM2p(table, mfn) });
}
