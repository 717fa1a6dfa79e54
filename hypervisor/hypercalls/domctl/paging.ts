/**
 * XEN_DOMCTL_pv_paging_op (abi/pv-paging.ts): pages of a paravirtualized domain whose contents come later. The pager is one domain for
 * as long as any are awaited.
 *
 * 0, or: -EINVAL the caller's own domain, more than MAX_FRAMES, a port that is not the caller's, no such operation; -EBUSY it has a pager;
 * -ENODEV it has none; -EFAULT what cannot be read or written; -EPERM EVICT of what is no ordinary page of the domain's.
 */
import * as abi from '../../abi/pv-paging.ts';
import { EBUSY, EFAULT, EINVAL, ENODEV, EPERM } from '../../abi/errno.ts';
import { bringFrame } from '../../domain/paging.ts';
import type { StructOf } from '../../memory/guest-struct.ts';
import { isPaged, PagedFrames, pageOut } from '../../memory/paged-frames.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';
import type { Domain } from '../../state/domain.ts';
import type { ControlBuffer } from '../control.ts';
import type { HypercallContext } from '../hypercall.ts';

type PagingOp = StructOf<typeof abi.xen_domctl_pv_paging_op>;

/** Of one call: nothing is preempted within it. */
const MAX_FRAMES = 1024;

export function pagingOp(context: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const op = u.as(abi.xen_domctl_pv_paging_op);
  if (domain === context.domain) return -EINVAL;
  if (op.get('op') === abi.XEN_DOMCTL_PV_PAGING_ENABLE) return enable(context, domain, op.get('port'));
  const { paged } = domain;
  if (paged === null) return -ENODEV;
  const result = carryOut(context, domain, paged, op);
  op.set('left', paged.count);
  return result;
}

function enable(context: HypercallContext, domain: Domain, port: number): number {
  if (domain.paged !== null) return -EBUSY;
  if (context.domain.events.at(port) === null) return -EINVAL;
  domain.paged = new PagedFrames(context.domain.id, port);
  return 0;
}

function carryOut(context: HypercallContext, domain: Domain, paged: PagedFrames, op: PagingOp): number {
  const count = op.get('num');
  if (!(count >= 0 && count <= MAX_FRAMES)) return -EINVAL;
  switch (op.get('op')) {
    case abi.XEN_DOMCTL_PV_PAGING_EVICT:
      return evict(context, domain, paged, op.get('frames'), count);
    case abi.XEN_DOMCTL_PV_PAGING_POPULATE:
      return populate(context, domain, paged, op, count);
    case abi.XEN_DOMCTL_PV_PAGING_PREP:
      return prep(context, domain, op, count);
    case abi.XEN_DOMCTL_PV_PAGING_DISABLE:
      domain.paged = null;
      return 0;
    default:
      return -EINVAL;
  }
}

/** A frame number of the caller's list; -1: it cannot be read. Those that no machine has are beyond what is compared with them. */
function frameAt(context: HypercallContext, list: number, index: number): number {
  return context.read(list + index * 8, word) ? word[0]! + word[1]! * 2 ** 32 : -1;
}

function evict(
  context: HypercallContext,
  domain: Domain,
  paged: PagedFrames,
  list: number,
  count: number,
): number {
  const { frames } = context.hypervisor;
  for (let index = 0; index < count; index++) {
    const mfn = frameAt(context, list, index);
    if (mfn < 0) return -EFAULT;
    if (!pageOut(frames, mfn, domain.id, paged)) return -EPERM;
  }
  // Nothing that is cached leads past the mark.
  frames.flushTlb();
  return 0;
}

/** What was asked for and is not here; what has come meanwhile is not told any more. */
function populate(
  context: HypercallContext,
  domain: Domain,
  paged: PagedFrames,
  op: PagingOp,
  count: number,
): number {
  const { frames } = context.hypervisor;
  const wanted = paged.asked.filter((mfn) => frames.owner[mfn] === domain.id && isPaged(frames, mfn));
  const told = wanted.slice(0, count);
  for (const [index, mfn] of told.entries()) {
    word[0] = mfn;
    word[1] = 0;
    if (!context.write(op.get('frames') + index * 8, word)) return -EFAULT;
  }
  paged.asked = wanted.slice(told.length);
  op.set('num', told.length);
  return 0;
}

function prep(context: HypercallContext, domain: Domain, op: PagingOp, count: number): number {
  for (let index = 0; index < count; index++) {
    const mfn = frameAt(context, op.get('frames'), index);
    if (mfn < 0 || !context.readBytes(op.get('buffer') + index * PAGE_BYTES, page)) return -EFAULT;
    bringFrame(context.hypervisor, domain, mfn, page);
  }
  return 0;
}

/** Reused: nothing is kept in them. */
const word = new Uint32Array(2);
const page = new Uint8Array(PAGE_BYTES);
