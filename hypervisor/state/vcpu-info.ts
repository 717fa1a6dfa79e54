/** What a vcpu's struct vcpu_info says (public/xen.h). */
import { vcpu_info } from '../abi/shared-info.ts';
import type { Hypervisor } from './hypervisor.ts';
import type { Vcpu } from './vcpu.ts';

const PENDING = vcpu_info.offset.evtchn_upcall_pending;
const MASK = vcpu_info.offset.evtchn_upcall_mask;

/** Whether the vcpu is to be told of events when it goes on. */
export function upcallDue({ machine }: Hypervisor, { info }: Vcpu): boolean {
  return machine.bytes[info + PENDING] !== 0 && machine.bytes[info + MASK] === 0;
}
