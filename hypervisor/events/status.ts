/** Looking at ports, unmasking them, setting priorities, and resetting all of a domain's (common/event_channel.c). */
import type * as abi from '../abi/event-channel.ts';
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
import type { StructOf } from '../memory/guest-struct.ts';
import { closePort, noPort } from './bind.ts';
import {
  ECS_FREE,
  ECS_INTERDOMAIN,
  ECS_IPI,
  ECS_PIRQ,
  ECS_UNBOUND,
  ECS_VIRQ,
} from '../state/event-channels.ts';
import { releaseFifo } from './fifo-control.ts';
import { isPortMasked, unmaskPort } from './send.ts';

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
  const { trace } = context.hypervisor;
  if (domain === undefined) return trace.refuse(-ESRCH, 'there is no domain {}', id);
  if (context.domain.isPrivileged) return domain;
  return trace.refuse(-EPERM, 'ports of domain {} are for a privileged domain to look at', id);
}

/** EVTCHNOP_status */
export function status(context: Caller, op: StructOf<typeof abi.evtchn_status>): number {
  const domain = target(context, op.get('dom'));
  if (typeof domain === 'number') return domain;
  const port = op.get('port');
  if (port >= domain.events.limit)
    return context.hypervisor.trace.refuse(
      -EINVAL,
      'port {} is beyond the {} that there can be',
      port,
      domain.events.limit,
    );
  const channel = domain.events.ports[port] ?? null;
  op.bytesOf('u').fill(0);
  if (channel === null || channel.state === ECS_FREE) {
    op.set('status', EVTCHNSTAT_closed);
    op.set('vcpu', 0);
    return 0;
  }
  op.set('status', STATUS[channel.state] ?? EVTCHNSTAT_closed);
  op.set('vcpu', channel.notifyVcpu);
  if (channel.state === ECS_UNBOUND) op.set('u.unbound.dom', channel.remoteDomain);
  if (channel.state === ECS_INTERDOMAIN) {
    op.set('u.interdomain.dom', channel.remoteDomain);
    op.set('u.interdomain.port', channel.remotePort);
  }
  if (channel.state === ECS_PIRQ) op.set('u.pirq', channel.pirq);
  if (channel.state === ECS_VIRQ) op.set('u.virq', channel.virq);
  return 0;
}

/** EVTCHNOP_unmask */
export function unmask(context: Caller, op: StructOf<typeof abi.evtchn_unmask>): number {
  const channel = context.domain.events.at(op.get('port'));
  if (channel === null) return noPort(context, op.get('port'), channel);
  const { trace } = context.hypervisor;
  if (trace.on && isPortMasked(context.hypervisor, context.domain, channel.port))
    trace.emit({
      kind: 'channel',
      domain: context.domain.id,
      port: channel.port,
      from: 'masked',
      to: 'unmasked',
    });
  unmaskPort(context.hypervisor, context.domain, channel);
  return 0;
}

/** EVTCHNOP_set_priority */
export function setPriority(context: Caller, op: StructOf<typeof abi.evtchn_set_priority>): number {
  const channel = context.domain.events.at(op.get('port'));
  const { trace } = context.hypervisor;
  if (channel === null) return noPort(context, op.get('port'), channel);
  if (context.domain.events.fifo === null)
    return trace.refuse(-ENOSYS, 'the domain uses the 2-level ABI, which has no priorities');
  const priority = op.get('priority');
  if (priority > EVTCHN_FIFO_PRIORITY_MIN)
    return trace.refuse(-EINVAL, 'priority {} is beyond {}', priority, EVTCHN_FIFO_PRIORITY_MIN);
  channel.priority = priority;
  return 0;
}

/** EVTCHNOP_reset: all of a domain's ports are closed, and the 2-level ABI is in use again. */
export function reset(context: Caller, op: StructOf<typeof abi.evtchn_reset>): number {
  const domain = target(context, op.get('dom'));
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
