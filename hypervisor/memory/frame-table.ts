/**
 * The frame table: what every machine frame is, who owns it, and how often it is used. Its types and counts are the
 * isolation of paravirtualization (compare struct page_info in Xen's asm-x86/mm.h).
 *
 * The invariant, of each frame f:
 *
 *   1. f is free exactly when its count is 0 and it is no frame of Xen's own. A free frame has no owner, no type, no
 *      type count, no flags, and is on the free list once.
 *   2. count(f) = 1 if f is allocated to its owner
 *      + present L1 entries in validated L1 tables that name f
 *      + present entries of validated L2..L4 tables that name f, but for a table's entries that name the table itself
 *      + 1 if f is pinned
 *      + roots, descriptor tables and grants that hold f (see `References` in state/check.ts).
 *   3. typeCount(f) counts those of them that use f as its type: of a writable page, the writable L1 entries and grants;
 *      of an Ln table, the entries of L(n+1) tables, the entries of other Ln tables (linear ones), the pin and the roots;
 *      of a descriptor page, the slots of GDTs and LDTs. A frame that Xen shares with a domain has 1 more.
 *   4. While typeCount(f) > 0, f is used as its type alone. So a page table or a descriptor page is not writable by its
 *      owner, and every present entry of a table is allowed: its flags, its frame's owner, and its frame's type.
 *
 * `checkFrameTable` (state/check.ts) recounts all of it from the page tables themselves.
 */
import type { ReadonlyView } from '../../core/machine.ts';
import { DOMID_INVALID, DOMID_XEN } from '../abi/xen.ts';
import { bug } from '../bug.ts';
import type { Tracer } from '../trace/tracer.ts';
import type { DomainMemory } from './domain-memory.ts';
import type { PagedFrames } from './paged-frames.ts';
import { PAGE_WORDS } from './pages.ts';
import { rawMemory } from './raw-memory.ts';

/** What a frame is used as. The types are mutually exclusive. */
export const PGT_NONE = 0;
export const PGT_L1_PAGE_TABLE = 1;
// PGT_L2_PAGE_TABLE and PGT_L3_PAGE_TABLE are 2 and 3: of page tables, the type is the level.
export const PGT_L4_PAGE_TABLE = 4;
export const PGT_SEG_DESC_PAGE = 5;
export const PGT_WRITABLE_PAGE = 7;

/** Names of the types, for the trace. */
export const TYPE_NAMES = [
  'none',
  'L1 table',
  'L2 table',
  'L3 table',
  'L4 table',
  'descriptors',
  'shared',
  'writable',
];

/** Flags of a frame. */
/** The owner has not given the frame back: this is worth one count. */
export const PGC_ALLOCATED = 1;
/** Xen's frame, shared with its owner (shared info, grant table): the owner can neither give nor transfer it. */
export const PGC_XEN_HEAP = 2;
/** The owner pinned the frame to its type. */
export const PGT_PINNED = 4;
/** The contents are audited for the type. */
export const PGT_VALIDATED = 8;
/** What is in it is not here (paged-frames.ts), and its pager has been asked for it. */
export const PGC_PAGED = 16;
export const PGC_PAGING_IN = 32;

/** The largest count; a reference that would exceed it is refused. */
const COUNT_MAX = 0x7fff_ffff;
/**
 * `tlbClock` while Xen boots, which gives free all frames that it does not take itself: a free frame with this stamp has been nobody's
 * since, as whoever takes the first of them flushes.
 */
const BOOT_CLOCK = 1;
/** Stamps have 32 bits: what was stamped before the clock begins again is of no flush that is to come. */
const LAST_CLOCK = 0xffff_ffff;
const LONG_AGO = 0;
/** End of the free list. */
const NONE = -1;

/** What the frame table needs of the machine (core/machine.ts). Writers go by guest-frames.ts; memory/ by raw-memory.ts. */
export interface FrameMemory {
  readonly frames: number;
  readonly bytes: ReadonlyView<Uint8Array<ArrayBuffer>>;
  readonly words: ReadonlyView<Uint32Array<ArrayBuffer>>;
  wrote(mfn: number): void;
  setPaged(mfn: number, isPaged: boolean): void;
  readonly processor: { flushTlb(): void; flushTlbPage(va: number): void };
}

