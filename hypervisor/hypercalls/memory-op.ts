/**
 * memory_op(command, argument): the domain's memory. XENMEM_populate_physmap, increase_reservation and
 * decrease_reservation give the number of extents done; they stop, and are no error, where an extent cannot be done. The
 * others give 0 or a number, or -EFAULT (the argument cannot be read or written), -EINVAL, -ESRCH (no such domain), -EPERM
 * (not the caller's), -EACCES (not for paravirtualized domains), -ENOSYS.
 *
 * `command`: bits 0..5 XENMEM_*; above them, in a continuation, how many extents are done.
 */
import * as arch from '../abi/arch-x86.ts';
import { EACCES, EFAULT, EINVAL, ENOSYS, EOPNOTSUPP, EPERM } from '../abi/errno.ts';
import * as memory from '../abi/memory.ts';
import { namesOf } from '../abi/names.ts';
import { shared_info } from '../abi/shared-info.ts';
import { HYPERVISOR_memory_op } from '../abi/xen.ts';
import { fromHalves, highHalf, lowHalf } from '../../core/machine.ts';
import { PAGE_BYTES } from '../memory/pages.ts';
import { copyFromGuest, copyToGuest, readGuestWords, writeGuestWords } from '../memory/guest-access.ts';
import { decreaseReservation, increaseReservation, populatePhysmap } from './memory-op/reservation.ts';
import type { Extents } from './memory-op/reservation.ts';
import { exchange } from './memory-op/exchange.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';
import * as others from './memory-op-others.ts';
import type { Command } from './memory-op-others.ts';
import { anyDomain, mayTarget } from '../state/page-owner.ts';

/** The L2 page that a machphys_mfn_list entry stands for: 2 MiB of M2P. */
const M2P_EXTENT_PAGES = 512;

const COMMANDS: Readonly<Record<number, Command>> = {
  [memory.XENMEM_increase_reservation]: reservation(increaseReservation),
  [memory.XENMEM_decrease_reservation]: reservation(decreaseReservation),
  [memory.XENMEM_populate_physmap]: reservation(populatePhysmap),
  [memory.XENMEM_exchange]: unlessContinued(exchange),
  [memory.XENMEM_maximum_ram_page]: unlessContinued((context) => context.hypervisor.frames.frames),
  [memory.XENMEM_current_reservation]: unlessContinued((context, at) => reserved(context, at, 'totalPages')),
  [memory.XENMEM_maximum_reservation]: unlessContinued((context, at) => reserved(context, at, 'maxPages')),
  [memory.XENMEM_maximum_gpfn]: unlessContinued(maximumGpfn),
  [memory.XENMEM_machphys_mapping]: alone(machphysMapping),
  [memory.XENMEM_machphys_mfn_list]: alone(machphysMfnList),
  [memory.XENMEM_memory_map]: alone(memoryMap),
  [memory.XENMEM_set_memory_map]: alone(others.setMemoryMap),
  // The machine's own map is dom0's to see.
  [memory.XENMEM_machine_memory_map]: alone(() => -EPERM),
  [memory.XENMEM_machphys_compat_mfn_list]: alone(() => -EOPNOTSUPP),
  [memory.XENMEM_set_pod_target]: alone(others.podTarget),
  [memory.XENMEM_get_pod_target]: alone(others.podTarget),
  [memory.XENMEM_claim_pages]: unlessContinued(others.claimPages),
  [memory.XENMEM_access_op]: others.accessOp,
  [memory.XENMEM_reserved_device_memory_map]: unlessContinued(others.reservedDeviceMemory),
  [memory.XENMEM_acquire_resource]: others.acquireResource,
  // A paravirtualized domain keeps its physical map itself.
  [memory.XENMEM_add_to_physmap]: addToPhysmap,
  [memory.XENMEM_add_to_physmap_batch]: physmap(memory.xen_add_to_physmap_batch.size),
  [memory.XENMEM_remove_from_physmap]: unlessContinued(physmap(memory.xen_remove_from_physmap.size)),
  [memory.XENMEM_get_vnumainfo]: unlessContinued(vnumaInfo),
  [memory.XENMEM_get_sharing_freed_pages]: () => 0,
  [memory.XENMEM_get_sharing_shared_pages]: () => 0,
};

