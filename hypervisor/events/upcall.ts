/** The last step of an event: the vcpu's upcall is pending, and whoever waits for it wakes. */
import { vcpu_info } from '../abi/shared-info.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { wake } from '../sched/vcpus.ts';

const PENDING = vcpu_info.offset.evtchn_upcall_pending;
const MASK = vcpu_info.offset.evtchn_upcall_mask;

/** vcpu_mark_events_pending */
export function markEventsPending(hypervisor: Hypervisor, vcpu: Vcpu): void {
  const { bytes } = hypervisor.machine;
  if (vcpu.info === 0 || bytes[vcpu.info + PENDING] !== 0) return;
  bytes[vcpu.info + PENDING] = 1;
  hypervisor.machine.wrote(vcpu.info >>> 12);
  if (vcpu.blocked) wake(hypervisor, vcpu);
}

/** Whether the vcpu is to be told of events when it goes on. */
export function upcallDue(hypervisor: Hypervisor, vcpu: Vcpu): boolean {
  const { bytes } = hypervisor.machine;
  return bytes[vcpu.info + PENDING] !== 0 && bytes[vcpu.info + MASK] === 0;
}
