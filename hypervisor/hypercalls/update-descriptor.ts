/**
 * update_descriptor(address, descriptor): writes a segment descriptor at a machine address, in a descriptor page or in a
 * page that is writable. Xen raises its DPL to the guest's ring.
 *
 * Gives 0, or -EINVAL: not aligned, a descriptor that is not allowed, not the caller's frame, or one in use as a table.
 */
import { EINVAL } from '../abi/errno.ts';
import { HYPERVISOR_update_descriptor } from '../abi/xen.ts';
import { fixDescriptor } from '../memory/descriptors.ts';
import { PGT_SEG_DESC_PAGE, PGT_WRITABLE_PAGE } from '../memory/frame-table.ts';
import { getPageAndType, putPageAndType } from '../memory/page-types.ts';
import { writeDescriptor } from '../memory/per-domain.ts';
import type { Hypercall } from './hypercall.ts';
import { PAGE_BYTES, pageNumber } from '../memory/pages.ts';

export const updateDescriptor: Hypercall = {
  number: HYPERVISOR_update_descriptor,
  name: 'update_descriptor',
  args: [
    { name: 'gaddr', kind: 'va' },
    { name: 'desc', kind: 'pte' },
  ],
  handler(context, address): number {
    const descriptor = { low: context.low(1), high: context.high(1) };
    if (context.low(0) % 8 !== 0 || address < 0 || !fixDescriptor(descriptor)) return -EINVAL;
    const { frames } = context.hypervisor;
    const mfn = pageNumber(address);
    const type = frames.type[mfn] === PGT_SEG_DESC_PAGE ? PGT_SEG_DESC_PAGE : PGT_WRITABLE_PAGE;
    const result = getPageAndType(frames, mfn, context.domain.id, type);
    if (result < 0) return result;
    writeDescriptor(frames, mfn, address % PAGE_BYTES, descriptor.low, descriptor.high);
    putPageAndType(frames, mfn);
    return 0;
  },
};
