/** A toolstack's hand on vcpus: their contexts, and the processors they may run on. */
import { vcpu_guest_context, VGCF_online } from '../../abi/arch-x86.ts';
import {
  xen_domctl_vcpuaffinity,
  xen_domctl_vcpucontext,
  XEN_DOMCTL_setvcpuaffinity,
  XEN_VCPUAFFINITY_FORCE,
  XEN_VCPUAFFINITY_HARD,
  XEN_VCPUAFFINITY_SOFT,
} from '../../abi/domctl.ts';
import { EFAULT, EINVAL, ESRCH } from '../../abi/errno.ts';
import { xenctl_bitmap } from '../../abi/xen.ts';
import type { ControlBuffer } from '../../hypercalls/control.ts';
import type { HypercallContext } from '../../hypercalls/hypercall.ts';
import { setAffinity, setDown } from '../../sched/vcpus.ts';
import { newGuestContext, setGuestContext } from '../context.ts';
import type { Domain } from '../domain.ts';
import type { Vcpu } from '../vcpu.ts';

/** XEN_DOMCTL_setvcpucontext: the vcpu's first context; its VGCF_online says whether it is up. */
export function setContext(context: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const { offset } = xen_domctl_vcpucontext;
  const vcpu = domain.vcpus[u.u32(offset.vcpu)];
  // A null context, which takes a vcpu back to none, is only for domains that are not paravirtualized here.
  if (domain === context.domain || vcpu === undefined || u.wide(offset.ctxt) === 0) return -EINVAL;
  const words = newGuestContext();
  if (!context.read(u.wide(offset.ctxt), words)) return -EFAULT;
  if (vcpu.initialised) return -EINVAL;
  const result = setGuestContext(context.hypervisor, vcpu, words);
  if (result !== 0) return result;
  const online = (words[vcpu_guest_context.offset.flags / 4]! & VGCF_online) !== 0;
  setDown(context.hypervisor, vcpu, !online);
  return 0;
}

/** XEN_DOMCTL_setvcpuaffinity and getvcpuaffinity. Soft affinity is kept by nobody: it is all processors, as at the start. */
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
  if (command === XEN_DOMCTL_setvcpuaffinity && flags & XEN_VCPUAFFINITY_HARD) {
    const refused = take(context, vcpu, u);
    if (refused < 0) return refused;
  }
  const online = 2 ** context.hypervisor.pcpus.length - 1;
  const shown = command === XEN_DOMCTL_setvcpuaffinity ? vcpu.affinity & online : vcpu.affinity;
  if (flags & XEN_VCPUAFFINITY_HARD && !writeBitmap(context, u, at.cpumap_hard, shown, online))
    return -EFAULT;
  if (flags & XEN_VCPUAFFINITY_SOFT && !writeBitmap(context, u, at.cpumap_soft, online, online))
    return -EFAULT;
  return 0;
}

/** vcpuaffinity_params_invalid: something to do, and a bitmap for each of it. */
function areFlagsValid(u: ControlBuffer, flags: number): boolean {
  const { cpumap_hard, cpumap_soft } = xen_domctl_vcpuaffinity.offset;
  const both = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT;
  if (flags === 0 || flags & ~(both | XEN_VCPUAFFINITY_FORCE)) return false;
  const missing = (at: number): boolean => u.wide(at + xenctl_bitmap.offset.bitmap) === 0;
  if (flags & XEN_VCPUAFFINITY_HARD && missing(cpumap_hard)) return false;
  return !(flags & XEN_VCPUAFFINITY_SOFT && missing(cpumap_soft));
}

/** Takes a new hard affinity from the caller. -EINVAL: none of the processors is there. */
function take(context: HypercallContext, vcpu: Vcpu, u: ControlBuffer): number {
  const at = xen_domctl_vcpuaffinity.offset.cpumap_hard;
  const bits = u.u32(at + xenctl_bitmap.offset.nr_bits);
  const bytes = new Uint8Array(Math.min(Math.ceil(bits / 8), 2));
  if (!context.readBytes(u.wide(at + xenctl_bitmap.offset.bitmap), bytes)) return -EFAULT;
  const wanted = ((bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8)) & (2 ** Math.min(bits, 16) - 1);
  if ((wanted & (2 ** context.hypervisor.pcpus.length - 1)) === 0) return -EINVAL;
  setAffinity(context.hypervisor, vcpu, wanted);
  return 0;
}

/** bitmap_to_xenctl_bitmap: the bits that the caller has room for, and zeros behind those that there are. */
function writeBitmap(
  context: HypercallContext,
  u: ControlBuffer,
  at: number,
  value: number,
  online: number,
): boolean {
  const room = Math.ceil(u.u32(at + xenctl_bitmap.offset.nr_bits) / 8);
  const used = Math.min(room, online > 0xff ? 2 : 1);
  const bytes = Uint8Array.of(value, value >>> 8).subarray(0, used);
  return context.writeBytes(u.wide(at + xenctl_bitmap.offset.bitmap), bytes);
}