/** What the frame table needs of a domain. */
export interface PageOwner {
  readonly id: number;
  /** May map what is not its own, as dom0 does. */
  readonly isPrivileged: boolean;
  /** Frames allocated to the domain. */
  totalPages: number;
  /** VMASST_TYPE_m2p_strict: user address spaces do not see the M2P. */
  readonly m2pStrict: boolean;
  readonly memory: DomainMemory;
  /** Frames of it whose contents are not here, if there may be any. */
  readonly paged: PagedFrames | null;
  /** It was given ports or memory of devices: it may say how what it maps is cached. */
  readonly hasDevices: boolean;
  /** Whether it may map a frame that is no RAM (iomem_access_permitted). */
  mayMapDevice(mfn: number): boolean;
}

/** The state of all frames, the free list, and references; types are changed by page-types.ts. */
export class FrameTable {
  readonly memory: FrameMemory;
  readonly frames: number;
  readonly owners: ReadonlyMap<number, PageOwner>;
  readonly owner: Uint16Array;
  readonly count: Uint32Array;
  readonly type: Uint8Array;
  readonly typeCount: Uint32Array;
  readonly flags: Uint8Array;
  /** Positive: linear entries that the table has; negative: linear entries of other tables that name it. */
  readonly linear: Int16Array;
  /** `tlbClock` when the type count last fell to 0, or the frame was freed: a TLB may hold older translations. */
  readonly stamp: Uint32Array;
  /** Domains that are no more, by id, and how many of their frames others still refer to. */
  readonly remains = new Map<number, number>();
  /** Free frames that are set aside for domains, by id (struct domain's outstanding_pages): nobody else gets so many of them. */
  readonly claims = new Map<number, number>();
  /** The sum of them. */
  outstandingClaims = 0;
  /** Counts full TLB flushes. */
  tlbClock = BOOT_CLOCK;
  /** Free frames, a doubly linked list. */
  private readonly next: Int32Array;
  private readonly previous: Int32Array;
  private firstFree = NONE;
  freeFrames = 0;
  /** First frame of the machine-to-physical table (m2p.ts). */
  m2pFrame = 0;
  /** The L3 table behind L4 slot 256, which maps the machine-to-physical table. */
  m2pL3 = 0;
  /** Xen's segment descriptors, and a page of zeroes: what every vcpu's GDT maps (per-domain.ts). */
  gdtFrame = 0;
  zeroFrame = 0;
  readonly trace: Tracer;
  /** The frame that somebody has needed last and that is not here (-1); whether a pager is to be told. */
  readonly paging = { missed: -1, isAsked: false };

  /** All frames belong to Xen until `release` frees them. */
  constructor(memory: FrameMemory, owners: ReadonlyMap<number, PageOwner>, trace: Tracer) {
    const { frames } = memory;
    this.memory = memory;
    this.trace = trace;
    this.frames = frames;
    this.owners = owners;
    this.owner = new Uint16Array(frames).fill(DOMID_XEN);
    this.count = new Uint32Array(frames);
    this.type = new Uint8Array(frames);
    this.typeCount = new Uint32Array(frames);
    this.flags = new Uint8Array(frames);
    this.linear = new Int16Array(frames);
    this.stamp = new Uint32Array(frames);
    this.next = new Int32Array(frames).fill(NONE);
    this.previous = new Int32Array(frames).fill(NONE);
  }

  /** Takes a reference to a frame if the domain owns it. */
  getPage(mfn: number, domain: number): boolean {
    if (!(mfn < this.frames) || this.owner[mfn] !== domain) return false;
    const count = this.count[mfn]!;
    if (count === 0 || count >= COUNT_MAX) return false;
    this.count[mfn] = count + 1;
    return true;
  }

