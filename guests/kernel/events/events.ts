/**
 * Event channels, by the 2-level ABI: a bit per port says that something has happened, a word of 64 bits says which words
 * to look at, and a byte that there is anything at all. Xen enters the kernel when that byte is set and the mask byte is
 * not.
 */
import * as xen from 'xen';
import {
  DOMID_SELF,
  evtchn_alloc_unbound,
  evtchn_bind_interdomain,
  evtchn_bind_virq,
  evtchn_close,
} from 'xen';
import { evtchn_send, shared_info, vcpu_info } from 'xen';
import { HYPERVISOR_event_channel_op } from '../xen/hypercalls';
import { SHARED_INFO } from '../memory/window';

/** Ports that can be used here. */
export const MAX_PORTS: u32 = 1024;
const WORDS: u32 = 64;

const UPCALL_PENDING: usize = SHARED_INFO + shared_info.vcpu_info + vcpu_info.evtchn_upcall_pending;
const UPCALL_MASK: usize = SHARED_INFO + shared_info.vcpu_info + vcpu_info.evtchn_upcall_mask;
const PENDING_SEL: usize = SHARED_INFO + shared_info.vcpu_info + vcpu_info.evtchn_pending_sel;
const PENDING: usize = SHARED_INFO + shared_info.evtchn_pending;
const MASK: usize = SHARED_INFO + shared_info.evtchn_mask;

export type EventHandler = (port: u32) => void;

const handlers = new StaticArray<EventHandler | null>(MAX_PORTS);
/** How often each port was served. */
const counts = new StaticArray<u32>(MAX_PORTS);
const request: usize = memory.data(24, 8);

/** Masks all ports: each is let through when it is bound. */
export function initEvents(): void {
  memory.fill(MASK, 0xff, WORDS * 8);
}

/** The domain was restored: no port is what it was, and all are masked as at the start. */
export function forgetPorts(): void {
  for (let port: u32 = 0; port < MAX_PORTS; port++) handlers[port] = null;
  initEvents();
}

/** No upcalls from now on. */
export function maskUpcalls(): void {
  store<u8>(UPCALL_MASK, 1);
}

/** Who is called when a port's bit is set. The port is let through. */
export function setEventHandler(port: u32, handler: EventHandler): void {
  assert(port < MAX_PORTS, 'a port beyond what this kernel serves');
  handlers[port] = handler;
  unmask(port);
}

/** Binds a virtual interrupt of this vcpu. The port, or a negative errno. */
export function bindVirq(virq: u32, handler: EventHandler): i32 {
  store<u32>(request + evtchn_bind_virq.virq, virq);
  store<u32>(request + evtchn_bind_virq.vcpu, 0);
  return bind(xen.EVTCHNOP_bind_virq, evtchn_bind_virq.port, handler);
}

/** A new port that domain `remote` may bind to. The port, or a negative errno. */
export function allocateUnbound(remote: u32, handler: EventHandler): i32 {
  store<u16>(request + evtchn_alloc_unbound.dom, DOMID_SELF);
  store<u16>(request + evtchn_alloc_unbound.remote_dom, <u16>remote);
  return bind(xen.EVTCHNOP_alloc_unbound, evtchn_alloc_unbound.port, handler);
}

/** A new port, joined to one that domain `remote` offers. The port, or a negative errno. */
export function bindInterdomain(remote: u32, remotePort: u32, handler: EventHandler): i32 {
  store<u16>(request + evtchn_bind_interdomain.remote_dom, <u16>remote);
  store<u32>(request + evtchn_bind_interdomain.remote_port, remotePort);
  return bind(xen.EVTCHNOP_bind_interdomain, evtchn_bind_interdomain.local_port, handler);
}

function bind(command: i32, portAt: usize, handler: EventHandler): i32 {
  const failed = HYPERVISOR_event_channel_op(command, request);
  if (failed < 0) return failed;
  const port = load<u32>(request + portAt);
  if (port >= MAX_PORTS) {
    closePort(port);
    return -xen.ENOSPC;
  }
  setEventHandler(port, handler);
  return port;
}

/** Closes a port. */
export function closePort(port: u32): void {
  if (port < MAX_PORTS) handlers[port] = null;
  setMask(port);
  store<u32>(request + evtchn_close.port, port);
  HYPERVISOR_event_channel_op(xen.EVTCHNOP_close, request);
}

/** Tells the other end of a port. */
export function sendEvent(port: u32): void {
  store<u32>(request + evtchn_send.port, port);
  HYPERVISOR_event_channel_op(xen.EVTCHNOP_send, request);
}

/** Whether something waits to be served. */
export function eventsPending(): bool {
  return load<u8>(UPCALL_PENDING) != 0;
}

/** How often a port was served. */
export function eventCount(port: u32): u32 {
  return port < MAX_PORTS ? counts[port] : 0;
}

/** Serves all ports whose bits are set. Upcalls are masked. */
export function dispatchEvents(): void {
  while (load<u8>(UPCALL_PENDING) != 0) {
    store<u8>(UPCALL_PENDING, 0);
    let selected = atomic.xchg<u64>(PENDING_SEL, 0);
    while (selected != 0) {
      const word = <u32>ctz(selected);
      selected &= selected - 1;
      dispatchWord(word);
    }
  }
}

function dispatchWord(word: u32): void {
  const at = PENDING + word * 8;
  let ready = load<u64>(at) & ~load<u64>(MASK + word * 8);
  while (ready != 0) {
    const bit = <u32>ctz(ready);
    ready &= ready - 1;
    atomic.and<u64>(at, ~((<u64>1) << bit));
    const port = word * 64 + bit;
    const handler = port < MAX_PORTS ? handlers[port] : null;
    if (handler == null) continue;
    counts[port]++;
    handler(port);
  }
}

/** Holds a port back, until `unmaskPort`. */
export function maskPort(port: u32): void {
  setMask(port);
}

export function unmaskPort(port: u32): void {
  unmask(port);
}

function setMask(port: u32): void {
  atomic.or<u64>(MASK + (port / 64) * 8, (<u64>1) << (port % 64));
}

/** Lets a port through. What came while it was masked is made pending again; upcalls are masked just now. */
function unmask(port: u32): void {
  const bit = (<u64>1) << (port % 64);
  atomic.and<u64>(MASK + (port / 64) * 8, ~bit);
  if ((load<u64>(PENDING + (port / 64) * 8) & bit) == 0) return;
  atomic.or<u64>(PENDING_SEL, (<u64>1) << (port / 64));
  store<u8>(UPCALL_PENDING, 1);
}
