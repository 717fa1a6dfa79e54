/** A toolstack's hand on where vcpus run (vcpu_affinity_domctl in common/sched/core.c). */
import {
  xen_domctl_nodeaffinity,
  xen_domctl_vcpuaffinity,
  XEN_DOMCTL_setvcpuaffinity,
  XEN_VCPUAFFINITY_HARD,
  XEN_VCPUAFFINITY_SOFT,
} from '../../abi/domctl.ts';
import { EFAULT, EINVAL, ESRCH } from '../../abi/errno.ts';
import { xenctl_bitmap } from '../../abi/xen.ts';
import { readBitmap, writeBitmap, type Bitmap } from '../bitmap.ts';
import type { ControlBuffer } from '../control.ts';
import type { HypercallContext } from '../hypercall.ts';
import { setAffinity } from '../../sched/vcpus.ts';
import type { Domain } from '../../state/domain.ts';

/**
 * XEN_DOMCTL_setvcpuaffinity and getvcpuaffinity. Soft affinity is kept and told; no scheduler here prefers by it. What is set
 * comes back as far as it is in effect: the processors that there are, and of the soft ones those that are hard ones too.
 */
export function affinity(
  context: HypercallContext,
  domain: Domain,
  u: ControlBuffer,
  command: number,
): number {
  const op = u.as(xen_domctl_vcpuaffinity);
  const id = op.get('vcpu');
  if (id >= domain.maxVcpus) return -EINVAL;
  const vcpu = domain.vcpus[id];
  if (vcpu === undefined) return -ESRCH;
  const flags = op.get('flags');
  const hard = op.part('cpumap_hard', xenctl_bitmap);
  const soft = op.part('cpumap_soft', xenctl_bitmap);
  if (!areFlagsValid(flags, hard, soft)) return -EINVAL;
  if (command !== XEN_DOMCTL_setvcpuaffinity) {
    if (flags & XEN_VCPUAFFINITY_HARD && !writeBitmap(context, hard, vcpu.affinity)) return -EFAULT;
    if (flags & XEN_VCPUAFFINITY_SOFT && !writeBitmap(context, soft, vcpu.softAffinity)) return -EFAULT;
    return 0;
  }
  const online = onlineOf(context);
  const before = vcpu.affinity;
  if (flags & XEN_VCPUAFFINITY_HARD) {
    const wanted = readBitmap(context, hard);
    if (wanted < 0) return -EFAULT;
    if ((wanted & online) === 0) return -EINVAL;
    setAffinity(context.hypervisor, vcpu, wanted);
    if (!writeBitmap(context, hard, wanted & online)) return -EFAULT;
  }
  if (flags & XEN_VCPUAFFINITY_SOFT) {
    const wanted = readBitmap(context, soft);
    if (wanted < 0) {
      setAffinity(context.hypervisor, vcpu, before);
      return -EFAULT;
    }
    vcpu.softAffinity = wanted;
    if (!writeBitmap(context, soft, wanted & online & vcpu.affinity)) return -EFAULT;
  }
  return 0;
}

/** vcpuaffinity_params_invalid: something to do, and a bitmap for each of it. */
function areFlagsValid(flags: number, hard: Bitmap, soft: Bitmap): boolean {
  if (flags === 0 || (flags & XEN_VCPUAFFINITY_HARD && hard.get('bitmap') === 0)) return false;
  return !(flags & XEN_VCPUAFFINITY_SOFT && soft.get('bitmap') === 0);
}

function onlineOf({ hypervisor }: HypercallContext): number {
  return 2 ** hypervisor.pcpus.length - 1;
}

/** All nodes that there are, a bit each. */
const NODES = 1;

/** XEN_DOMCTL_setnodeaffinity: to have memory of. -EINVAL: of none that there is. */
export function setNodeAffinity(context: HypercallContext, _: Domain, u: ControlBuffer): number {
  const nodes = readBitmap(context, u.as(xen_domctl_nodeaffinity).part('nodemap', xenctl_bitmap));
  if (nodes < 0) return -EFAULT;
  return (nodes & NODES) === 0 ? -EINVAL : 0;
}

export function getNodeAffinity(context: HypercallContext, _: Domain, u: ControlBuffer): number {
  const map = u.as(xen_domctl_nodeaffinity).part('nodemap', xenctl_bitmap);
  return writeBitmap(context, map, NODES) ? 0 : -EFAULT;
}
