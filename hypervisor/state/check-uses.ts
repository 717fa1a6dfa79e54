/**
 * What must be so of grants in use and of event channels, found out from scratch (see check.ts): every pin of a grant is a
 * mapping that somebody has, and both ends of a channel know each other.
 */
import { GNTMAP_device_map, GNTMAP_host_map, GNTMAP_readonly } from '../abi/grant-table.ts';
import { ECS_FREE, ECS_INTERDOMAIN, ECS_VIRQ } from './event-channels.ts';
import type { EventChannel } from './event-channels.ts';
import type { GrantTable } from './grant-table.ts';

/** What is looked at of a domain. */
export interface Uses {
  readonly id: number;
  readonly grants: GrantTable;
  readonly vcpus: readonly { readonly id: number; readonly virqPorts: Uint32Array }[];
  readonly events: { readonly ports: readonly (EventChannel | null)[] };
}

/** Grants whose pins are not their mappings. Between hypercalls no copy is under way, which would pin too. */
export function checkGrants(domains: ReadonlyMap<number, Uses>): string[] {
  const faults: string[] = [];
  for (const { id, grants } of domains.values()) {
    const pins = countPins(domains, id);
    for (const ref of new Set([...grants.active.keys(), ...pins.keys()])) {
      const counted = pins.get(ref) ?? { readers: 0, writers: 0 };
      const { readers, writers } = grants.active.get(ref) ?? { readers: 0, writers: 0 };
      const isIdle = readers + writers === 0 && grants.active.has(ref);
      if (isIdle || readers !== counted.readers || writers !== counted.writers)
        faults.push(
          `grant ${String(ref)} of domain ${String(id)} has ${String(readers)} readers and ${String(writers)} ` +
            `writers, but its mappings are ${String(counted.readers)} and ${String(counted.writers)}`,
        );
    }
  }
  return faults;
}

/** The mappings of a domain's grants, by reference. One for the processor and for a device at once is two. */
function countPins(
  domains: ReadonlyMap<number, Uses>,
  granter: number,
): Map<number, { readers: number; writers: number }> {
  const pins = new Map<number, { readers: number; writers: number }>();
  for (const { grants } of domains.values())
    for (const mapping of grants.mappings) {
      if (mapping?.domid !== granter || mapping.isOrphan) continue;
      const { ref, flags } = mapping;
      const uses = Number((flags & GNTMAP_host_map) !== 0) + Number((flags & GNTMAP_device_map) !== 0);
      if (uses === 0) continue;
      const pin = pins.get(ref) ?? { readers: 0, writers: 0 };
      if (flags & GNTMAP_readonly) pin.readers += uses;
      else pin.writers += uses;
      pins.set(ref, pin);
    }
  return pins;
}

/** Channels whose other end does not know of them. */
export function checkPorts(domains: ReadonlyMap<number, Uses>): string[] {
  return [...domains.values()].flatMap((domain) => [
    ...domain.events.ports.flatMap((channel) =>
      channel === null ? [] : checkPort(domains, domain, channel),
    ),
    ...domain.vcpus.flatMap((vcpu) => checkVirqs(domain, vcpu)),
  ]);
}

function checkPort(domains: ReadonlyMap<number, Uses>, domain: Uses, channel: EventChannel): string[] {
  const { port, state, notifyVcpu, remoteDomain, remotePort, virq } = channel;
  const what = `port ${String(port)} of domain ${String(domain.id)}`;
  if (domain.events.ports[port] !== channel) return [`${what} is not in its place`];
  if (state === ECS_FREE) return [];
  const faults = [];
  // A domain under construction has no vcpus yet.
  if (domain.vcpus.length > 0 && domain.vcpus[notifyVcpu] === undefined)
    faults.push(`${what} is for vcpu ${String(notifyVcpu)}, which is not there`);
  if (state === ECS_VIRQ && domain.vcpus.filter((vcpu) => vcpu.virqPorts[virq] === port).length !== 1)
    faults.push(`${what} is of VIRQ ${String(virq)}, and no one vcpu has it so`);
  if (state === ECS_INTERDOMAIN) {
    const end = domains.get(remoteDomain)?.events.ports[remotePort] ?? null;
    const knows = end?.remoteDomain === domain.id && end.remotePort === port;
    if (end?.state !== ECS_INTERDOMAIN || !knows)
      faults.push(
        `${what} is bound to port ${String(remotePort)} of domain ${String(remoteDomain)}, which is not`,
      );
  }
  return faults;
}

function checkVirqs(domain: Uses, vcpu: Uses['vcpus'][number]): string[] {
  return [...vcpu.virqPorts].flatMap((port, virq) => {
    const channel = domain.events.ports[port];
    if (port === 0 || (channel?.state === ECS_VIRQ && channel.virq === virq)) return [];
    return [
      `VIRQ ${String(virq)} of d${String(domain.id)}v${String(vcpu.id)} has port ${String(port)}, which is not of it`,
    ];
  });
}
