/** A new event channel (evtchn_get_port). */
import { ENOSPC } from '../abi/errno.ts';
import type { Domain } from '../state/domain.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import type { EventChannel } from '../state/event-channels.ts';
import { clearPortPending } from './send.ts';

/** A new port in a state, for a vcpu; its event word is clear. Null where none is free. */
export function allocate(
  hypervisor: Hypervisor,
  domain: Domain,
  state: number,
  vcpu: number,
): EventChannel | null {
  const channel = domain.events.allocate();
  if (channel === null) {
    hypervisor.trace.refuse(-ENOSPC, 'all ports of domain {} are in use', domain.id);
    return null;
  }
  channel.state = state;
  channel.notifyVcpu = vcpu;
  channel.lastVcpu = vcpu;
  clearPortPending(hypervisor, domain, channel);
  return channel;
}
