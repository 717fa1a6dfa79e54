/** Raising events: on a port, of a VIRQ, across domains; and the pollers that wait for one (common/event_channel.c). */
import { EINVAL } from '../abi/errno.ts';
import type { Domain } from '../state/domain.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { kick } from '../sched/vcpus.ts';
import type { EventChannel } from '../state/event-channels.ts';
import { ECS_INTERDOMAIN, ECS_IPI, ECS_UNBOUND } from '../state/event-channels.ts';
import { clearPendingFifo, isMaskedFifo, isPendingFifo, setPendingFifo, unmaskFifo } from './fifo.ts';
import { clearPending2L, isMasked2L, isPending2L, setPending2L, unmask2L } from './two-level.ts';

/** The domain that has the machine's devices, and its VIRQs. */
const HARDWARE_DOMAIN = 0;

/** evtchn_port_set_pending: raises a port of a domain for the vcpu it is bound to. */
export function setPortPending(hypervisor: Hypervisor, domain: Domain, channel: EventChannel): void {
  if (hypervisor.trace.on) hypervisor.trace.emit({ kind: 'port', domain: domain.id, port: channel.port });
  const vcpu = domain.vcpus[channel.notifyVcpu];
  // A domain under construction has no vcpus yet.
  if (vcpu === undefined) return;
  const fresh =
    domain.events.fifo === null
      ? setPending2L(hypervisor, domain, vcpu, channel.port)
      : setPendingFifo(hypervisor, domain, channel);
  if (fresh) wakePollers(hypervisor, domain, channel.port);
}

/** evtchn_check_pollers: one event wakes the vcpu that polls for this port, or every one that polls for several. */
function wakePollers(hypervisor: Hypervisor, domain: Domain, port: number): void {
  for (const vcpu of domain.vcpus) {
    if (!vcpu.polling) continue;
    if (vcpu.pollPorts.length !== 1 || vcpu.pollPorts[0] === port) kick(hypervisor, vcpu);
  }
}

export function isPortPending(hypervisor: Hypervisor, domain: Domain, port: number): boolean {
  if (domain.events.fifo !== null) return isPendingFifo(hypervisor, domain, port);
  return isPending2L(hypervisor, domain, port);
}

export function isPortMasked(hypervisor: Hypervisor, domain: Domain, port: number): boolean {
  if (domain.events.fifo !== null) return isMaskedFifo(hypervisor, domain, port);
  return isMasked2L(hypervisor, domain, port);
}

export function clearPortPending(hypervisor: Hypervisor, domain: Domain, channel: EventChannel): void {
  if (domain.events.fifo !== null) clearPendingFifo(hypervisor, domain, channel);
  else clearPending2L(hypervisor, domain, channel.port);
}

export function unmaskPort(hypervisor: Hypervisor, domain: Domain, channel: EventChannel): void {
  if (domain.events.fifo !== null) unmaskFifo(hypervisor, domain, channel);
  else unmask2L(hypervisor, domain, domain.vcpus[channel.notifyVcpu]!, channel.port);
}

/** send_guest_vcpu_virq / send_guest_global_virq: raises a VIRQ where the guest has bound it. */
export function sendVirq(hypervisor: Hypervisor, vcpu: Vcpu, virq: number): void {
  const port = vcpu.virqPorts[virq]!;
  const channel = port === 0 ? null : vcpu.domain.events.at(port);
  if (channel === null) return;
  if (hypervisor.trace.on)
    hypervisor.trace.emit({ kind: 'virq', virq, domain: vcpu.domain.id, vcpu: vcpu.id });
  setPortPending(hypervisor, vcpu.domain, channel);
}

/** send_global_virq: raises a VIRQ of the whole machine, which the hardware domain handles, or whom it has named. */
export function sendGlobalVirq(hypervisor: Hypervisor, virq: number): void {
  const handler = hypervisor.virqHandlers.get(virq) ?? HARDWARE_DOMAIN;
  const vcpu = hypervisor.domains.get(handler)?.vcpus[0];
  if (vcpu !== undefined) sendVirq(hypervisor, vcpu, virq);
}

/** EVTCHNOP_send on one of the domain's ports. 0, or -EINVAL for a port that cannot be sent on. */
export function sendEvent(hypervisor: Hypervisor, domain: Domain, port: number): number {
  const channel = domain.events.at(port);
  if (channel === null || channel.consumer)
    return hypervisor.trace.refuse(-EINVAL, 'port {} of domain {} is closed, or Xen’s own', port, domain.id);
  switch (channel.state) {
    case ECS_INTERDOMAIN: {
      const remote = hypervisor.domains.get(channel.remoteDomain);
      const end = remote?.events.at(channel.remotePort) ?? null;
      if (remote === undefined || end === null) return 0;
      if (end.consumer) notified(hypervisor, remote, end.port);
      else setPortPending(hypervisor, remote, end);
      return 0;
    }
    case ECS_IPI:
      setPortPending(hypervisor, domain, channel);
      return 0;
    case ECS_UNBOUND:
      // Nobody is at the other end: the event is lost, silently.
      notified(hypervisor, domain, port);
      return 0;
    default:
      return hypervisor.trace.refuse(-EINVAL, 'port {} is one that only Xen raises', port);
  }
}

/** A domain raised a port to whose other end no domain is bound. */
function notified(hypervisor: Hypervisor, domain: Domain, port: number): void {
  if (domain.consoleRing !== null && port === domain.consolePort) hypervisor.consoleRaised(domain);
  hypervisor.onNotify?.(domain, port);
}

/** Raises a port of a domain from outside: the console has input. False: there is no such port. */
export function notify(hypervisor: Hypervisor, domain: Domain, port: number): boolean {
  const channel = domain.events.at(port);
  if (channel === null) return false;
  hypervisor.placeTrace(null);
  setPortPending(hypervisor, domain, channel);
  return true;
}
