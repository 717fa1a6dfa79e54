/** A toolstack's hand on where vcpus run (vcpu_affinity_domctl in common/sched/core.c). */
import {
  xen_domctl_vcpuaffinity,
  XEN_DOMCTL_setvcpuaffinity,
  XEN_VCPUAFFINITY_HARD,
  XEN_VCPUAFFINITY_SOFT,
} from '../../abi/domctl.ts';
import { EFAULT, EINVAL, ESRCH } from '../../abi/errno.ts';
import { xenctl_bitmap } from '../../abi/xen.ts';
import { readBitmap, writeBitmap } from '../bitmap.ts';
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
  const at = xen_domctl_vcpuaffinity.offset;
  const id = u.u32(at.vcpu);
  if (id >= domain.maxVcpus) return -EINVAL;
  const vcpu = domain.vcpus[id];
  if (vcpu === undefined) return -ESRCH;
  const flags = u.u32(at.flags);
  if (!areFlagsValid(u, flags)) return -EINVAL;
  if (command !== XEN_DOMCTL_setvcpuaffinity) return tell(context, u, vcpu.affinity, vcpu.softAffinity);
  const online = onlineOf(context);
  const before = vcpu.affinity;
  if (flags & XEN_VCPUAFFINITY_HARD) {
    const wanted = readBitmap(context, u, at.cpumap_hard);
    if (wanted < 0) return -EFAULT;
    if ((wanted & online) === 0) return -EINVAL;
    setAffinity(context.hypervisor, vcpu, wanted);
    if (!writeBitmap(context, u, at.cpumap_hard, wanted & online)) return -EFAULT;
  }
  if (flags & XEN_VCPUAFFINITY_SOFT) {
    const wanted = readBitmap(context, u, at.cpumap_soft);
    if (wanted < 0) {
      setAffinity(context.hypervisor, vcpu, before);
      return -EFAULT;
    }
    vcpu.softAffinity = wanted;
    if (!writeBitmap(context, u, at.cpumap_soft, wanted & online & vcpu.affinity)) return -EFAULT;
  }
  return 0;
}

function tell(context: HypercallContext, u: ControlBuffer, hard: number, soft: number): number {
  const { flags, cpumap_hard, cpumap_soft } = xen_domctl_vcpuaffinity.offset;
  const asked = u.u32(flags);
  if (asked & XEN_VCPUAFFINITY_HARD && !writeBitmap(context, u, cpumap_hard, hard)) return -EFAULT;
  if (asked & XEN_VCPUAFFINITY_SOFT && !writeBitmap(context, u, cpumap_soft, soft)) return -EFAULT;
  return 0;
}

/** vcpuaffinity_params_invalid: something to do, and a bitmap for each of it. */
function areFlagsValid(u: ControlBuffer, flags: number): boolean {
  const { cpumap_hard, cpumap_soft } = xen_domctl_vcpuaffinity.offset;
  const missing = (at: number): boolean => u.wide(at + xenctl_bitmap.offset.bitmap) === 0;
  if (flags === 0 || (flags & XEN_VCPUAFFINITY_HARD && missing(cpumap_hard))) return false;
  return !(flags & XEN_VCPUAFFINITY_SOFT && missing(cpumap_soft));
}

function onlineOf({ hypervisor }: HypercallContext): number {
  return 2 ** hypervisor.pcpus.length - 1;
}
