/** event_channel_op: ports, and what raises them. */
import { row } from '../explanation.ts';
import type { CallRow, HypercallRows } from '../explanation.ts';

const BIND = 'events/bind.ts';
const STATUS = 'events/status.ts';
const FIFO = 'events/fifo-control.ts';
const OPERATION = 'hypercalls/event-channel-op.ts';

const NO_PORT = 'the port does not exist, or is not in the state that this needs';
const FULL = 'the domain has no port left';

const COMMANDS: Readonly<Record<string, CallRow>> = {
  EVTCHNOP_alloc_unbound: row(
    'makes a new port of {dom:dom} that {remote_dom:dom} may bind to',
    'An event channel is a wire between two domains, and a port is the socket at one of its ends. One side makes an end and tells its number (in xenstore); the other side plugs in with bind_interdomain.',
    BIND,
    'allocateUnbound',
    {
      gives: 'port {port}',
      errors: { ENOSPC: FULL, EPERM: 'only a privileged domain makes ports for others' },
    },
  ),
  EVTCHNOP_bind_interdomain: row(
    'plugs a new port of its own into port {remote_port} of {remote_dom:dom}',
    'From now on a send on either port raises the other one: the two domains can wake each other without asking anybody else.',
    BIND,
    'bindInterdomain',
    {
      gives: 'its own end is port {local_port}',
      errors: { EINVAL: 'that port is not waiting for this domain', ENOSPC: FULL },
    },
  ),
  EVTCHNOP_bind_virq: row(
    'asks to be told of the virtual interrupt {virq:VIRQ} on vcpu {vcpu}',
    'A virtual interrupt is something Xen itself has to say: a timer has expired, there is input on the console, a domain has died. It arrives as an event on this port.',
    BIND,
    'bindVirq',
    {
      gives: 'it comes as port {port}',
      errors: {
        EEXIST: 'it is bound on that vcpu already',
        EINVAL: 'there is no such VIRQ, or it is one for vcpu 0 alone',
        ENOSPC: FULL,
      },
    },
  ),
  EVTCHNOP_bind_ipi: row(
    'makes a port by which its vcpus interrupt vcpu {vcpu}',
    'Kernels interrupt other processors, to have them flush a TLB or look at their run queue. A guest has no interrupt controller for that: it sends itself an event.',
    BIND,
    'bindIpi',
    { gives: 'port {port}', errors: { ENOENT: 'it has no such vcpu', ENOSPC: FULL } },
  ),
  EVTCHNOP_bind_pirq: row(
    'takes the interrupt line {pirq} of the machine',
    'The domain that has a real device gets that device’s interrupts as events. Xen serves the interrupt controller and raises this port.',
    'events/pirq.ts',
    'bindPirq',
    {
      gives: 'it comes as port {port}',
      errors: {
        EPERM: 'the line is not this domain’s to have',
        EBUSY: 'Xen uses the line itself',
        EEXIST: 'somebody has it already',
      },
    },
  ),
  EVTCHNOP_close: row(
    'closes its port {port}',
    'The port is free again. Where it was joined to another domain’s, that one waits for a new partner: it is unbound.',
    BIND,
    'close',
    { errors: { EINVAL: NO_PORT } },
  ),
  EVTCHNOP_send: row(
    'notifies the other end of its port {port}',
    'Raises the port at the other end: Xen marks it pending in the other domain’s memory and wakes it up if it sleeps. This is how “look into our ring” is said.',
    'events/send.ts',
    'sendEvent',
    {
      errors: {
        EINVAL: 'nothing can be sent on that port: it does not exist, or it is one that Xen alone raises',
      },
    },
  ),
  EVTCHNOP_status: row(
    'asks what port {port} of {dom:dom} is bound to',
    'Tells the state of a port: for whoever debugs, or takes over.',
    STATUS,
    'status',
    { gives: 'state {status}, for vcpu {vcpu}', errors: { EINVAL: 'no port can have that number' } },
  ),
  EVTCHNOP_bind_vcpu: row(
    'has events of port {port} come to vcpu {vcpu}',
    'As a kernel spreads interrupts over its processors, so it does with events.',
    BIND,
    'bindVcpu',
    {
      errors: {
        EINVAL: 'an event of this kind belongs to one vcpu by its nature',
        ENOENT: 'it has no such vcpu',
      },
    },
  ),
  EVTCHNOP_unmask: row(
    'unmasks its port {port}',
    'A masked port collects events silently. Clearing the mask bit is the guest’s own business, but if an event came meanwhile somebody has to deliver it: hence a hypercall.',
    STATUS,
    'unmask',
    { errors: { EINVAL: NO_PORT } },
  ),
  EVTCHNOP_reset: row(
    'closes all ports of {dom:dom}',
    'A kernel that is started anew in the same domain (kexec) begins with a clean table.',
    STATUS,
    'reset',
    { errors: { EPERM: 'only a privileged domain resets others' } },
  ),
  EVTCHNOP_init_control: row(
    'registers frame {control_gfn:hex} as the queue heads of vcpu {vcpu}',
    'The FIFO ABI keeps pending ports in queues by priority, in pages that the guest provides, instead of in a bitmap.',
    FIFO,
    'initialise',
    {
      gives: 'links have {link_bits} bits',
      errors: {
        EINVAL: 'the page is not its own and writable, is there already, or the offset does not fit',
      },
    },
  ),
  EVTCHNOP_expand_array: row(
    'gives frame {array_gfn:hex} for 1024 more event words',
    'With the FIFO ABI every port has a word in an array, which grows page by page.',
    FIFO,
    'expand',
    {
      errors: {
        EOPNOTSUPP: 'the domain uses the 2-level ABI: init_control comes first',
        ENOSPC: 'the array has all its pages',
      },
    },
  ),
  EVTCHNOP_set_priority: row(
    'gives port {port} the priority {priority}',
    '0 comes first, 15 last, 7 is what ports begin with.',
    STATUS,
    'setPriority',
    {
      errors: { EINVAL: 'no such port, or a priority above 15', ENOSYS: 'the 2-level ABI has no priorities' },
    },
  ),
};

const WHY =
  'Event channels are the interrupts of a paravirtualized machine: a port is one bit that Xen sets in the guest’s memory, and an upcall into its kernel.';

const ERRORS = {
  EFAULT: 'the structure cannot be read or written at that address',
  ESRCH: 'there is no such domain',
  ENOSYS: 'there is no such command',
};

export const eventCalls: Readonly<Record<string, HypercallRows>> = {
  event_channel_op: {
    header: 'event_channel.h',
    row: row('makes an unknown event channel operation', WHY, OPERATION, 'eventChannelOp'),
    commands: COMMANDS,
    errors: ERRORS,
  },
  event_channel_op_compat: {
    header: 'event_channel.h',
    row: row(
      'makes an unknown event channel operation, by the old interface',
      `${WHY} This is its first form, with the command in the structure.`,
      OPERATION,
      'eventChannelOpCompat',
    ),
    commands: Object.fromEntries(
      Object.entries(COMMANDS).filter(([name]) => !/reset|init_control|expand|priority/.test(name)),
    ),
    errors: ERRORS,
  },
};
