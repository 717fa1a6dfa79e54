/** A toolstack's hand on vcpus' contexts. */
import { xen_domctl_ext_vcpucontext, xen_domctl_vcpucontext } from '../../abi/domctl.ts';
import { EFAULT, EINVAL, ENODATA, ESRCH } from '../../abi/errno.ts';
import { isCanonical } from '../../../core/machine.ts';
import type { ControlBuffer } from '../control.ts';
import type { HypercallContext } from '../hypercall.ts';
import { newGuestContext } from '../../domain/context-words.ts';
import { setGuestContext } from '../../domain/context.ts';
import type { Domain } from '../../state/domain.ts';
import { getGuestContext } from '../../domain/read-context.ts';
import { resetVcpu } from '../../domain/reset.ts';

/** XEN_DOMCTL_setvcpucontext: the vcpu's context; null takes it away again. */
export function setContext(context: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const { offset } = xen_domctl_vcpucontext;
  const vcpu = domain.vcpus[u.u32(offset.vcpu)];
  const from = u.wide(offset.ctxt);
  if (domain === context.domain || vcpu === undefined) return -EINVAL;
  if (from === 0) {
    resetVcpu(context.hypervisor, vcpu);
    return 0;
  }
  // Its page tables are gone.
  if (domain.isDying && !vcpu.initialised) return -EINVAL;
  const words = newGuestContext();
  if (!context.read(from, words)) return -EFAULT;
  return setGuestContext(context.hypervisor, vcpu, words);
}

/** XEN_DOMCTL_getvcpucontext: -ENODATA of a vcpu that has none. The caller's own vcpu it cannot ask after. */
export function getContext(context: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const { offset } = xen_domctl_vcpucontext;
  const vcpu = domain.vcpus[u.u32(offset.vcpu)];
  if (vcpu === undefined || vcpu === context.vcpu) return -EINVAL;
  if (!vcpu.initialised) return -ENODATA;
  const words = getGuestContext(context.hypervisor, vcpu);
  return context.write(u.wide(offset.ctxt), words) ? 0 : -EFAULT;
}

const EXTENDED = xen_domctl_ext_vcpucontext.offset;

/** XEN_DOMCTL_get_ext_vcpucontext: what vcpu_guest_context has no room for. There are no machine checks to tell of. */
export function getExtendedContext(context: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const id = u.u32(EXTENDED.vcpu);
  const vcpu = domain.vcpus[id];
  if (vcpu === undefined || vcpu === context.vcpu) return -ESRCH;
  u.bytes.fill(0, 0, xen_domctl_ext_vcpucontext.size);
  u.setU32(EXTENDED.vcpu, id);
  u.setU32(EXTENDED.size, xen_domctl_ext_vcpucontext.size);
  u.setWide(EXTENDED.syscall32_callback_eip, vcpu.syscall32Callback);
  u.setWide(EXTENDED.sysenter_callback_eip, vcpu.sysenterCallback);
  u.setU16(EXTENDED.syscall32_callback_cs, vcpu.syscall32Selector);
  u.setU16(EXTENDED.sysenter_callback_cs, vcpu.sysenterSelector);
  u.setU8(EXTENDED.syscall32_disables_events, Number(vcpu.syscall32MasksEvents));
  u.setU8(EXTENDED.sysenter_disables_events, Number(vcpu.sysenterMasksEvents));
  return 0;
}

/** XEN_DOMCTL_set_ext_vcpucontext */
export function setExtendedContext(context: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const vcpu = domain.vcpus[u.u32(EXTENDED.vcpu)];
  if (vcpu === undefined || domain === context.domain) return -ESRCH;
  const sysenter = u.wide(EXTENDED.sysenter_callback_eip);
  const syscall32 = u.wide(EXTENDED.syscall32_callback_eip);
  if (u.u32(EXTENDED.size) < EXTENDED.vmce || !isCanonical(sysenter) || !isCanonical(syscall32))
    return -EINVAL;
  vcpu.sysenterCallback = sysenter;
  vcpu.sysenterSelector = u.u16(EXTENDED.sysenter_callback_cs) | 3;
  vcpu.sysenterMasksEvents = u.u8(EXTENDED.sysenter_disables_events) !== 0;
  vcpu.syscall32Callback = syscall32;
  vcpu.syscall32Selector = u.u16(EXTENDED.syscall32_callback_cs) | 3;
  vcpu.syscall32MasksEvents = u.u8(EXTENDED.syscall32_disables_events) !== 0;
  return 0;
}
