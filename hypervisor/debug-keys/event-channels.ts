/** `e`: every domain's ports: pending, masked, state, vcpu, and what each is bound to (common/event_channel.c). */
import { EVTCHN_FIFO_BUSY, EVTCHN_FIFO_LINK_MASK, EVTCHN_FIFO_LINKED } from '../abi/event-channel.ts';
import type { Domain } from '../state/domain.ts';
import type { EventChannel } from '../state/event-channels.ts';
import { ECS_FREE, ECS_INTERDOMAIN, ECS_PIRQ, ECS_UNBOUND, ECS_VIRQ } from '../state/event-channels.ts';
import { eventWord } from '../events/fifo.ts';
import { isPortMasked, isPortPending } from '../events/send.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import type { DebugKey } from './key.ts';
import { pressed, ranges } from './key.ts';

export const eventChannels: DebugKey = {
  key: 'e',
  description: 'dump evtchn info',
  diagnostic: 'tasklet',
  dump: (hypervisor) => [
    pressed('e', 'dumping event-channel info'),
    ...[...hypervisor.domains.values()].flatMap((domain) => portsOf(hypervisor, domain)),
  ],
};

function portsOf(hypervisor: Hypervisor, domain: Domain): string[] {
  const polling = domain.vcpus.filter((vcpu) => vcpu.polling).map(({ id }) => id);
  const channels = domain.events.ports.filter((channel) => channel !== null && channel.state !== ECS_FREE);
  return [
    `Event channel information for domain ${String(domain.id)}:`,
    `Polling vCPUs: {${ranges(polling)}}`,
    '    port [p/m/s]',
    ...channels.map((channel) => tell(hypervisor, domain, channel!)),
  ];
}

/** The words of each state: whom or what the port is bound to. */
const BOUND: Readonly<Record<number, (channel: EventChannel) => string>> = {
  [ECS_UNBOUND]: ({ remoteDomain }) => ` d=${String(remoteDomain)}`,
  [ECS_INTERDOMAIN]: ({ remoteDomain, remotePort }) => ` d=${String(remoteDomain)} p=${String(remotePort)}`,
  [ECS_PIRQ]: ({ pirq }) => ` p=${String(pirq)} i=${String(pirq)}`,
  [ECS_VIRQ]: ({ virq }) => ` v=${String(virq)}`,
};

function tell(hypervisor: Hypervisor, domain: Domain, channel: EventChannel): string {
  const { port, state, notifyVcpu, consumer } = channel;
  const pending = Number(isPortPending(hypervisor, domain, port));
  const masked = Number(isPortMasked(hypervisor, domain, port));
  const bits = `[${String(pending)}/${String(masked)}/${linkOf(hypervisor, domain, port)}]`;
  const facts = `s=${String(state)} n=${String(notifyVcpu)} x=${String(Number(consumer))}`;
  return `    ${String(port).padStart(4)} ${bits}: ${facts}${BOUND[state]?.(channel) ?? ''}`;
}

/** Where the port is in its queue: the FIFO ABI alone has queues. */
function linkOf(hypervisor: Hypervisor, domain: Domain, port: number): string {
  if (domain.events.fifo === null) return '';
  const word = eventWord(hypervisor, domain, port);
  if (word === null) return '?     ';
  const busy = word & (1 << EVTCHN_FIFO_BUSY) ? 'B' : ' ';
  const link = word & (1 << EVTCHN_FIFO_LINKED) ? String(word & EVTCHN_FIFO_LINK_MASK).padEnd(4) : '-   ';
  return `${busy} ${link}`;
}
