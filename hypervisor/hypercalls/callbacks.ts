/**
 * callback_op(command, argument) and its elder set_callbacks(event, failsafe, syscall): where Xen enters the guest's
 * kernel for events, failed segment loads, system calls, NMIs. -EINVAL for an address that is not canonical or a type that
 * does not exist, -ENOSYS for an unknown command. nmi_op does the same for NMIs alone.
 */
import { fromHalves, isCanonical } from '../../core/machine.ts';
import * as callback from '../abi/callback.ts';
import {
  CALLBACKF_mask_events,
  CALLBACKOP_register,
  CALLBACKOP_unregister,
  CALLBACKTYPE_event,
  CALLBACKTYPE_failsafe,
  CALLBACKTYPE_nmi,
  CALLBACKTYPE_syscall,
  CALLBACKTYPE_syscall32,
  CALLBACKTYPE_sysenter,
  CALLBACKTYPE_sysenter_deprecated,
  XENNMI_register_callback,
  XENNMI_unregister_callback,
  xennmi_callback,
} from '../abi/callback.ts';
import { EFAULT, EINVAL, ENOSYS } from '../abi/errno.ts';
import { namesOf } from '../abi/names.ts';
import { HYPERVISOR_callback_op, HYPERVISOR_nmi_op, HYPERVISOR_set_callbacks } from '../abi/xen.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypercall } from './hypercall.ts';

const request = new Uint32Array(4);
const nmi = new Uint32Array(xennmi_callback.size / 4);

export const callbackOp: Hypercall = {
  number: HYPERVISOR_callback_op,
  name: 'callback_op',
  args: [
    { name: 'command', kind: 'command', commands: namesOf(callback, 'CALLBACKOP_') },
    { name: 'argument', kind: 'va' },
  ],
  handler(context, command, argument) {
    if (command === CALLBACKOP_register) {
      if (!context.read(argument, request)) return -EFAULT;
      const address = fromHalves(request[2]!, request[3]!);
      const masks = ((request[0]! >>> 16) & CALLBACKF_mask_events) !== 0;
      return register(context.vcpu, request[0]! & 0xffff, address, masks);
    }
    if (command === CALLBACKOP_unregister) {
      if (!context.read(argument, request.subarray(0, 1))) return -EFAULT;
      return unregister(context.vcpu, request[0]! & 0xffff);
    }
    return -ENOSYS;
  },
};

function register(vcpu: Vcpu, type: number, address: number, masks: boolean): number {
  if (!isCanonical(address)) return -EINVAL;
  switch (type) {
    case CALLBACKTYPE_event:
      vcpu.eventCallback = address;
      return 0;
    case CALLBACKTYPE_failsafe:
      vcpu.failsafeCallback = address;
      vcpu.failsafeMasksEvents = masks;
      return 0;
    case CALLBACKTYPE_syscall:
      vcpu.syscallCallback = address;
      vcpu.syscallMasksEvents = masks;
      return 0;
    case CALLBACKTYPE_syscall32:
      vcpu.syscall32Callback = address;
      vcpu.syscall32MasksEvents = masks;
      return 0;
    case CALLBACKTYPE_sysenter:
    case CALLBACKTYPE_sysenter_deprecated:
      vcpu.sysenterCallback = address;
      vcpu.sysenterMasksEvents = masks;
      return 0;
    case CALLBACKTYPE_nmi:
      vcpu.nmiCallback = address;
      return 0;
    default:
      return -ENOSYS;
  }
}

/** What has to be there always cannot be taken away. */
function unregister(vcpu: Vcpu, type: number): number {
  switch (type) {
    case CALLBACKTYPE_event:
    case CALLBACKTYPE_failsafe:
    case CALLBACKTYPE_syscall:
    case CALLBACKTYPE_sysenter_deprecated:
      return -EINVAL;
    case CALLBACKTYPE_syscall32:
      vcpu.syscall32Callback = 0;
      return 0;
    case CALLBACKTYPE_sysenter:
      vcpu.sysenterCallback = 0;
      return 0;
    case CALLBACKTYPE_nmi:
      vcpu.nmiCallback = 0;
      return 0;
    default:
      return -ENOSYS;
  }
}

export const setCallbacks: Hypercall = {
  number: HYPERVISOR_set_callbacks,
  name: 'set_callbacks',
  args: [
    { name: 'event', kind: 'va' },
    { name: 'failsafe', kind: 'va' },
    { name: 'syscall', kind: 'va' },
  ],
  handler({ vcpu }, event, failsafe, syscall) {
    const kept = vcpu.syscallMasksEvents;
    const result =
      register(vcpu, CALLBACKTYPE_event, event, false) ||
      register(vcpu, CALLBACKTYPE_failsafe, failsafe, vcpu.failsafeMasksEvents);
    if (result !== 0 || syscall === 0) return result;
    return register(vcpu, CALLBACKTYPE_syscall, syscall, kept);
  },
};

export const nmiOp: Hypercall = {
  number: HYPERVISOR_nmi_op,
  name: 'nmi_op',
  args: [
    { name: 'command', kind: 'command', commands: namesOf(callback, 'XENNMI_') },
    { name: 'argument', kind: 'va' },
  ],
  handler(context, command, argument) {
    if (command === XENNMI_register_callback) {
      if (!context.read(argument, nmi)) return -EFAULT;
      return register(context.vcpu, CALLBACKTYPE_nmi, fromHalves(nmi[0]!, nmi[1]!), false);
    }
    if (command === XENNMI_unregister_callback) return unregister(context.vcpu, CALLBACKTYPE_nmi);
    return -ENOSYS;
  },
};
