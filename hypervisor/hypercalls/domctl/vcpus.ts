/** A toolstack's hand on vcpus' contexts. */
import {
  xen_domctl_ext_vcpucontext,
  xen_domctl_sendtrigger,
  XEN_DOMCTL_SENDTRIGGER_NMI,
  XEN_DOMCTL_SENDTRIGGER_POWER,
  XEN_DOMCTL_SENDTRIGGER_SLEEP,
  xen_domctl_vcpucontext,
} from '../../abi/domctl.ts';
import { EFAULT, EINVAL, ENODATA, ENOSYS, ESRCH } from '../../abi/errno.ts';
import { isCanonical } from '../../../core/machine.ts';
import type { ControlBuffer } from '../control.ts';
import type { HypercallContext } from '../hypercall.ts';
import { newGuestContext } from '../../domain/context-words.ts';
import { setGuestContext } from '../../domain/context.ts';
import type { Domain } from '../../state/domain.ts';
import { getGuestContext } from '../../domain/read-context.ts';
import { resetVcpu } from '../../domain/reset.ts';
import { sendNmi } from '../../sched/vcpus.ts';

/** XEN_DOMCTL_setvcpucontext: the vcpu's context; null takes it away again. */
export function setContext(context: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const op = u.as(xen_domctl_vcpucontext);
  const vcpu = domain.vcpus[op.get('vcpu')];
  const from = op.get('ctxt');
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
  const op = u.as(xen_domctl_vcpucontext);
  const vcpu = domain.vcpus[op.get('vcpu')];
  if (vcpu === undefined || vcpu === context.vcpu) return -EINVAL;
  if (!vcpu.initialised) return -ENODATA;
  const words = getGuestContext(context.hypervisor, vcpu);
  return context.write(op.get('ctxt'), words) ? 0 : -EFAULT;
}

const EXTENDED = xen_domctl_ext_vcpucontext;

/** XEN_DOMCTL_get_ext_vcpucontext: what vcpu_guest_context has no room for. There are no machine checks to tell of. */
export function getExtendedContext(context: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const op = u.as(EXTENDED);
  const id = op.get('vcpu');
  const vcpu = domain.vcpus[id];
  if (vcpu === undefined || vcpu === context.vcpu) return -ESRCH;
  op.bytes.fill(0);
  op.set('vcpu', id);
  op.set('size', xen_domctl_ext_vcpucontext.size);
  op.set('syscall32_callback_eip', vcpu.syscall32Callback);
  op.set('sysenter_callback_eip', vcpu.sysenterCallback);
  op.set('syscall32_callback_cs', vcpu.syscall32Selector);
  op.set('sysenter_callback_cs', vcpu.sysenterSelector);
  op.set('syscall32_disables_events', Number(vcpu.syscall32MasksEvents));
  op.set('sysenter_disables_events', Number(vcpu.sysenterMasksEvents));
  return 0;
}

/** XEN_DOMCTL_set_ext_vcpucontext */
export function setExtendedContext(context: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const op = u.as(EXTENDED);
  const vcpu = domain.vcpus[op.get('vcpu')];
  if (vcpu === undefined || domain === context.domain) return -ESRCH;
  const sysenter = op.get('sysenter_callback_eip');
  const syscall32 = op.get('syscall32_callback_eip');
  if (op.get('size') < EXTENDED.offset.vmce || !isCanonical(sysenter) || !isCanonical(syscall32))
    return -EINVAL;
  vcpu.sysenterCallback = sysenter;
  vcpu.sysenterSelector = op.get('sysenter_callback_cs') | 3;
  vcpu.sysenterMasksEvents = op.get('sysenter_disables_events') !== 0;
  vcpu.syscall32Callback = syscall32;
  vcpu.syscall32Selector = op.get('syscall32_callback_cs') | 3;
  vcpu.syscall32MasksEvents = op.get('syscall32_disables_events') !== 0;
  return 0;
}

/** XEN_DOMCTL_sendtrigger: an NMI for a vcpu. Buttons are HVM domains': -EINVAL; what else there might be is not: -ENOSYS. */
export function sendTrigger({ hypervisor }: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const op = u.as(xen_domctl_sendtrigger);
  const vcpu = domain.vcpus[op.get('vcpu')];
  if (vcpu === undefined) return -ESRCH;
  switch (op.get('trigger')) {
    case XEN_DOMCTL_SENDTRIGGER_NMI:
      sendNmi(hypervisor, vcpu);
      return 0;
    case XEN_DOMCTL_SENDTRIGGER_POWER:
    case XEN_DOMCTL_SENDTRIGGER_SLEEP:
      return -EINVAL;
    default:
      return -ENOSYS;
  }
}
