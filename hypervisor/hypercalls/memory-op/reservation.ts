/**
 * Ballooning: frames that a domain takes and gives back, extent by extent (2^order frames each). Compare
 * increase_reservation, decrease_reservation and populate_physmap in Xen's common/memory.c.
 */
import { XENMEMF_ADDRESS_BITS_MASK, XENMEMF_populate_on_demand } from '../../abi/memory.ts';
import { fromHalves, highHalf, lowHalf } from '../../../core/machine.ts';
import type { HypercallContext } from '../hypercall.ts';
import type { FrameTable } from '../../memory/frame-table.ts';
import { isGuestArray, readGuestWords, writeGuestWords } from '../../memory/guest-access.ts';
import { notOwned } from '../../memory/refusals.ts';
import { setM2p } from '../../memory/m2p.ts';

/** Largest extents: of an ordinary domain and of dom0. */
const MAX_ORDER = 9;
const MAX_ORDER_PRIVILEGED = 12;
const PAGE_SHIFT = 12;

/** struct memop_args: what is asked for and how far it has come. */
export interface Extents {
  readonly domain: number;
  /** Address of `count` frame numbers, u64 each; 0 where the caller does not want to know. */
  readonly list: number;
  readonly count: number;
  readonly order: number;
  /** XENMEMF_*. */
  readonly flags: number;
  done: number;
  preempted: boolean;
}

const extent = new Uint32Array(2);

/** The largest order of an extent that the caller may ask for. */
export function maxOrder(context: HypercallContext): number {
  return context.domain.isPrivileged ? MAX_ORDER_PRIVILEGED : MAX_ORDER;
}

/** Frames below which an extent must lie, by the address bits in `flags`; -1 where there are none. */
export function frameLimit(frames: FrameTable, flags: number): number {
  const bits = flags & XENMEMF_ADDRESS_BITS_MASK;
  if (bits === 0) return frames.frames;
  return bits <= PAGE_SHIFT ? -1 : Math.min(2 ** (bits - PAGE_SHIFT), frames.frames);
}

/** Takes frames; the list, if any, gets their numbers. */
export function increaseReservation(context: HypercallContext, extents: Extents): void {
  if (extents.list !== 0 && !isGuestArray(extents.list, extents.count, 8)) return;
  forEachExtent(context, extents, (at) => {
    const mfn = allocate(context, extents);
    return mfn >= 0 && (extents.list === 0 || writeFrame(context, at, mfn));
  });
}

/** Takes frames for the pseudo-physical frames in the list, which it replaces by the machine frames. */
export function populatePhysmap(context: HypercallContext, extents: Extents): void {
  const { frames } = context.hypervisor;
  if (!isGuestArray(extents.list, extents.count, 8)) return;
  forEachExtent(context, extents, (at) => {
    if (!readGuestWords(frames, context.vcpu, at, extent)) return false;
    if (extents.flags & XENMEMF_populate_on_demand) return extents.domain !== context.domain.id;
    const pfn = fromHalves(extent[0]!, extent[1]!);
    const mfn = allocate(context, extents);
    if (mfn < 0) return false;
    for (let i = 0; i < 2 ** extents.order; i++) setM2p(frames, mfn + i, lowHalf(pfn + i), highHalf(pfn + i));
    return writeFrame(context, at, mfn);
  });
}

/** Gives back the frames in the list. */
export function decreaseReservation(context: HypercallContext, extents: Extents): void {
  const { frames } = context.hypervisor;
  if (!isGuestArray(extents.list, extents.count, 8)) return;
  forEachExtent(context, extents, (at) => {
    if (!readGuestWords(frames, context.vcpu, at, extent)) return false;
    const first = fromHalves(extent[0]!, extent[1]!);
    for (let mfn = first; mfn < first + 2 ** extents.order; mfn++)
      if (!frames.dropAllocation(mfn, extents.domain)) {
        notOwned(frames, mfn, extents.domain);
        return false;
      }
    return true;
  });
}

function forEachExtent(context: HypercallContext, extents: Extents, work: (at: number) => boolean): void {
  if (extents.order > maxOrder(context)) return;
  const start = extents.done;
  for (; extents.done < extents.count; extents.done++) {
    if (extents.done > start && context.preemptCheck()) {
      extents.preempted = true;
      return;
    }
    if (!work(extents.list + extents.done * 8)) return;
  }
}

/** An extent for the domain, within what it may have; -1 where there is none. */
function allocate(context: HypercallContext, extents: Extents): number {
  const { frames, domains } = context.hypervisor;
  const domain = domains.get(extents.domain)!;
  const limit = frameLimit(frames, extents.flags);
  const pages = 2 ** extents.order;
  if (domain.totalPages + pages > domain.maxPages) {
    const why = 'domain {} has {} pages, and may have {}: {} more are too many';
    return frames.trace.refuse(-1, why, domain.id, domain.totalPages, domain.maxPages, pages);
  }
  const mfn = limit < 0 ? -1 : frames.allocateExtent(domain.id, extents.order, limit);
  return mfn >= 0
    ? mfn
    : frames.trace.refuse(-1, 'no {} frames side by side are free below that limit', pages);
}

function writeFrame(context: HypercallContext, at: number, mfn: number): boolean {
  extent[0] = mfn;
  extent[1] = 0;
  return writeGuestWords(context.hypervisor.frames, context.vcpu, at, extent);
}
