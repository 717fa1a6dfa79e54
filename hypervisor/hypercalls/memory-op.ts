/**
 * memory_op(command, argument): the domain's memory. XENMEM_populate_physmap, increase_reservation and
 * decrease_reservation give the number of extents done; they stop, and are no error, where an extent cannot be done. The
 * others give 0 or a number, or -EFAULT (the argument cannot be read or written), -EINVAL, -ESRCH (no such domain), -EPERM
 * (not the caller's), -EACCES (not for paravirtualized domains), -ENOSYS.
 *
 * `command`: bits 0..5 XENMEM_*; above them, in a continuation, how many extents are done.
 */
import * as arch from '../abi/arch-x86.ts';
import { EACCES, EFAULT, EINVAL, ENOSYS, EOPNOTSUPP } from '../abi/errno.ts';
import type { Composite } from '../abi/layout.ts';
import * as memory from '../abi/memory.ts';
import { shared_info } from '../abi/shared-info.ts';
import { HYPERVISOR_memory_op } from '../abi/xen.ts';
import { fromHalves } from '../../core/machine.ts';
import { M2P_EXTENT_FRAMES, m2pFrames } from '../memory/m2p.ts';
import { PAGE_BYTES } from '../memory/pages.ts';
import { GuestStruct } from '../memory/guest-struct.ts';
import { decreaseReservation, increaseReservation, populatePhysmap } from './memory-op/reservation.ts';
import type { Extents } from './memory-op/reservation.ts';
import { e820Bytes, machineMemoryMap } from './memory-op/machine-map.ts';
import { exchange } from './memory-op/exchange.ts';
import { acquireResource } from './memory-op/resource.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';
import * as others from './memory-op-others.ts';
import type { Command } from './memory-op-others.ts';
import { anyDomain, mayTarget } from '../state/page-owner.ts';
import { MEMORY_COMMANDS } from '../trace/pointed.ts';

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
  [memory.XENMEM_machine_memory_map]: alone(machineMemoryMap),
  [memory.XENMEM_machphys_compat_mfn_list]: alone(() => -EOPNOTSUPP),
  [memory.XENMEM_set_pod_target]: alone(others.podTarget),
  [memory.XENMEM_get_pod_target]: alone(others.podTarget),
  [memory.XENMEM_claim_pages]: unlessContinued(others.claimPages),
  [memory.XENMEM_access_op]: others.accessOp,
  [memory.XENMEM_reserved_device_memory_map]: unlessContinued(others.reservedDeviceMemory),
  [memory.XENMEM_acquire_resource]: acquireResource,
  // A paravirtualized domain keeps its physical map itself.
  [memory.XENMEM_add_to_physmap]: addToPhysmap,
  [memory.XENMEM_add_to_physmap_batch]: physmap(memory.xen_add_to_physmap_batch),
  [memory.XENMEM_remove_from_physmap]: unlessContinued(physmap(memory.xen_remove_from_physmap)),
  [memory.XENMEM_get_vnumainfo]: unlessContinued(vnumaInfo),
  [memory.XENMEM_get_sharing_freed_pages]: () => 0,
  [memory.XENMEM_get_sharing_shared_pages]: () => 0,
};

export const memoryOp: Hypercall = {
  number: HYPERVISOR_memory_op,
  name: 'memory_op',
  args: [
    { name: 'cmd', kind: 'command', commands: MEMORY_COMMANDS },
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
    const op = context.readStruct(memory.xen_memory_reservation, argument);
    if (op === null) return start;
    const count = op.get('nr_extents');
    if (count < 0 || count > 0xffff_ffff >>> memory.MEMOP_EXTENT_SHIFT || start >= count) return start;
    const domain = anyDomain(context, op.get('domid'));
    if (domain < 0 || mayTarget(context, domain) < 0) return start;
    const extents: Extents = {
      domain,
      list: op.get('extent_start'),
      count,
      order: op.get('extent_order'),
      flags: op.get('mem_flags'),
      done: start,
      preempted: false,
    };
    work(context, extents);
    if (!extents.preempted && !context.mustWait) return extents.done;
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
  const op = context.readStruct(memory.xen_memory_domain, argument);
  if (op === null) return -EFAULT;
  const domain = anyDomain(context, op.get('domid'));
  return domain < 0 ? domain : mayTarget(context, domain) || domain;
}

function machphysMapping(context: HypercallContext, argument: number): number {
  const op = new GuestStruct(memory.xen_machphys_mapping, argument);
  op.set('v_start', arch.MACH2PHYS_VIRT_START);
  op.set('v_end', arch.MACH2PHYS_VIRT_END);
  op.set('max_mfn', arch.MACH2PHYS_NR_ENTRIES - 1);
  return context.writeStruct(op) ? 0 : -EFAULT;
}

function machphysMfnList(context: HypercallContext, argument: number): number {
  const { frames } = context.hypervisor;
  const op = context.readStruct(memory.xen_machphys_mfn_list, argument);
  if (op === null) return -EFAULT;
  const list = op.get('extent_start');
  const extents = Math.min(op.get('max_extents'), m2pFrames(frames.frames).table / M2P_EXTENT_FRAMES);
  for (let i = 0; i < extents; i++) {
    const mfn = new Uint32Array([frames.m2pFrame + i * M2P_EXTENT_FRAMES, 0]);
    if (!context.write(list + i * 8, mfn)) return -EFAULT;
  }
  op.set('nr_extents', extents);
  return context.writeStruct(op) ? 0 : -EFAULT;
}

function memoryMap(context: HypercallContext, argument: number): number {
  const { e820 } = context.domain.memory;
  const op = context.readStruct(memory.xen_memory_map, argument);
  if (op === null) return -EFAULT;
  if (e820.length === 0) return -ENOSYS;
  const count = Math.min(op.get('nr_entries'), e820.length);
  op.set('nr_entries', count);
  if (!context.writeBytes(op.get('buffer'), e820Bytes(e820.slice(0, count)))) return -EFAULT;
  return context.writeStruct(op) ? 0 : -EFAULT;
}

type PhysmapFields =
  | typeof memory.xen_add_to_physmap.fields
  | typeof memory.xen_add_to_physmap_batch.fields
  | typeof memory.xen_remove_from_physmap.fields;

function physmap(layout: Composite<PhysmapFields>): Command {
  return (context, argument) => {
    const op = context.readStruct(layout, argument);
    return op === null ? -EFAULT : refusePhysmap(context, op);
  };
}

function refusePhysmap(context: HypercallContext, op: GuestStruct<PhysmapFields>): number {
  const domain = anyDomain(context, op.get('domid'));
  return domain < 0 ? domain : -EACCES;
}

/** Frames of other domains can be had by the batched command alone. */
function addToPhysmap(context: HypercallContext, argument: number): number {
  const op = context.readStruct(memory.xen_add_to_physmap, argument);
  if (op === null) return -EFAULT;
  if (op.get('space') === memory.XENMAPSPACE_gmfn_foreign) return -ENOSYS;
  return refusePhysmap(context, op);
}

/** No domain has a virtual NUMA topology. */
function vnumaInfo(context: HypercallContext, argument: number): number {
  const op = context.readStruct(memory.xen_vnuma_topology_info, argument);
  if (op === null) return -EFAULT;
  if (op.get('pad') !== 0) return -EINVAL;
  const domain = anyDomain(context, op.get('domid'));
  if (domain < 0) return domain;
  return mayTarget(context, domain) || -EOPNOTSUPP;
}
