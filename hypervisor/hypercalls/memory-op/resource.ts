/**
 * XENMEM_acquire_resource: the frames that Xen shares with another domain, for a toolstack to map: of a paravirtualized domain
 * its grant table's (compare acquire_resource in common/memory.c, gnttab_acquire_resource in common/grant_table.c).
 */
import { EFAULT, EINVAL, ENOMEM, EPERM } from '../../abi/errno.ts';
import * as memory from '../../abi/memory.ts';
import { growTable, statusFramesFor } from '../../grants/grant-table.ts';
import type { Domain } from '../../state/domain.ts';
import type { FrameTable } from '../../memory/frame-table.ts';
import type { HypercallContext } from '../hypercall.ts';
import { remoteDomain } from '../memory-op-others.ts';

/** More frames than a continuation could count. */
const MAX_FRAMES = 0xffff_ffff >>> memory.MEMOP_EXTENT_SHIFT;

/**
 * Without a list: how many frames there can be. -EINVAL: no such resource, or not so large; -ENOMEM: it cannot grow; -EFAULT: the
 * list cannot be written, though frames are there then.
 */
export function acquireResource(context: HypercallContext, argument: number): number {
  const op = context.readStruct(memory.xen_mem_acquire_resource, argument);
  if (op === null) return -EFAULT;
  const [first, count, list] = [op.get('frame'), op.get('nr_frames'), op.get('frame_list')];
  if (op.get('pad') !== 0 || first < 0 || first + count > 0xffff_ffff || count > MAX_FRAMES) return -EINVAL;
  const id = remoteDomain(context, op.get('domid'));
  if (id < 0) return id;
  if (!context.domain.isPrivileged) return -EPERM;
  const domain = context.hypervisor.domains.get(id)!;
  const most = op.get('type') === memory.XENMEM_resource_grant_table ? mostFrames(domain, op.get('id')) : 0;
  if (most === 0) return -EINVAL;
  if (list === 0) {
    if (count !== 0) return -EINVAL;
    op.set('nr_frames', most);
    return context.writeField(op, 'nr_frames') ? 0 : -EFAULT;
  }
  if (first + count > most) return -EINVAL;
  const mfns = grantFrames(context.hypervisor.frames, domain, op.get('id'), first + count);
  if (mfns === null) return -ENOMEM;
  const words = Uint32Array.from(mfns.slice(first, first + count).flatMap((mfn) => [mfn, 0]));
  return context.write(list, words) ? 0 : -EFAULT;
}

/** How many frames of its grant table a domain can have; 0: none of them. */
function mostFrames({ grants }: Domain, id: number): number {
  if (id === memory.XENMEM_resource_grant_table_id_shared) return grants.maxFrames;
  if (id !== memory.XENMEM_resource_grant_table_id_status || grants.version !== 2) return 0;
  return statusFramesFor(grants.maxFrames);
}

/** Frames of the table, which grows for it to `end` of them; null where frames run out. */
function grantFrames(frames: FrameTable, domain: Domain, id: number, end: number): readonly number[] | null {
  const { grants } = domain;
  const isShared = id === memory.XENMEM_resource_grant_table_id_shared;
  const list = isShared ? grants.frames : grants.statusFrames;
  let wanted = isShared ? end : grants.frames.length;
  while (!isShared && statusFramesFor(wanted) < end) wanted++;
  return list.length >= end || growTable(frames, grants, domain.id, wanted) ? list : null;
}
