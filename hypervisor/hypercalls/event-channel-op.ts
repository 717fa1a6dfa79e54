/**
 * event_channel_op(command, argument): binds, raises and closes ports. -EINVAL for a port or vcpu that does not exist or
 * is in the wrong state, -ESRCH for an unknown domain, -EPERM for another domain's ports, -ENOSPC where no port is free,
 * -EEXIST for a VIRQ that is bound, -ENOENT for a vcpu that does not exist, -ENOSYS. event_channel_op_compat has command
 * and argument in one structure.
 */
import { EFAULT, ENOSYS } from '../abi/errno.ts';
import * as eventChannel from '../abi/event-channel.ts';
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
import type { Hypercall, HypercallContext } from './hypercall.ts';

/** What a command needs: how many words it reads, whether it writes them back, and what it does with them. */
interface Operation {
  readonly words: number;
  readonly writes: boolean;
  run(context: HypercallContext, words: Uint32Array): number;
}

const reads = (words: number, run: Operation['run']): Operation => ({ words, writes: false, run });
const writes = (words: number, run: Operation['run']): Operation => ({ words, writes: true, run });

const operations: Readonly<Record<number, Operation>> = {
  [EVTCHNOP_send]: reads(1, ({ hypervisor, domain }, words) => sendEvent(hypervisor, domain, words[0]!)),
  [EVTCHNOP_alloc_unbound]: writes(2, bind.allocateUnbound),
  [EVTCHNOP_bind_interdomain]: writes(3, bind.bindInterdomain),
  [EVTCHNOP_bind_virq]: writes(3, bind.bindVirq),
  [EVTCHNOP_bind_ipi]: writes(2, bind.bindIpi),
  [EVTCHNOP_bind_pirq]: writes(3, bindPirq),
  [EVTCHNOP_close]: reads(1, bind.close),
  [EVTCHNOP_bind_vcpu]: reads(2, bind.bindVcpu),
  [EVTCHNOP_unmask]: reads(1, status.unmask),
  [EVTCHNOP_status]: writes(6, status.status),
  [EVTCHNOP_reset]: reads(1, status.reset),
  [EVTCHNOP_init_control]: writes(6, control.initialise),
  [EVTCHNOP_expand_array]: reads(2, control.expand),
  [EVTCHNOP_set_priority]: reads(2, status.setPriority),
};

const buffer = new Uint32Array(6);

function perform(context: HypercallContext, command: number, argument: number): number {
  const operation = operations[command];
  if (operation === undefined) return -ENOSYS;
  const words = buffer.subarray(0, operation.words);
  if (!context.read(argument, words)) return -EFAULT;
  const result = operation.run(context, words);
  if (result === 0 && operation.writes && !context.write(argument, words)) return -EFAULT;
  return result;
}

export const eventChannelOp: Hypercall = {
  number: HYPERVISOR_event_channel_op,
  name: 'event_channel_op',
  args: [
    { name: 'command', kind: 'command', commands: namesOf(eventChannel, 'EVTCHNOP_') },
    { name: 'argument', kind: 'va' },
  ],
  handler: perform,
};

const command = new Uint32Array(1);

export const eventChannelOpCompat: Hypercall = {
  number: HYPERVISOR_event_channel_op_compat,
  name: 'event_channel_op_compat',
  args: [{ name: 'argument', kind: 'va' }],
  handler(context, argument) {
    if (!context.read(argument, command)) return -EFAULT;
    return perform(context, command[0]!, argument + 4);
  },
};
