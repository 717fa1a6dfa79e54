/** Event channels: ports of others, bound, raised, closed, asked after; interrupts that are the machine's; and all there are. */
import * as xen from 'xen';
import { evtchn_alloc_unbound, evtchn_bind_interdomain, evtchn_bind_pirq } from 'xen';
import { evtchn_bind_virq, evtchn_init_control, evtchn_status } from 'xen';
import { allocateUnbound, bindInterdomain, closePort } from 'kernel/events/events';
import { checkNumber, checkRefused } from '../check';
import { Agent, ARGUMENTS, arguments, hostile, hypercall, va, victim } from './agent';
import { NO_DOMAIN } from './frames';

const PORTS: u32 = 127;

/** A port of the victim for domain 0, one of domain 0 for the victim, and one that joins them. */
let theirs: u32 = 0;
let oursForThem: u32 = 0;
let joined: u32 = 0;
let raised = 0;

function operation(agent: Agent, command: u32): i64 {
  return hypercall(agent, xen.HYPERVISOR_event_channel_op, command, va(ARGUMENTS));
}

/** A command whose structure is one or two words. */
function simple(command: u32, first: u32, second: u32 = 0): i64 {
  const at = arguments(hostile);
  store<u32>(at, first);
  store<u32>(at + 4, second);
  return operation(hostile, command);
}

/** Before the victim stands still: the ports that the hostile domain would like to have. */
export function openPorts(): void {
  const at = arguments(victim);
  store<u16>(at + evtchn_alloc_unbound.dom, <u16>xen.DOMID_SELF);
  assert(operation(victim, xen.EVTCHNOP_alloc_unbound) == 0, 'a port of the victim');
  theirs = load<u32>(at + evtchn_alloc_unbound.port);
  oursForThem = allocateUnbound(victim.id, (port: u32) => {
    raised++;
  });
  assert(operation(victim, xen.EVTCHNOP_alloc_unbound) == 0, 'another');
  joined = bindInterdomain(victim.id, load<u32>(at + evtchn_alloc_unbound.port), (port: u32) => {
    raised++;
  });
  assert(<i32>joined > 0, 'which we bind to');
}

export function closePorts(): void {
  closePort(oursForThem);
  closePort(joined);
}

export function foreignPorts(): void {
  const before = raised;
  for (let remote: u32 = 0; remote <= victim.id; remote += max<u32>(victim.id, 1)) {
    let bound = 0;
    for (let port: u32 = 0; port < 200; port++) if (bind(remote, port) >= 0) bound++;
    checkNumber(remote == 0 ? "ports of domain 0's bound" : "ports of the victim's bound", bound, 0);
  }
  checkRefused("the victim's port", ' bound', bind(victim.id, theirs));
  checkRefused("domain 0's port for the victim", ' bound', bind(0, oursForThem));
  checkRefused('a port', ' of no domain', bind(NO_DOMAIN, 1));
  checkRefused('a port', ' of Xen', bind(xen.DOMID_XEN, 1));
  checkRefused('a port', ' far beyond', bind(victim.id, 0xffff_ffff));
  let sent = 0;
  let closed = 0;
  for (let port: u32 = 0; port < 200; port++) {
    if (simple(xen.EVTCHNOP_send, port) >= 0) sent++;
    if (simple(xen.EVTCHNOP_close, port) >= 0) closed++;
  }
  checkNumber('ports that are not its own raised', sent, 0);
  checkNumber('and closed', closed, 0);
  for (let domid: u32 = 0; domid <= victim.id; domid += max<u32>(victim.id, 1)) {
    checkRefused(domid == 0 ? 'domain 0: ' : 'the victim: ', 'what a port is', status(domid, theirs));
    checkRefused(domid == 0 ? 'domain 0: ' : 'the victim: ', 'a port opened', allocate(domid, hostile.id));
    checkRefused(
      domid == 0 ? 'domain 0: ' : 'the victim: ',
      'all ports closed',
      simple(xen.EVTCHNOP_reset, domid),
    );
  }
  checkRefused('a port opened', ' of no domain', allocate(NO_DOMAIN, hostile.id));
  checkRefused('all ports closed', ' of no domain', simple(xen.EVTCHNOP_reset, NO_DOMAIN));
  checkNumber('and nobody has heard of it', raised, before);
}

function bind(remote: u32, port: u32): i64 {
  const at = arguments(hostile);
  store<u16>(at + evtchn_bind_interdomain.remote_dom, <u16>remote);
  store<u32>(at + evtchn_bind_interdomain.remote_port, port);
  return operation(hostile, xen.EVTCHNOP_bind_interdomain);
}

