/** Binding ports to what raises them, and closing them (common/event_channel.c), each as its command's structure says. */
import { bug } from '../bug.ts';
import type * as abi from '../abi/event-channel.ts';
import { EEXIST, EINVAL, ENOENT, ENOSPC, EPERM, ESRCH } from '../abi/errno.ts';
import { DOMID_SELF, NR_VIRQS, VIRQ_DEBUG, VIRQ_TIMER, VIRQ_XENOPROF, VIRQ_XENPMU } from '../abi/xen.ts';
import type { Domain } from '../state/domain.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import type { Caller } from '../state/caller.ts';
import { anyDomain, mayTarget } from '../state/page-owner.ts';
import type { StructOf } from '../memory/guest-struct.ts';
import { allocate } from './allocate.ts';
import type { EventChannel } from '../state/event-channels.ts';
import {
  ECS_FREE,
  ECS_INTERDOMAIN,
  ECS_IPI,
  ECS_PIRQ,
  ECS_UNBOUND,
  ECS_VIRQ,
} from '../state/event-channels.ts';
import { unbindPirq } from './pirq.ts';
import { clearPortPending, setPortPending } from './send.ts';

import { channelState, tellingPort, tellPort } from './tell.ts';

/** VIRQs that each vcpu has for itself; the others are the domain's and go to vcpu 0 first. */
export function isVcpuVirq(virq: number): boolean {
  return virq === VIRQ_TIMER || virq === VIRQ_DEBUG || virq === VIRQ_XENOPROF || virq === VIRQ_XENPMU;
}

/** EVTCHNOP_alloc_unbound */
export function allocateUnbound(context: Caller, op: StructOf<typeof abi.evtchn_alloc_unbound>): number {
  const { hypervisor } = context;
  const domain = hypervisor.domains.get(anyDomain(context, op.get('dom')));
  if (domain === undefined) return -ESRCH;
  if (mayTarget(context, domain.id) !== 0) return -EPERM;
  const channel = allocate(hypervisor, domain, ECS_UNBOUND, 0);
  if (channel === null) return -ENOSPC;
  const remote = op.get('remote_dom');
  channel.remoteDomain = remote === DOMID_SELF ? context.domain.id : remote;
  tellPort(hypervisor, domain, channel.port);
  op.set('port', channel.port);
  return 0;
}

/** EVTCHNOP_bind_interdomain */
export function bindInterdomain(context: Caller, op: StructOf<typeof abi.evtchn_bind_interdomain>): number {
  const { hypervisor, domain } = context;
  const { trace } = hypervisor;
  const id = op.get('remote_dom');
  const remote = id === DOMID_SELF ? domain : hypervisor.domains.get(id);
  if (remote === undefined) return trace.refuse(-ESRCH, 'there is no domain {}', id);
  const end = remote.events.at(op.get('remote_port'));
  if (end === null || end.state !== ECS_UNBOUND || end.remoteDomain !== domain.id) {
    const wanted = 'port {} of domain {} is {}, where one that is unbound, for domain {}, is needed';
    return trace.refuse(-EINVAL, wanted, op.get('remote_port'), remote.id, channelState(end), domain.id);
  }
  const channel = allocate(hypervisor, domain, ECS_INTERDOMAIN, 0);
  if (channel === null) return -ENOSPC;
  channel.remoteDomain = remote.id;
  channel.remotePort = end.port;
  tellPort(hypervisor, domain, channel.port);
  tellingPort(hypervisor, remote, end.port, () => {
    end.state = ECS_INTERDOMAIN;
    end.remoteDomain = domain.id;
    end.remotePort = channel.port;
  });
  // What the other end raised before this one existed is not lost.
  setPortPending(hypervisor, domain, channel);
  op.set('local_port', channel.port);
  return 0;
}

/** EVTCHNOP_bind_virq */
export function bindVirq(context: Caller, op: StructOf<typeof abi.evtchn_bind_virq>): number {
  const { hypervisor, domain } = context;
  const { trace } = hypervisor;
  const virq = op.get('virq');
  if (virq >= NR_VIRQS) return trace.refuse(-EINVAL, 'VIRQ {} is none: there are {}', virq, NR_VIRQS);
  const vcpu = domain.vcpus[op.get('vcpu')];
  if (!isVcpuVirq(virq) && op.get('vcpu') !== 0)
    return trace.refuse(-EINVAL, 'VIRQ {} is one of the domain: it goes to vcpu 0', virq);
  if (vcpu === undefined) return noVcpu(context, op.get('vcpu'));
  if (vcpu.virqPorts[virq] !== 0)
    return trace.refuse(-EEXIST, 'VIRQ {} is bound to port {} already', virq, vcpu.virqPorts[virq]!);
  const channel = allocate(hypervisor, domain, ECS_VIRQ, vcpu.id);
  if (channel === null) return -ENOSPC;
  channel.virq = virq;
  vcpu.virqPorts[virq] = channel.port;
  tellPort(hypervisor, domain, channel.port);
  op.set('port', channel.port);
  return 0;
}

