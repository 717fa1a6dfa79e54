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
  op.set('port', channel.port);
  return 0;
}

/** EVTCHNOP_bind_interdomain */
export function bindInterdomain(context: Caller, op: StructOf<typeof abi.evtchn_bind_interdomain>): number {
  const { hypervisor, domain } = context;
  const id = op.get('remote_dom');
  const remote = id === DOMID_SELF ? domain : hypervisor.domains.get(id);
  if (remote === undefined) return -ESRCH;
  const end = remote.events.at(op.get('remote_port'));
  if (end === null || end.state !== ECS_UNBOUND || end.remoteDomain !== domain.id) return -EINVAL;
  const channel = allocate(hypervisor, domain, ECS_INTERDOMAIN, 0);
  if (channel === null) return -ENOSPC;
  channel.remoteDomain = remote.id;
  channel.remotePort = end.port;
  end.state = ECS_INTERDOMAIN;
  end.remoteDomain = domain.id;
  end.remotePort = channel.port;
  // What the other end raised before this one existed is not lost.
  setPortPending(hypervisor, domain, channel);
  op.set('local_port', channel.port);
  return 0;
}

/** EVTCHNOP_bind_virq */
export function bindVirq(context: Caller, op: StructOf<typeof abi.evtchn_bind_virq>): number {
  const { hypervisor, domain } = context;
  const virq = op.get('virq');
  if (virq >= NR_VIRQS) return -EINVAL;
  const vcpu = domain.vcpus[op.get('vcpu')];
  if (!isVcpuVirq(virq) && op.get('vcpu') !== 0) return -EINVAL;
  if (vcpu === undefined) return -ENOENT;
  if (vcpu.virqPorts[virq] !== 0) return -EEXIST;
  const channel = allocate(hypervisor, domain, ECS_VIRQ, vcpu.id);
  if (channel === null) return -ENOSPC;
  channel.virq = virq;
  vcpu.virqPorts[virq] = channel.port;
  op.set('port', channel.port);
  return 0;
}

/** EVTCHNOP_bind_ipi */
export function bindIpi(context: Caller, op: StructOf<typeof abi.evtchn_bind_ipi>): number {
  const { hypervisor, domain } = context;
  const vcpu = op.get('vcpu');
  if (domain.vcpus[vcpu] === undefined) return -ENOENT;
  const channel = allocate(hypervisor, domain, ECS_IPI, vcpu);
  if (channel === null) return -ENOSPC;
  op.set('port', channel.port);
  return 0;
}

/** EVTCHNOP_close */
export function close(context: Caller, op: StructOf<typeof abi.evtchn_close>): number {
  const channel = context.domain.events.at(op.get('port'));
  if (channel === null || channel.consumer) return -EINVAL;
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
    end.state = ECS_UNBOUND;
    end.remotePort = 0;
  }
  if (channel.state === ECS_PIRQ) unbindPirq(hypervisor, channel);
  clearPortPending(hypervisor, domain, channel);
  domain.events.free(channel);
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
  if (domain.vcpus[vcpu] === undefined) return -ENOENT;
  const channel = domain.events.at(op.get('port'));
  if (channel === null || channel.consumer) return -EINVAL;
  switch (channel.state) {
    case ECS_VIRQ:
      if (isVcpuVirq(channel.virq)) return -EINVAL;
      break;
    case ECS_UNBOUND:
    case ECS_INTERDOMAIN:
    case ECS_PIRQ:
      break;
    default:
      return -EINVAL;
  }
  channel.notifyVcpu = vcpu;
  return 0;
}
