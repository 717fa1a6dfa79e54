/**
 * Event channels: ports that are bound, sent to, masked, polled and closed, and what Xen refuses. A domain may bind a
 * channel to itself, so one kernel has both ends.
 */
import * as xen from 'xen';
import { DOMID_SELF, EEXIST, EINVAL, ENOENT, evtchn_bind_ipi, evtchn_bind_virq, evtchn_close } from 'xen';
import {
  evtchn_alloc_unbound,
  evtchn_send,
  evtchn_status,
  evtchn_unmask,
  sched_poll,
  shared_info,
} from 'xen';
import { initKernel } from 'kernel/boot';
import {
  allocateUnbound,
  bindInterdomain,
  closePort,
  eventCount,
  sendEvent,
  setEventHandler,
} from 'kernel/events/events';
import {
  HYPERVISOR_event_channel_op,
  HYPERVISOR_force_evtchn_callback,
  HYPERVISOR_sched_op,
} from 'kernel/xen/hypercalls';
import { virtual } from 'kernel/xen/intrinsics';
import { MILLISECOND, now } from 'kernel/events/clock';
import { sleepUntil } from 'kernel/threads/wait';
import { SHARED_INFO } from 'kernel/memory/window';
import { check, checkNumber, finish } from '../check';

const NO_SUCH_PORT: u32 = 1000;
const NO_SUCH_DOMAIN: u16 = 0x7000;
const request: usize = memory.data(32, 8);
const ports: usize = memory.data(8, 8);

const nothing = (port: u32): void => {};

export function main(): void {
  initKernel();
  bothEnds();
  statuses();
  masks();
  ipi();
  polls();
  refusals();
  finish();
}

/** Lets Xen enter the kernel, for what is pending. */
function takeEvents(): void {
  sleepUntil(now() + MILLISECOND);
}

function isPending(port: u32): bool {
  return ((load<u64>(SHARED_INFO + shared_info.evtchn_pending + (port / 64) * 8) >> (port % 64)) & 1) != 0;
}

function setMask(port: u32): void {
  const at = SHARED_INFO + shared_info.evtchn_mask + (port / 64) * 8;
  atomic.or<u64>(at, (<u64>1) << (port % 64));
}

function operation(command: i32): i32 {
  return HYPERVISOR_event_channel_op(command, request);
}

function statusOf(port: u32): i32 {
  store<u16>(request + evtchn_status.dom, DOMID_SELF);
  store<u32>(request + evtchn_status.port, port);
  const failed = operation(xen.EVTCHNOP_status);
  return failed < 0 ? failed : load<u32>(request + evtchn_status.status);
}

function close(port: u32): i32 {
  store<u32>(request + evtchn_close.port, port);
  return operation(xen.EVTCHNOP_close);
}

function send(port: u32): i32 {
  store<u32>(request + evtchn_send.port, port);
  return operation(xen.EVTCHNOP_send);
}

function bothEnds(): void {
  const here = allocateUnbound(DOMID_SELF, nothing);
  check('a port is offered', here > 0);
  checkNumber('before it is bound it is unbound', statusOf(here), xen.EVTCHNSTAT_unbound);
  const there = bindInterdomain(DOMID_SELF, here, nothing);
  check('the other end is bound to it', there > 0 && there != here);
  checkNumber('both ends are interdomain', statusOf(here) + statusOf(there), 2 * xen.EVTCHNSTAT_interdomain);
  takeEvents();
  const before = eventCount(there);
  sendEvent(here);
  check('sending to one end makes the other one pending', isPending(there));
  check('and not itself', !isPending(here));
  takeEvents();
  checkNumber('its handler is called once', eventCount(there) - before, 1);
  closePort(here);
  checkNumber('when one end is closed the other is unbound', statusOf(there), xen.EVTCHNSTAT_unbound);
  checkNumber('the closed one is closed', statusOf(here), xen.EVTCHNSTAT_closed);
  closePort(there);
}

function bindVirq(virq: u32, vcpu: u32): i32 {
  store<u32>(request + evtchn_bind_virq.virq, virq);
  store<u32>(request + evtchn_bind_virq.vcpu, vcpu);
  return operation(xen.EVTCHNOP_bind_virq);
}

