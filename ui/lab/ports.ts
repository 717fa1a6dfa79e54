/** The event channels of a domain that are in use, as every face shows them: read from the state as it stands, never kept. */
import { isPortMasked, isPortPending } from '../../hypervisor/events/send.ts';
import { virqName } from '../../hypervisor/events/tell.ts';
import type { Domain } from '../../hypervisor/state/domain.ts';
import {
  ECS_FREE,
  ECS_INTERDOMAIN,
  ECS_IPI,
  ECS_PIRQ,
  ECS_RESERVED,
  ECS_UNBOUND,
  ECS_VIRQ,
} from '../../hypervisor/state/event-channels.ts';
import type { EventChannel } from '../../hypervisor/state/event-channels.ts';
import type { Hypervisor } from '../../hypervisor/state/hypervisor.ts';

/** What a port is bound to; `bindingWords` (stage/words.ts) says it. */
export type PortBinding =
  | { readonly to: 'domain'; readonly domain: number; readonly port: number }
  /** Nobody is at the other end yet; who may be. */
  | { readonly to: 'nobody'; readonly domain: number }
  /** By Xen's name: VIRQ_*. */
  | { readonly to: 'virq'; readonly name: string }
  | { readonly to: 'pirq'; readonly line: number }
  | { readonly to: 'vcpu' }
  /** Xen itself serves the other end. */
  | { readonly to: 'xen' };

export interface PortView {
  readonly port: number;
  readonly binding: PortBinding;
  /** The vcpu that gets the event. */
  readonly vcpu: number;
  readonly pending: boolean;
  readonly masked: boolean;
}

export function portViews(hypervisor: Hypervisor, domain: Domain): PortView[] {
  return domain.events.ports.flatMap((channel) => portOf(hypervisor, domain, channel));
}

function portOf(hypervisor: Hypervisor, domain: Domain, channel: EventChannel | null): PortView[] {
  if (channel === null || channel.state === ECS_FREE || channel.state === ECS_RESERVED) return [];
  const { port } = channel;
  return [
    {
      port,
      binding: bindingOf(channel),
      vcpu: channel.notifyVcpu,
      pending: isPortPending(hypervisor, domain, port),
      masked: isPortMasked(hypervisor, domain, port),
    },
  ];
}

const BINDINGS: Readonly<Record<number, (channel: EventChannel) => PortBinding>> = {
  [ECS_UNBOUND]: ({ consumer, remoteDomain }) =>
    consumer ? { to: 'xen' } : { to: 'nobody', domain: remoteDomain },
  [ECS_INTERDOMAIN]: ({ consumer, remoteDomain, remotePort }) =>
    consumer ? { to: 'xen' } : { to: 'domain', domain: remoteDomain, port: remotePort },
  [ECS_PIRQ]: ({ pirq }) => ({ to: 'pirq', line: pirq }),
  [ECS_VIRQ]: ({ virq }) => ({ to: 'virq', name: virqName(virq) }),
  [ECS_IPI]: () => ({ to: 'vcpu' }),
};

function bindingOf(channel: EventChannel): PortBinding {
  return BINDINGS[channel.state]?.(channel) ?? { to: 'xen' };
}