export const memoryOp: Hypercall = {
  number: HYPERVISOR_memory_op,
  name: 'memory_op',
  args: [
    { name: 'cmd', kind: 'command', commands: namesOf(memory, 'XENMEM_') },
    { name: 'arg', kind: 'va' },
  ],
  handler(context, _command, argument): number {
    const word = context.low(0);
    const command = COMMANDS[word & memory.MEMOP_CMD_MASK];
    return command ? command(context, argument, word >>> memory.MEMOP_EXTENT_SHIFT) : -ENOSYS;
  },
};

/** The shape of the three reservation commands: how far they come is their result. */
function reservation(work: (context: HypercallContext, extents: Extents) => void): Command {
  return (context, argument, start) => {
    const words = new Uint32Array(memory.xen_memory_reservation.size / 4);
    if (!readGuestWords(context.hypervisor.frames, context.vcpu, argument, words)) return start;
    const { offset } = memory.xen_memory_reservation;
    const count = fromHalves(words[offset.nr_extents / 4]!, words[offset.nr_extents / 4 + 1]!);
    if (count < 0 || count > 0xffff_ffff >>> memory.MEMOP_EXTENT_SHIFT || start >= count) return start;
    const domain = anyDomain(context, words[offset.domid / 4]! & 0xffff);
    if (domain < 0 || mayTarget(context, domain) < 0) return start;
    const extents: Extents = {
      domain,
      list: fromHalves(words[offset.extent_start / 4]!, words[offset.extent_start / 4 + 1]!),
      count,
      order: words[offset.extent_order / 4]!,
      flags: words[offset.mem_flags / 4]!,
      done: start,
      preempted: false,
    };
    work(context, extents);
    if (!extents.preempted) return extents.done;
    const command = (context.low(0) & memory.MEMOP_CMD_MASK) | (extents.done << memory.MEMOP_EXTENT_SHIFT);
    return context.continueWith(command >>> 0, argument);
  };
}

/** Commands that have no continuation of this kind. */
function unlessContinued(command: Command): Command {
  return (context, argument, start) => (start === 0 ? command(context, argument, start) : -EINVAL);
}

/** Commands of the architecture, which know nothing of continuations. */
function alone(command: Command): Command {
  return (context, argument, start) => (start === 0 ? command(context, argument, start) : -ENOSYS);
}

function reserved(context: HypercallContext, argument: number, what: 'totalPages' | 'maxPages'): number {
  const domain = readDomain(context, argument);
  if (domain < 0) return domain;
  return context.hypervisor.domains.get(domain)![what];
}

/** The largest pseudo-physical frame number that the guest said its p2m list holds (shared_info.arch.max_pfn). */
function maximumGpfn(context: HypercallContext, argument: number): number {
  const domain = readDomain(context, argument);
  if (domain < 0) return domain;
  const { sharedInfoMfn } = context.hypervisor.domains.get(domain)!;
  const at = (sharedInfoMfn * PAGE_BYTES + shared_info.offset['arch.max_pfn']) / 4;
  const { words } = context.hypervisor.frames.memory;
  return Math.max(fromHalves(words[at]!, words[at + 1]!), 1) - 1;
}

/** The domain id in struct xen_memory_domain, if the caller may look at it. */
function readDomain(context: HypercallContext, argument: number): number {
  const words = new Uint32Array(1);
  const bytes = new Uint8Array(words.buffer, 0, 2);
  if (!copyFromGuest(context.hypervisor.frames, context.vcpu, argument, bytes)) return -EFAULT;
  const domain = anyDomain(context, words[0]!);
  return domain < 0 ? domain : mayTarget(context, domain) || domain;
}

function machphysMapping(context: HypercallContext, argument: number): number {
  const values = [arch.MACH2PHYS_VIRT_START, arch.MACH2PHYS_VIRT_END, arch.MACH2PHYS_NR_ENTRIES - 1];
  const words = new Uint32Array(values.flatMap((value) => [lowHalf(value), highHalf(value)]));
  return writeGuestWords(context.hypervisor.frames, context.vcpu, argument, words) ? 0 : -EFAULT;
}

