/**
 * update_va_mapping(va, val, flags): writes the L1 entry that maps `va` in the current address space, and flushes.
 * update_va_mapping_otherdomain(va, val, flags, domid): the same, for a frame of another domain.
 *
 * `flags`: bits 0..1 UVMF_NONE, UVMF_TLB_FLUSH or UVMF_INVLPG; the rest UVMF_LOCAL, UVMF_ALL, or the address of a bitmap
 * of vcpus. Gives 0, or: -EINVAL no L1 table there, or bad flags in `val`; -EBUSY a frame that is not to be mapped so;
 * -EPERM not RAM, or a domain that is not the caller's to map; -ESRCH no such domain; -EFAULT the bitmap cannot be read.
 */
import { EFAULT, EINVAL } from '../abi/errno.ts';
import {
  HYPERVISOR_update_va_mapping,
  HYPERVISOR_update_va_mapping_otherdomain,
  UVMF_ALL,
  UVMF_FLUSHTYPE_MASK,
  UVMF_INVLPG,
  UVMF_TLB_FLUSH,
} from '../abi/xen.ts';
import { PGT_L1_PAGE_TABLE } from '../memory/frame-table.ts';
import { isGuestAddress, l1FrameOf, readGuestWords } from '../memory/guest-access.ts';
import { getPageType, putPageType } from '../memory/page-types.ts';
import { notOwned } from '../memory/refusals.ts';
import { updateL1Entry } from '../memory/update-entry.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';
import { mayTarget, pageOwner } from '../state/page-owner.ts';
import { pageNumber } from '../memory/pages.ts';

const args = [
  { name: 'va', kind: 'va' },
  { name: 'val', kind: 'pte' },
  { name: 'flags', kind: 'flags' },
] as const;

export const updateVaMapping: Hypercall = {
  number: HYPERVISOR_update_va_mapping,
  name: 'update_va_mapping',
  args,
  handler(context, va): number {
    return update(context, va, context.domain.id);
  },
};

export const updateVaMappingOtherdomain: Hypercall = {
  number: HYPERVISOR_update_va_mapping_otherdomain,
  name: 'update_va_mapping_otherdomain',
  args: [...args, { name: 'domid', kind: 'domid' }],
  handler(context, va): number {
    const owner = pageOwner(context, context.low(3) & 0xffff);
    return owner < 0 ? owner : update(context, va, owner);
  },
};

function update(context: HypercallContext, va: number, owner: number): number {
  const denied = mayTarget(context, owner);
  if (denied) return denied;
  const { frames } = context.hypervisor;
  const mfn = l1FrameOf(frames, context.vcpu, va);
  if (mfn < 0) return frames.trace.refuse(-EINVAL, 'no L1 table maps that address: the tables above it lack');
  if (!frames.getPage(mfn, context.domain.id)) return notOwned(frames, mfn, context.domain.id);
  let result = -EINVAL;
  if (frames.usedAs(mfn) === PGT_L1_PAGE_TABLE && getPageType(frames, mfn, PGT_L1_PAGE_TABLE) === 0) {
    const slot = pageNumber(va) & 0x1ff;
    result = updateL1Entry(frames, mfn, slot, context.low(1), context.high(1), false, owner);
    putPageType(frames, mfn, -1);
  }
  frames.putPage(mfn);
  return result < 0 ? result : flush(context, va);
}

/** All vcpus take turns on one processor: a flush for any of them is a flush of it. */
function flush(context: HypercallContext, va: number): number {
  const { frames } = context.hypervisor;
  const flags = context.argument(2);
  const kind = context.low(2) & UVMF_FLUSHTYPE_MASK;
  if (kind !== UVMF_TLB_FLUSH && kind !== UVMF_INVLPG) return 0;
  const bitmap = flags - kind;
  const result = bitmap === 0 || bitmap === UVMF_ALL ? 0 : checkBitmap(context, bitmap);
  if (result < 0) return result;
  if (kind === UVMF_TLB_FLUSH) frames.flushTlb();
  else frames.flushTlbPage(va);
  return 0;
}

/** Reads a bitmap of the domain's vcpus: 0, or -EFAULT. Shared with mmuext_op. */
export function checkBitmap(context: HypercallContext, address: number): number {
  const words = new Uint32Array(2 * Math.ceil(context.domain.vcpus.length / 64));
  const { frames } = context.hypervisor;
  return isGuestAddress(address) && readGuestWords(frames, context.vcpu, address, words) ? 0 : -EFAULT;
}
