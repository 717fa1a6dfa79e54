/** The last step of an event: the vcpu's upcall is pending, and whoever waits for it wakes. */
import { vcpu_info } from '../abi/shared-info.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { writeByte } from '../memory/guest-frames.ts';
import { kick } from '../sched/vcpus.ts';

const PENDING = vcpu_info.offset.evtchn_upcall_pending;

/** vcpu_mark_events_pending */
export function markEventsPending(hypervisor: Hypervisor, vcpu: Vcpu): void {
  const { bytes } = hypervisor.machine;
  hypervisor.staysInGuest = false;
  if (vcpu.info === 0 || bytes[vcpu.info + PENDING] !== 0) return;
  writeByte(hypervisor.frames, vcpu.info + PENDING, 1);
  if (vcpu.blocked) kick(hypervisor, vcpu);
}