function machphysMfnList(context: HypercallContext, argument: number): number {
  const { frames } = context.hypervisor;
  const words = new Uint32Array(memory.xen_machphys_mfn_list.size / 4);
  if (!readGuestWords(frames, context.vcpu, argument, words)) return -EFAULT;
  const { offset } = memory.xen_machphys_mfn_list;
  const list = fromHalves(words[offset.extent_start / 4]!, words[offset.extent_start / 4 + 1]!);
  const pages = Math.ceil((frames.frames * 8) / PAGE_BYTES);
  const extents = Math.min(words[offset.max_extents / 4]!, Math.ceil(pages / M2P_EXTENT_PAGES));
  for (let i = 0; i < extents; i++) {
    const mfn = new Uint32Array([frames.m2pFrame + i * M2P_EXTENT_PAGES, 0]);
    if (!writeGuestWords(frames, context.vcpu, list + i * 8, mfn)) return -EFAULT;
  }
  words[offset.nr_extents / 4] = extents;
  return writeGuestWords(frames, context.vcpu, argument, words) ? 0 : -EFAULT;
}

function memoryMap(context: HypercallContext, argument: number): number {
  const { frames } = context.hypervisor;
  const { e820 } = context.domain.memory;
  const words = new Uint32Array(memory.xen_memory_map.size / 4);
  if (!readGuestWords(frames, context.vcpu, argument, words)) return -EFAULT;
  if (e820.length === 0) return -ENOSYS;
  const { offset } = memory.xen_memory_map;
  const count = Math.min(words[offset.nr_entries / 4]!, e820.length);
  const buffer = fromHalves(words[offset.buffer / 4]!, words[offset.buffer / 4 + 1]!);
  const entries = new DataView(new ArrayBuffer(count * memory.E820_ENTRY_BYTES));
  for (let i = 0; i < count; i++) {
    const { address, size, type } = e820[i]!;
    entries.setBigUint64(i * memory.E820_ENTRY_BYTES, BigInt(address), true);
    entries.setBigUint64(i * memory.E820_ENTRY_BYTES + 8, BigInt(size), true);
    entries.setUint32(i * memory.E820_ENTRY_BYTES + 16, type, true);
  }
  words[offset.nr_entries / 4] = count;
  if (!copyToGuest(frames, context.vcpu, buffer, new Uint8Array(entries.buffer))) return -EFAULT;
  return writeGuestWords(frames, context.vcpu, argument, words) ? 0 : -EFAULT;
}

function physmap(size: number): Command {
  return (context, argument) => {
    const words = new Uint32Array(size / 4);
    if (!readGuestWords(context.hypervisor.frames, context.vcpu, argument, words)) return -EFAULT;
    const domain = anyDomain(context, words[0]! & 0xffff);
    return domain < 0 ? domain : -EACCES;
  };
}

/** Frames of other domains can be had by the batched command alone. */
function addToPhysmap(context: HypercallContext, argument: number, start: number): number {
  const { size, offset } = memory.xen_add_to_physmap;
  const words = new Uint32Array(size / 4);
  if (!readGuestWords(context.hypervisor.frames, context.vcpu, argument, words)) return -EFAULT;
  if (words[offset.space / 4] === memory.XENMAPSPACE_gmfn_foreign) return -ENOSYS;
  return physmap(size)(context, argument, start);
}

/** No domain has a virtual NUMA topology. */
function vnumaInfo(context: HypercallContext, argument: number): number {
  const words = new Uint32Array(memory.xen_vnuma_topology_info.size / 4);
  if (!readGuestWords(context.hypervisor.frames, context.vcpu, argument, words)) return -EFAULT;
  if (words[0]! >>> 16 !== 0) return -EINVAL;
  const domain = anyDomain(context, words[0]! & 0xffff);
  if (domain < 0) return domain;
  return mayTarget(context, domain) || -EOPNOTSUPP;
}