/** EVTCHNOP_bind_ipi */
export function bindIpi(context: Caller, op: StructOf<typeof abi.evtchn_bind_ipi>): number {
  const { hypervisor, domain } = context;
  const vcpu = op.get('vcpu');
  if (domain.vcpus[vcpu] === undefined) return noVcpu(context, vcpu);
  const channel = allocate(hypervisor, domain, ECS_IPI, vcpu);
  if (channel === null) return -ENOSPC;
  tellPort(hypervisor, domain, channel.port);
  op.set('port', channel.port);
  return 0;
}

/** EVTCHNOP_close */
export function close(context: Caller, op: StructOf<typeof abi.evtchn_close>): number {
  const channel = context.domain.events.at(op.get('port'));
  if (channel === null || channel.consumer) return noPort(context, op.get('port'), channel);
  closePort(context.hypervisor, context.domain, channel);
  return 0;
}

/** Closes a port: the other end of an interdomain channel becomes unbound. */
export function closePort(hypervisor: Hypervisor, domain: Domain, channel: EventChannel): void {
  if (channel.state === ECS_FREE) bug(`port ${String(channel.port)} is closed twice`);
  if (channel.state === ECS_VIRQ) unbindVirq(domain, channel);
  if (channel.state === ECS_INTERDOMAIN) {
    const end = hypervisor.domains.get(channel.remoteDomain)?.events.at(channel.remotePort) ?? null;
    if (end?.state !== ECS_INTERDOMAIN || end.remoteDomain !== domain.id || end.remotePort !== channel.port)
      bug(`port ${String(channel.port)} of domain ${String(domain.id)} is bound to one that is not`);
    const remote = hypervisor.domains.get(channel.remoteDomain)!;
    tellingPort(hypervisor, remote, end.port, () => {
      end.state = ECS_UNBOUND;
      end.remotePort = 0;
    });
  }
  if (channel.state === ECS_PIRQ) unbindPirq(hypervisor, channel);
  clearPortPending(hypervisor, domain, channel);
  tellingPort(hypervisor, domain, channel.port, () => {
    domain.events.free(channel);
  });
}

/** A port that the domain has not, or that Xen itself reads. */
export function noPort(
  { hypervisor: { trace } }: Caller,
  port: number,
  channel: EventChannel | null,
): number {
  if (channel === null) return trace.refuse(-EINVAL, 'port {} is closed', port);
  return trace.refuse(-EINVAL, 'port {} is Xen’s own to close', port);
}

function noVcpu({ domain, hypervisor: { trace } }: Caller, vcpu: number): number {
  return trace.refuse(-ENOENT, 'there is no vcpu {}: domain {} has {}', vcpu, domain.id, domain.vcpus.length);
}

function unbindVirq(domain: Domain, { port, virq }: EventChannel): void {
  const vcpu = domain.vcpus.find(({ virqPorts }) => virqPorts[virq] === port);
  if (vcpu === undefined) return bug(`port ${String(port)} is of VIRQ ${String(virq)}, which no vcpu has`);
  vcpu.virqPorts[virq] = 0;
}

/** EVTCHNOP_bind_vcpu. The event goes to another vcpu from now on. */
export function bindVcpu(context: Caller, op: StructOf<typeof abi.evtchn_bind_vcpu>): number {
  const { domain } = context;
  const vcpu = op.get('vcpu');
  if (domain.vcpus[vcpu] === undefined) return noVcpu(context, vcpu);
  const channel = domain.events.at(op.get('port'));
  if (channel === null || channel.consumer) return noPort(context, op.get('port'), channel);
  switch (channel.state) {
    case ECS_VIRQ:
      if (isVcpuVirq(channel.virq)) return belongsToOne(context, channel);
      break;
    case ECS_UNBOUND:
    case ECS_INTERDOMAIN:
    case ECS_PIRQ:
      break;
    default:
      return belongsToOne(context, channel);
  }
  tellingPort(context.hypervisor, domain, channel.port, () => {
    channel.notifyVcpu = vcpu;
  });
  return 0;
}

function belongsToOne({ hypervisor: { trace } }: Caller, channel: EventChannel): number {
  return trace.refuse(
    -EINVAL,
    'port {} is {}, and belongs there by its nature',
    channel.port,
    channelState(channel),
  );
}