  /** Takes a reference to a frame, whoever owns it. Gives the owner, or DOMID_INVALID where there is none. */
  getOwnerAndReference(mfn: number): number {
    if (!(mfn < this.frames)) return DOMID_INVALID;
    const count = this.count[mfn]!;
    if (count === 0 || count >= COUNT_MAX) return DOMID_INVALID;
    this.count[mfn] = count + 1;
    return this.owner[mfn]!;
  }

  /** Gives a reference back. The last one frees the frame. */
  putPage(mfn: number): void {
    const count = this.count[mfn]! - 1;
    if (!(count >= 0)) bug(`a reference to frame ${String(mfn)} is given back that nobody holds`);
    this.count[mfn] = count;
    if (count === 0) this.free(mfn);
  }

  /** Takes a free frame for a domain, zeroed, allocated to it with one reference. -1 where there is none. */
  allocate(domain: number): number {
    const mfn = this.firstFree;
    if (mfn === NONE || !this.mayTake(domain, 1)) return NONE;
    this.take(mfn, domain);
    return mfn;
  }

  /** Takes 2^order aligned, contiguous free frames below frame `limit`; gives the first, or -1. */
  allocateExtent(domain: number, order: number, limit: number): number {
    if (order === 0 && limit >= this.frames) return this.allocate(domain);
    const size = 2 ** order;
    if (!this.mayTake(domain, size)) return NONE;
    const top = Math.min(limit, this.frames);
    for (let first = top - (top % size) - size; first >= 0; first -= size) {
      let at = first;
      while (at < first + size && this.isFree(at)) at++;
      if (at < first + size) continue;
      for (let mfn = first; mfn < first + size; mfn++) this.take(mfn, domain);
      return first;
    }
    return NONE;
  }

  /**
   * Takes a frame from its owner that nothing refers to but the owner's allocation: nobody owns it until `unsteal`.
   * False, changing nothing, for any other frame, or one that is not here. The owner's total does not change.
   */
  steal(mfn: number, domain: number): boolean {
    if (!(mfn < this.frames) || this.owner[mfn] !== domain || this.count[mfn] !== 1) return false;
    if ((this.flags[mfn]! & (PGC_ALLOCATED | PGC_XEN_HEAP | PGC_PAGED)) !== PGC_ALLOCATED) return false;
    this.owner[mfn] = DOMID_XEN;
    this.count[mfn] = 0;
    this.flags[mfn] = 0;
    return true;
  }

  /** Gives a stolen frame to a domain. */
  unsteal(mfn: number, domain: number): void {
    if (this.owner[mfn] !== DOMID_XEN || this.count[mfn] !== 0) bug(`frame ${String(mfn)} was not stolen`);
    this.owner[mfn] = domain;
    this.count[mfn] = 1;
    this.flags[mfn] = PGC_ALLOCATED;
  }

  /** The owner gives a frame back; it is freed when nothing refers to it any more. False if it is not the owner's. */
  dropAllocation(mfn: number, domain: number): boolean {
    if (!(mfn < this.frames) || this.owner[mfn] !== domain || this.count[mfn] === 0) return false;
    const flags = this.flags[mfn]!;
    if (flags & PGC_XEN_HEAP) return false;
    if (!(flags & PGC_ALLOCATED)) return true;
    this.flags[mfn] = flags & ~PGC_ALLOCATED;
    this.putPage(mfn);
    return true;
  }

  /** Takes a free frame for Xen itself: no references, no domain can name it. -1 where there is none. */
  allocateForXen(): number {
    const mfn = this.firstFree;
    if (mfn === NONE || !this.mayTake(DOMID_XEN, 1)) return NONE;
    this.unlink(mfn);
    this.scrub(mfn);
    this.owner[mfn] = DOMID_XEN;
    return mfn;
  }

  /** Frees a frame of Xen's own. */
  release(mfn: number): void {
    const shared = this.flags[mfn]! & PGC_XEN_HEAP;
    if (this.count[mfn] !== (shared ? 1 : 0) || this.typeCount[mfn] !== (shared ? 1 : 0))
      bug(`frame ${String(mfn)} of Xen's is freed while it is in use`);
    this.free(mfn);
  }

