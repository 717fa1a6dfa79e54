/**
 * event_channel_op(command, argument): binds, raises and closes ports. -EINVAL for a port or vcpu that does not exist or
 * is in the wrong state, -ESRCH for an unknown domain, -EPERM for another domain's ports, -ENOSPC where no port is free,
 * -EEXIST for a VIRQ that is bound, -ENOENT for a vcpu that does not exist, -ENOSYS. event_channel_op_compat has command
 * and argument in one structure.
 */
import { EFAULT, ENOSYS } from '../abi/errno.ts';
import * as abi from '../abi/event-channel.ts';
import {
  EVTCHNOP_alloc_unbound,
  EVTCHNOP_bind_interdomain,
  EVTCHNOP_bind_ipi,
  EVTCHNOP_bind_pirq,
  EVTCHNOP_bind_vcpu,
  EVTCHNOP_bind_virq,
  EVTCHNOP_close,
  EVTCHNOP_expand_array,
  EVTCHNOP_init_control,
  EVTCHNOP_reset,
  EVTCHNOP_send,
  EVTCHNOP_set_priority,
  EVTCHNOP_status,
  EVTCHNOP_unmask,
} from '../abi/event-channel.ts';
import { namesOf } from '../abi/names.ts';
import { HYPERVISOR_event_channel_op, HYPERVISOR_event_channel_op_compat } from '../abi/xen.ts';
import * as bind from '../events/bind.ts';
import { bindPirq } from '../events/pirq.ts';
import * as control from '../events/fifo-control.ts';
import { sendEvent } from '../events/send.ts';
import * as status from '../events/status.ts';
import type { Composite } from '../abi/layout.ts';
import type { GuestStruct } from '../memory/guest-struct.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';

/** A command on its structure, which is at an address of the caller's. */
type Operation = (context: HypercallContext, argument: number) => number;
type Work<F> = (context: HypercallContext, op: GuestStruct<F>) => number;

/** Commands that read their structure, and those that answer in it where they succeed. */
function reads<F>(layout: Composite<F>, work: Work<F>): Operation {
  return (context, argument) => {
    const op = context.readStruct(layout, argument);
    return op === null ? -EFAULT : work(context, op);
  };
}
function writes<F>(layout: Composite<F>, work: Work<F>): Operation {
  return reads(layout, (context, op) => {
    const result = work(context, op);
    return result === 0 && !context.writeStruct(op) ? -EFAULT : result;
  });
}

const operations: Readonly<Record<number, Operation>> = {
  [EVTCHNOP_send]: reads(abi.evtchn_send, ({ hypervisor, domain }, op) =>
    sendEvent(hypervisor, domain, op.get('port')),
  ),
  [EVTCHNOP_alloc_unbound]: writes(abi.evtchn_alloc_unbound, bind.allocateUnbound),
  [EVTCHNOP_bind_interdomain]: writes(abi.evtchn_bind_interdomain, bind.bindInterdomain),
  [EVTCHNOP_bind_virq]: writes(abi.evtchn_bind_virq, bind.bindVirq),
  [EVTCHNOP_bind_ipi]: writes(abi.evtchn_bind_ipi, bind.bindIpi),
  [EVTCHNOP_bind_pirq]: writes(abi.evtchn_bind_pirq, bindPirq),
  [EVTCHNOP_close]: reads(abi.evtchn_close, bind.close),
  [EVTCHNOP_bind_vcpu]: reads(abi.evtchn_bind_vcpu, bind.bindVcpu),
  [EVTCHNOP_unmask]: reads(abi.evtchn_unmask, status.unmask),
  [EVTCHNOP_status]: writes(abi.evtchn_status, status.status),
  [EVTCHNOP_reset]: reads(abi.evtchn_reset, status.reset),
  [EVTCHNOP_init_control]: writes(abi.evtchn_init_control, control.initialise),
  [EVTCHNOP_expand_array]: reads(abi.evtchn_expand_array, control.expand),
  [EVTCHNOP_set_priority]: reads(abi.evtchn_set_priority, status.setPriority),
};

function perform(context: HypercallContext, command: number, argument: number): number {
  return operations[command]?.(context, argument) ?? -ENOSYS;
}

export const eventChannelOp: Hypercall = {
  number: HYPERVISOR_event_channel_op,
  name: 'event_channel_op',
  args: [
    { name: 'command', kind: 'command', commands: namesOf(abi, 'EVTCHNOP_') },
    { name: 'argument', kind: 'va' },
  ],
  handler: perform,
};

export const eventChannelOpCompat: Hypercall = {
  number: HYPERVISOR_event_channel_op_compat,
  name: 'event_channel_op_compat',
  args: [{ name: 'argument', kind: 'va' }],
  handler(context, argument) {
    const op = context.readStruct(abi.evtchn_op, argument);
    return op === null ? -EFAULT : perform(context, op.get('cmd'), argument + abi.evtchn_op.offset.u);
  },
};
