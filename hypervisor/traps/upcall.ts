/** Entering the guest's kernel to tell it of events and NMIs. */
import type { Hypervisor } from '../state/hypervisor.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { bounce, MASK_EVENTS } from './bounce.ts';

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