  /** Makes a frame of Xen's own one that a domain may map: writable or read-only, and never its own to give. */
  shareWithDomain(mfn: number, domain: number, writable: boolean): void {
    if (this.owner[mfn] !== DOMID_XEN || this.count[mfn] !== 0) bug(`frame ${String(mfn)} is not Xen's own`);
    this.owner[mfn] = domain;
    this.count[mfn] = 1;
    this.type[mfn] = writable ? PGT_WRITABLE_PAGE : PGT_NONE;
    this.typeCount[mfn] = 1;
    this.flags[mfn] = PGC_XEN_HEAP | PGC_ALLOCATED | PGT_VALIDATED;
  }

  /** What a frame is in use as: a PGT_* whose contents are audited; PGT_NONE while nobody holds its type. */
  usedAs(mfn: number): number {
    const used = this.typeCount[mfn]! > 0 && (this.flags[mfn]! & PGT_VALIDATED) !== 0;
    return used ? this.type[mfn]! : PGT_NONE;
  }

  isFree(mfn: number): boolean {
    return this.owner[mfn] === DOMID_INVALID;
  }

  /** Drops all translations of all processors. */
  flushTlb(): void {
    if (this.tlbClock === LAST_CLOCK) this.wrapClock();
    else this.tlbClock++;
    if (this.trace.on) this.trace.emit({ kind: 'tlb', what: 'flush', address: 0 });
    this.memory.processor.flushTlb();
  }

  /** As a guest may flush that often: no stamp is to come to be that of a frame that nobody ever had, or of a flush that was not. */
  private wrapClock(): void {
    for (const [mfn, stamp] of this.stamp.entries()) if (stamp !== BOOT_CLOCK) this.stamp[mfn] = LONG_AGO;
    this.tlbClock = BOOT_CLOCK + 1;
  }

  /** Drops the translations of one page. */
  flushTlbPage(va: number): void {
    if (this.trace.on) this.trace.emit({ kind: 'tlb', what: 'page', address: va });
    this.memory.processor.flushTlbPage(va);
  }

  /**
   * Writes a page-table entry as it is, whatever it names: of a frame that is held as a table (its validation under way, or
   * done), or of one of Xen's own.
   */
  writeEntry(mfn: number, slot: number, low: number, high: number): void {
    const type = this.type[mfn]!;
    const isTable = type >= PGT_L1_PAGE_TABLE && type <= PGT_L4_PAGE_TABLE && this.typeCount[mfn]! > 0;
    if (!isTable && this.owner[mfn] !== DOMID_XEN)
      bug(`an entry of frame ${String(mfn)} is written, and nobody holds it as a page table`);
    if (!(slot >= 0 && slot < PAGE_WORDS / 2))
      bug(`entry ${String(slot)} of frame ${String(mfn)} is written, and a table has no such entry`);
    const at = mfn * PAGE_WORDS + slot * 2;
    const { words } = rawMemory(this);
    words[at] = low;
    words[at + 1] = high;
    this.memory.wrote(mfn);
  }

  /** Makes a frame all zeroes, without any check. */
  clear(mfn: number): void {
    rawMemory(this).words.fill(0, mfn * PAGE_WORDS, (mfn + 1) * PAGE_WORDS);
    this.memory.wrote(mfn);
  }

  /** Walks the free list, for the checker. */
  *freeList(): Generator<number> {
    for (let mfn = this.firstFree; mfn !== NONE; mfn = this.next[mfn]!) yield mfn;
  }

  private take(mfn: number, domain: number): void {
    this.unlink(mfn);
    this.scrub(mfn);
    this.owner[mfn] = domain;
    this.count[mfn] = 1;
    this.flags[mfn] = PGC_ALLOCATED;
    if (this.trace.on) this.trace.emit({ kind: 'page', mfn, change: 'allocated', domain });
    const owner = this.owners.get(domain);
    if (owner) owner.totalPages++;
    this.hasGot(domain);
  }

  /** Free frames that anybody may have. */
  get unclaimedFrames(): number {
    return this.freeFrames - this.outstandingClaims;
  }