function statuses(): void {
  checkNumber('a VIRQ is bound', bindVirq(xen.VIRQ_DEBUG, 0), 0);
  const port = load<u32>(request + evtchn_bind_virq.port);
  checkNumber('its port says so', statusOf(port), xen.EVTCHNSTAT_virq);
  checkNumber('and of which', load<u32>(request + evtchn_status.u), xen.VIRQ_DEBUG);
  checkNumber('binding it again is refused', bindVirq(xen.VIRQ_DEBUG, 0), -EEXIST);
  checkNumber('closing it', close(port), 0);
  checkNumber('makes it free to be bound', bindVirq(xen.VIRQ_DEBUG, 0), 0);
  close(port);
}

function masks(): void {
  const here = allocateUnbound(DOMID_SELF, nothing);
  const there = bindInterdomain(DOMID_SELF, here, nothing);
  takeEvents();
  setMask(there);
  const before = eventCount(there);
  send(here);
  takeEvents();
  check('a masked port becomes pending', isPending(there));
  checkNumber('and nobody is called', eventCount(there) - before, 0);
  store<u32>(request + evtchn_unmask.port, there);
  checkNumber('unmasking it', operation(xen.EVTCHNOP_unmask), 0);
  takeEvents();
  checkNumber('calls its handler', eventCount(there) - before, 1);
  closePort(there);
  closePort(here);
}

function ipi(): void {
  store<u32>(request + evtchn_bind_ipi.vcpu, 0);
  checkNumber('a port for this vcpu itself', operation(xen.EVTCHNOP_bind_ipi), 0);
  const port = load<u32>(request + evtchn_bind_ipi.port);
  setEventHandler(port, nothing);
  send(port);
  takeEvents();
  checkNumber('comes back to it', eventCount(port), 1);
  closePort(port);
}

function poll(port: u32, deadlineNs: u64): i32 {
  store<u32>(ports, port);
  store<u64>(request + sched_poll.ports, virtual(ports));
  store<u32>(request + sched_poll.nr_ports, 1);
  store<u64>(request + sched_poll.timeout, deadlineNs);
  return HYPERVISOR_sched_op(xen.SCHEDOP_poll, request);
}

function polls(): void {
  const here = allocateUnbound(DOMID_SELF, nothing);
  const there = bindInterdomain(DOMID_SELF, here, nothing);
  takeEvents();
  setMask(there);
  const start = now();
  checkNumber('polling a silent port', poll(there, start + 5 * MILLISECOND), 0);
  check('lasts until its deadline', now() >= start + 5 * MILLISECOND);
  send(here);
  const second = now();
  checkNumber('polling a pending one', poll(there, second + 1000 * MILLISECOND), 0);
  check('returns at once', now() < second + 500 * MILLISECOND);
  checkNumber('polling a port that cannot be', poll(0x7fff_ffff, 0), -EINVAL);
  closePort(there);
  closePort(here);
}

function refusals(): void {
  checkNumber('sending on a closed port', send(NO_SUCH_PORT), -EINVAL);
  checkNumber('closing port 0', close(0), -EINVAL);
  checkNumber('closing a closed port', close(NO_SUCH_PORT), -EINVAL);
  checkNumber('a VIRQ that does not exist', bindVirq(xen.NR_VIRQS, 0), -EINVAL);
  checkNumber('a VIRQ of a vcpu that does not exist', bindVirq(xen.VIRQ_DEBUG, 77), -ENOENT);
  checkNumber('a VIRQ of all, for another vcpu than 0', bindVirq(xen.VIRQ_DOM_EXC, 1), -EINVAL);
  store<u16>(request + evtchn_alloc_unbound.dom, NO_SUCH_DOMAIN);
  store<u16>(request + evtchn_alloc_unbound.remote_dom, DOMID_SELF);
  check('a port in another domain', operation(xen.EVTCHNOP_alloc_unbound) < 0);
  const here = allocateUnbound(0x1234, nothing);
  checkNumber('a port that is offered to somebody else', bindInterdomain(DOMID_SELF, here, nothing), -EINVAL);
  closePort(here);
  HYPERVISOR_force_evtchn_callback();
}