function status(domid: u32, port: u32): i64 {
  const at = arguments(hostile);
  store<u16>(at + evtchn_status.dom, <u16>domid);
  store<u32>(at + evtchn_status.port, port);
  return operation(hostile, xen.EVTCHNOP_status);
}

function allocate(domid: u32, remote: u32): i64 {
  const at = arguments(hostile);
  store<u16>(at + evtchn_alloc_unbound.dom, <u16>domid);
  store<u16>(at + evtchn_alloc_unbound.remote_dom, <u16>remote);
  return operation(hostile, xen.EVTCHNOP_alloc_unbound);
}

function bindVirq(virq: u32, vcpu: u32): i64 {
  const at = arguments(hostile);
  store<u32>(at + evtchn_bind_virq.virq, virq);
  store<u32>(at + evtchn_bind_virq.vcpu, vcpu);
  const got = operation(hostile, xen.EVTCHNOP_bind_virq);
  return got < 0 ? got : load<u32>(at + evtchn_bind_virq.port);
}

/** It may bind the machine's virtual interrupts: they are raised for those whose they are. */
export function interrupts(): void {
  for (let virq: u32 = 0; virq < 26; virq++) {
    const port = bindVirq(virq, 0);
    checkNumber('a virtual interrupt', port < 0 ? port : 0, virq < 24 ? 0 : -xen.EINVAL);
    if (port > 0) simple(xen.EVTCHNOP_close, <u32>port);
  }
  checkRefused('the timer', ' of a vcpu it has not', bindVirq(xen.VIRQ_TIMER, 1));
  checkRefused('a virtual interrupt', ' for a vcpu it has not', bindVirq(xen.VIRQ_DOM_EXC, 1));
  checkRefused('an IPI', ' to a vcpu it has not', simple(xen.EVTCHNOP_bind_ipi, 1));
  for (let pirq: u32 = 0; pirq < 20; pirq += 4) checkRefused('a physical interrupt', '', bindPirq(pirq));
  checkRefused('a physical interrupt', ' far beyond', bindPirq(0xffff_ffff));
  const own = allocate(xen.DOMID_SELF, victim.id);
  checkNumber('a port of its own', own, 0);
  const port = load<u32>(hostile.at(ARGUMENTS) + evtchn_alloc_unbound.port);
  checkRefused('a port of its own', ' on a vcpu it has not', simple(xen.EVTCHNOP_bind_vcpu, port, 7));
  checkRefused('a priority', ' without queues', simple(xen.EVTCHNOP_set_priority, port, 3));
  checkNumber('and it is closed', simple(xen.EVTCHNOP_close, port), 0);
}

function bindPirq(pirq: u32): i64 {
  const at = arguments(hostile);
  store<u32>(at + evtchn_bind_pirq.pirq, pirq);
  return operation(hostile, xen.EVTCHNOP_bind_pirq);
}

function queues(frame: u64, offset: u32, vcpu: u32): i64 {
  const at = arguments(hostile);
  store<u64>(at + evtchn_init_control.control_gfn, frame);
  store<u32>(at + evtchn_init_control.offset, offset);
  store<u32>(at + evtchn_init_control.vcpu, vcpu);
  return operation(hostile, xen.EVTCHNOP_init_control);
}

/** Event queues in frames of others. */
export function foreignQueues(frames: (index: u32) => u64, count: u32): void {
  for (let index: u32 = 0; index < count; index++)
    checkRefused('event queues', ' in a frame that is not its own', queues(frames(index), 0, 0));
  checkRefused('event queues', ' across a page', queues(hostile.mfn(6), 4092, 0));
  checkRefused('event queues', ' not aligned', queues(hostile.mfn(6), 3, 0));
  checkRefused('event queues', ' of a vcpu it has not', queues(hostile.mfn(6), 0, 9));
  checkRefused('more words', ' without queues', simple(xen.EVTCHNOP_expand_array, <u32>hostile.mfn(6)));
}

/** Every port that it can have, and one more. */
export function everyPort(): void {
  let opened: u32 = 0;
  let last: i64 = 0;
  while (opened < 1000) {
    last = allocate(xen.DOMID_SELF, 0);
    if (last < 0) break;
    opened++;
  }
  checkNumber('ports until there is none', opened, PORTS);
  checkNumber('and then', last, -xen.ENOSPC);
  checkRefused('a virtual interrupt', ' then', bindVirq(xen.VIRQ_DEBUG, 0));
  checkNumber('all are closed', simple(xen.EVTCHNOP_reset, xen.DOMID_SELF), 0);
  checkNumber('and there are ports', allocate(xen.DOMID_SELF, 0), 0);
  simple(xen.EVTCHNOP_reset, xen.DOMID_SELF);
}
