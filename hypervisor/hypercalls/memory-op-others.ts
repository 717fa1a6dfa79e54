/**
 * Commands of memory_op for a toolstack or a device model: another domain's memory map, claims, populate-on-demand, access;
 * and the memory that devices have reserved. A paravirtualized domain has but the first.
 */
import { EFAULT, EINVAL, ENOMEM, EPERM, ESRCH } from '../abi/errno.ts';
import * as memory from '../abi/memory.ts';
import { fromHalves } from '../../core/machine.ts';
import { isGuestArray } from '../memory/guest-access.ts';
import type { HypercallContext } from './hypercall.ts';
import { anyDomain, mayTarget } from '../state/page-owner.ts';

export type Command = (context: HypercallContext, argument: number, start: number) => number;

const ENTRY_WORDS = memory.E820_ENTRY_BYTES / 4;

/** The domain of an id that is not the caller's own (rcu_lock_remote_domain_by_id): its id, or a negative errno. */
export function remoteDomain(context: HypercallContext, domid: number): number {
  if (domid === context.domain.id) return -EPERM;
  return context.hypervisor.domains.has(domid) ? domid : -ESRCH;
}

/** XENMEM_set_memory_map: what a domain finds by XENMEM_memory_map. */
export const setMemoryMap: Command = (context, argument) => {
  const op = context.readStruct(memory.xen_foreign_memory_map, argument);
  if (op === null) return -EFAULT;
  const count = op.get('map.nr_entries');
  if (count > memory.E820MAX) return -EINVAL;
  const domain = anyDomain(context, op.get('domid'));
  if (domain < 0) return domain;
  const denied = mayTarget(context, domain);
  if (denied) return denied;
  const entries = new Uint32Array(count * ENTRY_WORDS);
  if (!context.read(op.get('map.buffer'), entries)) return -EFAULT;
  context.hypervisor.domains.get(domain)!.memory.e820 = Array.from({ length: count }, (_, index) => {
    const entry = entries.subarray(index * ENTRY_WORDS);
    return {
      address: fromHalves(entry[0]!, entry[1]!),
      size: fromHalves(entry[2]!, entry[3]!),
      type: entry[4]!,
    };
  });
  return 0;
};

/** XENMEM_set_pod_target, XENMEM_get_pod_target: populate-on-demand is of domains with paging of their own. */
export const podTarget: Command = (context, argument) => {
  const op = context.readStruct(memory.xen_pod_target, argument);
  if (op === null) return -EFAULT;
  const domain = anyDomain(context, op.get('domid'));
  return domain < 0 ? domain : -EINVAL;
};

/** XENMEM_claim_pages: frames set aside for a domain in the making, `nr_extents` with those that it has; 0: none any more. */
export const claimPages: Command = (context, argument) => {
  const op = context.readStruct(memory.xen_memory_reservation, argument);
  if (op === null) return -EFAULT;
  if (op.get('extent_start') !== 0 || op.get('extent_order') !== 0 || op.get('mem_flags') !== 0)
    return -EINVAL;
  const { frames, domains } = context.hypervisor;
  const domain = domains.get(op.get('domid'));
  if (domain === undefined) return -EINVAL;
  if (!context.domain.isPrivileged) return -EPERM;
  const pages = op.get('nr_extents');
  if (pages === 0) {
    frames.claim(domain.id, 0);
    return 0;
  }
  // One at a time, for more than it has, within what it may have (domain_set_outstanding_pages).
  if (frames.claims.has(domain.id) || pages <= domain.totalPages || pages > domain.maxPages) return -EINVAL;
  const claim = pages - domain.totalPages;
  if (claim > frames.unclaimedFrames) return -ENOMEM;
  frames.claim(domain.id, claim);
  return 0;
};

/** XENMEM_access_op: rights on the frames of a domain with paging of its own. */
export const accessOp: Command = (context, argument) => {
  const op = context.readStruct(memory.xen_mem_access_op, argument);
  if (op === null) return -EFAULT;
  const domain = remoteDomain(context, op.get('domid'));
  return domain < 0 ? domain : -EINVAL;
};

/** XENMEM_reserved_device_memory_map: no device here has any. */
export const reservedDeviceMemory: Command = (context, argument) => {
  const op = context.readStruct(memory.xen_reserved_device_memory_map, argument);
  if (op === null) return -EFAULT;
  if (!isGuestArray(op.get('buffer'), op.get('nr_entries'), memory.xen_reserved_device_memory.size))
    return -EFAULT;
  if (op.get('flags') & ~memory.XENMEM_RDM_ALL) return -EINVAL;
  op.set('nr_entries', 0);
  return context.writeStruct(op) ? 0 : -EFAULT;
};