  /** Whether so many may be taken: those that are claimed only by who has claimed as many (alloc_heap_pages). */
  private mayTake(domain: number, frames: number): boolean {
    return frames <= this.unclaimedFrames || frames <= (this.claims.get(domain) ?? 0);
  }

  /** Sets free frames aside for a domain; 0: none any more. */
  claim(domain: number, frames: number): void {
    this.outstandingClaims += frames - (this.claims.get(domain) ?? 0);
    if (frames === 0) this.claims.delete(domain);
    else this.claims.set(domain, frames);
  }

  /** A domain has one frame more: one less is to be set aside for it. */
  hasGot(domain: number): void {
    const claim = this.claims.get(domain);
    if (claim !== undefined) this.claim(domain, claim - 1);
  }

  /**
   * Makes a free frame ready for use: its last owner's translations of it go, and then what it left. Not before: as long as
   * a TLB has such a translation, the last owner can still write to the frame.
   */
  private scrub(mfn: number): void {
    if (this.stamp[mfn] === this.tlbClock) this.flushTlb();
    // What was never taken is as the machine was made: to write to it would cost the memory that it does not take yet.
    if (this.stamp[mfn] !== BOOT_CLOCK) this.clear(mfn);
  }

  private unlink(mfn: number): void {
    const next = this.next[mfn]!;
    const previous = this.previous[mfn]!;
    if (next !== NONE) this.previous[next] = previous;
    if (previous !== NONE) this.next[previous] = next;
    else this.firstFree = next;
    this.next[mfn] = NONE;
    this.previous[mfn] = NONE;
    this.freeFrames--;
  }

  /** A frame of a domain that is no more is free at last. */
  private forget(domain: number): void {
    const left = this.remains.get(domain);
    if (left === 1) this.remains.delete(domain);
    else if (left !== undefined) this.remains.set(domain, left - 1);
  }

  /** What is in a frame has come, or nobody needs it any more. */
  dropPaged(mfn: number): void {
    this.flags[mfn]! &= ~(PGC_PAGED | PGC_PAGING_IN);
    this.memory.setPaged(mfn, false);
    const paged = this.owners.get(this.owner[mfn]!)?.paged;
    if (paged) paged.count--;
  }

  private free(mfn: number): void {
    const domain = this.owner[mfn]!;
    if (domain === DOMID_INVALID) bug(`frame ${String(mfn)} is freed twice`);
    if (this.typeCount[mfn] !== 0 && !(this.flags[mfn]! & PGC_XEN_HEAP))
      bug(`frame ${String(mfn)} is freed while it is in use as ${TYPE_NAMES[this.type[mfn]!]!}`);
    if (this.flags[mfn]! & (PGT_PINNED | PGC_ALLOCATED) && !(this.flags[mfn]! & PGC_XEN_HEAP))
      bug(`frame ${String(mfn)} is freed while its owner has it`);
    if (this.trace.on) this.trace.emit({ kind: 'page', mfn, change: 'freed', domain });
    if (this.flags[mfn]! & PGC_PAGED) this.dropPaged(mfn);
    const owner = this.owners.get(domain);
    if (!owner) this.forget(domain);
    else if (!(this.flags[mfn]! & PGC_XEN_HEAP)) owner.totalPages--;
    this.stamp[mfn] = this.tlbClock;
    this.owner[mfn] = DOMID_INVALID;
    this.count[mfn] = 0;
    this.type[mfn] = PGT_NONE;
    this.typeCount[mfn] = 0;
    this.flags[mfn] = 0;
    this.linear[mfn] = 0;
    const at = this.m2pFrame * PAGE_WORDS + mfn * 2;
    const { words } = rawMemory(this);
    words[at] = 0xffff_ffff;
    words[at + 1] = 0xffff_ffff;
    this.memory.wrote(Math.floor(at / PAGE_WORDS));
    this.next[mfn] = this.firstFree;
    this.previous[mfn] = NONE;
    if (this.firstFree !== NONE) this.previous[this.firstFree] = mfn;
    this.firstFree = mfn;
    this.freeFrames++;
  }
}
