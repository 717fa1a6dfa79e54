/**
 * Commands of memory_op for a toolstack or a device model: another domain's memory map, claims, populate-on-demand, access,
 * resources; and the memory that devices have reserved. A paravirtualized domain has but the first.
 */
import { EFAULT, EINVAL, ENOSYS, EPERM, ESRCH } from '../abi/errno.ts';
import * as memory from '../abi/memory.ts';
import { fromHalves } from '../../core/machine.ts';
import { isGuestArray, readGuestWords, writeGuestWords } from '../memory/guest-access.ts';
import type { HypercallContext } from './hypercall.ts';
import { anyDomain, mayTarget } from '../state/page-owner.ts';

export type Command = (context: HypercallContext, argument: number, start: number) => number;

/** Entries of the largest memory map (E820MAX). */
const MAX_ENTRIES = 1024;
const ENTRY_WORDS = memory.E820_ENTRY_BYTES / 4;

function readWords({ hypervisor, vcpu }: HypercallContext, at: number, bytes: number): Uint32Array | null {
  const words = new Uint32Array(bytes / 4);
  return readGuestWords(hypervisor.frames, vcpu, at, words) ? words : null;
}

/** The domain of an id that is not the caller's own (rcu_lock_remote_domain_by_id): its id, or a negative errno. */
function remoteDomain(context: HypercallContext, domid: number): number {
  if (domid === context.domain.id) return -EPERM;
  return context.hypervisor.domains.has(domid) ? domid : -ESRCH;
}

/** XENMEM_set_memory_map: what a domain finds by XENMEM_memory_map. */
export const setMemoryMap: Command = (context, argument) => {
  const words = readWords(context, argument, memory.xen_foreign_memory_map.size);
  if (!words) return -EFAULT;
  const { offset } = memory.xen_foreign_memory_map;
  const count = words[offset['map.nr_entries'] / 4]!;
  if (count > MAX_ENTRIES) return -EINVAL;
  const domain = anyDomain(context, words[0]! & 0xffff);
  if (domain < 0) return domain;
  const denied = mayTarget(context, domain);
  if (denied) return denied;
  const buffer = fromHalves(words[offset['map.buffer'] / 4]!, words[offset['map.buffer'] / 4 + 1]!);
  const entries = readWords(context, buffer, count * memory.E820_ENTRY_BYTES);
  if (!entries) return -EFAULT;
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
  const words = readWords(context, argument, memory.xen_pod_target.size);
  if (!words) return -EFAULT;
  const domain = anyDomain(context, words[memory.xen_pod_target.offset.domid / 4]! & 0xffff);
  return domain < 0 ? domain : -EINVAL;
};

/** XENMEM_claim_pages: frames set aside for a domain in the making. */
export const claimPages: Command = (context, argument) => {
  const words = readWords(context, argument, memory.xen_memory_reservation.size);
  if (!words) return -EFAULT;
  const { offset } = memory.xen_memory_reservation;
  const list = words[offset.extent_start / 4]! | words[offset.extent_start / 4 + 1]!;
  if (list !== 0 || words[offset.extent_order / 4] !== 0 || words[offset.mem_flags / 4] !== 0) return -EINVAL;
  const domid = words[offset.domid / 4]! & 0xffff;
  if (!context.hypervisor.domains.has(domid)) return -EINVAL;
  return context.domain.isPrivileged ? -ENOSYS : -EPERM;
};

/** XENMEM_access_op: rights on the frames of a domain with paging of its own. */
export const accessOp: Command = (context, argument) => {
  const words = readWords(context, argument, memory.xen_mem_access_op.size);
  if (!words) return -EFAULT;
  const domain = remoteDomain(context, words[memory.xen_mem_access_op.offset.domid / 4]! >>> 16);
  return domain < 0 ? domain : -EINVAL;
};

/** XENMEM_reserved_device_memory_map: no device here has any. */
export const reservedDeviceMemory: Command = (context, argument) => {
  const { hypervisor, vcpu } = context;
  const words = readWords(context, argument, memory.xen_reserved_device_memory_map.size);
  if (!words) return -EFAULT;
  const { offset } = memory.xen_reserved_device_memory_map;
  const buffer = fromHalves(words[offset.buffer / 4]!, words[offset.buffer / 4 + 1]!);
  if (!isGuestArray(buffer, words[offset.nr_entries / 4]!, memory.xen_reserved_device_memory.size))
    return -EFAULT;
  if (words[offset.flags / 4]! & ~memory.XENMEM_RDM_ALL) return -EINVAL;
  words[offset.nr_entries / 4] = 0;
  return writeGuestWords(hypervisor.frames, vcpu, argument, words) ? 0 : -EFAULT;
};

/** XENMEM_acquire_resource: frames of another domain's that it shares with Xen. None can be had this way yet. */
export const acquireResource: Command = (context, argument) => {
  const words = readWords(context, argument, memory.xen_mem_acquire_resource.size);
  if (!words) return -EFAULT;
  const { offset } = memory.xen_mem_acquire_resource;
  const first = words[offset.frame / 4]!;
  const beyond = words[offset.frame / 4 + 1]! !== 0 || first + words[offset.nr_frames / 4]! > 0xffff_ffff;
  if (words[offset.pad / 4] !== 0 || beyond) return -EINVAL;
  const domain = remoteDomain(context, words[0]! & 0xffff);
  if (domain < 0) return domain;
  return context.domain.isPrivileged ? -EINVAL : -EPERM;
};
