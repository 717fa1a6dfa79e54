/** Looking at ports, unmasking them, setting priorities, and resetting all of a domain's (common/event_channel.c). */
import {
  EVTCHN_FIFO_PRIORITY_MIN,
  EVTCHNSTAT_closed,
  EVTCHNSTAT_interdomain,
  EVTCHNSTAT_ipi,
  EVTCHNSTAT_pirq,
  EVTCHNSTAT_unbound,
  EVTCHNSTAT_virq,
} from '../abi/event-channel.ts';
import { EINVAL, ENOSYS, EPERM, ESRCH } from '../abi/errno.ts';
import { DOMID_SELF } from '../abi/xen.ts';
import type { Domain } from '../state/domain.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import type { Caller } from '../state/caller.ts';
import { closePort } from './bind.ts';
import {
  ECS_FREE,
  ECS_INTERDOMAIN,
  ECS_IPI,
  ECS_PIRQ,
  ECS_UNBOUND,
  ECS_VIRQ,
} from '../state/event-channels.ts';
import { releaseFifo } from './fifo-control.ts';
import { unmaskPort } from './send.ts';

const STATUS: Readonly<Record<number, number>> = {
  [ECS_UNBOUND]: EVTCHNSTAT_unbound,
  [ECS_INTERDOMAIN]: EVTCHNSTAT_interdomain,
  [ECS_PIRQ]: EVTCHNSTAT_pirq,
  [ECS_VIRQ]: EVTCHNSTAT_virq,
  [ECS_IPI]: EVTCHNSTAT_ipi,
};

/** The domain that a `dom` argument names, or a negative errno. */
function target(context: Caller, id: number): Domain | number {
  if (id === DOMID_SELF || id === context.domain.id) return context.domain;
  const domain = context.hypervisor.domains.get(id);
  if (domain === undefined) return -ESRCH;
  return context.domain.isPrivileged ? domain : -EPERM;
}

/** EVTCHNOP_status: dom, port | status, vcpu, u. */
export function status(context: Caller, words: Uint32Array): number {
  const domain = target(context, words[0]! & 0xffff);
  if (typeof domain === 'number') return domain;
  if (words[1]! >= domain.events.limit || words[1] === 0) return -EINVAL;
  const channel = domain.events.ports[words[1]!] ?? null;
  words.fill(0, 2);
  if (channel === null || channel.state === ECS_FREE) {
    words[2] = EVTCHNSTAT_closed;
    return 0;
  }
  words[2] = STATUS[channel.state] ?? EVTCHNSTAT_closed;
  words[3] = channel.notifyVcpu;
  if (channel.state === ECS_UNBOUND) words[4] = channel.remoteDomain;
  if (channel.state === ECS_INTERDOMAIN) {
    words[4] = channel.remoteDomain;
    words[5] = channel.remotePort;
  }
  if (channel.state === ECS_PIRQ) words[4] = channel.pirq;
  if (channel.state === ECS_VIRQ) words[4] = channel.virq;
  return 0;
}

/** EVTCHNOP_unmask: port. */
export function unmask(context: Caller, words: Uint32Array): number {
  const channel = context.domain.events.at(words[0]!);
  if (channel === null) return -EINVAL;
  unmaskPort(context.hypervisor, context.domain, channel);
  return 0;
}

/** EVTCHNOP_set_priority: port, priority. */
export function setPriority(context: Caller, words: Uint32Array): number {
  const channel = context.domain.events.at(words[0]!);
  if (channel === null) return -EINVAL;
  if (context.domain.events.fifo === null) return -ENOSYS;
  if (words[1]! > EVTCHN_FIFO_PRIORITY_MIN) return -EINVAL;
  channel.priority = words[1]!;
  return 0;
}

/** EVTCHNOP_reset: dom. All its ports are closed, and the 2-level ABI is in use again. */
export function reset(context: Caller, words: Uint32Array): number {
  const domain = target(context, words[0]! & 0xffff);
  if (typeof domain === 'number') return domain;
  resetDomain(context.hypervisor, domain);
  return 0;
}

function resetDomain(hypervisor: Hypervisor, domain: Domain): void {
  for (const channel of domain.events.ports)
    if (channel !== null && channel.state !== ECS_FREE && !channel.consumer)
      closePort(hypervisor, domain, channel);
  releaseFifo(hypervisor, domain);
}
