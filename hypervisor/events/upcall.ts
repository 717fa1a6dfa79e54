/** The last step of an event: the vcpu's upcall is pending, and whoever waits for it wakes. */
import { vcpu_info } from '../abi/shared-info.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { wake } from '../sched/vcpus.ts';
import { bounce, MASK_EVENTS } from '../traps/bounce.ts';

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

/** Enters the guest's event callback. A guest without one gets no upcalls. */
export function deliverUpcall(hypervisor: Hypervisor, vcpu: Vcpu): void {
  if (vcpu.eventCallback === 0) return;
  if (hypervisor.trace.on) hypervisor.trace.emit({ kind: 'upcall' });
  bounce(hypervisor, vcpu, vcpu.eventCallback, MASK_EVENTS, 0);
}

/** Enters the guest's NMI callback, if an NMI waits and no handler of one is running. */
export function deliverNmi(hypervisor: Hypervisor, vcpu: Vcpu): void {
  if (vcpu.inNmi || vcpu.nmiCallback === 0) return;
  vcpu.nmiPending = false;
  vcpu.inNmi = true;
  bounce(hypervisor, vcpu, vcpu.nmiCallback, MASK_EVENTS, 0);
}
