/** Ports as the trace tells of them. */
import { namesOf } from '../abi/names.ts';
import * as xen from '../abi/xen.ts';
import type { Domain } from '../state/domain.ts';
import type { EventChannel } from '../state/event-channels.ts';
import {
  ECS_FREE,
  ECS_INTERDOMAIN,
  ECS_IPI,
  ECS_PIRQ,
  ECS_RESERVED,
  ECS_UNBOUND,
  ECS_VIRQ,
} from '../state/event-channels.ts';
import type { Hypervisor } from '../state/hypervisor.ts';

const VIRQS = namesOf(xen, 'VIRQ_');

/** A virtual interrupt by its name in the public header: VIRQ_TIMER. */
export function virqName(virq: number): string {
  return VIRQS[virq] ?? `VIRQ ${String(virq)}`;
}

const STATES: Readonly<Record<number, (channel: EventChannel) => string>> = {
  [ECS_FREE]: () => 'closed',
  [ECS_RESERVED]: () => 'reserved',
  [ECS_UNBOUND]: ({ remoteDomain }) => `unbound, for domain ${String(remoteDomain)}`,
  [ECS_INTERDOMAIN]: ({ remoteDomain, remotePort }) =>
    `bound to port ${String(remotePort)} of domain ${String(remoteDomain)}`,
  [ECS_PIRQ]: ({ pirq }) => `bound to interrupt ${String(pirq)}`,
  [ECS_VIRQ]: ({ virq }) => `bound to ${virqName(virq)}`,
  [ECS_IPI]: () => 'bound to its own vcpus',
};

/** What a port is bound to, and who gets its events. */
export function channelState(channel: EventChannel | null): string {
  if (channel === null || channel.state === ECS_FREE) return 'closed';
  return `${STATES[channel.state]!(channel)}, to vcpu ${String(channel.notifyVcpu)}`;
}

/** Does something with a port, and tells how it is otherwise then. */
export function tellingPort<T>(hypervisor: Hypervisor, domain: Domain, port: number, work: () => T): T {
  const { trace } = hypervisor;
  if (!trace.on) return work();
  const from = channelState(domain.events.at(port));
  const result = work();
  tellPort(hypervisor, domain, port, from);
  return result;
}

/** A port that was something else before, or closed. */
export function tellPort({ trace }: Hypervisor, domain: Domain, port: number, from = 'closed'): void {
  if (!trace.on) return;
  const to = channelState(domain.events.at(port));
  if (from !== to) trace.emit({ kind: 'channel', domain: domain.id, port, from, to });
}
