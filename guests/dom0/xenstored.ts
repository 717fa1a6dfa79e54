/**
 * xenstored: serves the store to domain 0's kernel (and through it to all its processes) and to every domain that is
 * introduced. One process, one event at a time; it ends with the host.
 */
import {
  EINVAL,
  EISCONN,
  VIRQ_DOM_EXC,
  XEN_DOMINF_dying,
  XEN_DOMINF_shutdown,
  XS_INTRODUCE,
  XS_RELEASE,
} from 'xen';
import { DOMID_SELF, xsd_sockmsg } from 'xen';
import { IOCTL_XENBUS_BACKEND_EVTCHN, IOCTL_XENBUS_BACKEND_MFN, O_RDWR, SYS_ioctl } from 'mote/abi';
import { detach, isRunning, ready } from 'dom0/lib/daemon';
import { listDomains } from 'dom0/lib/domains';
import { EventChannels } from 'dom0/lib/event-channels';
import * as hyper from 'dom0/lib/hypercalls';
import { open } from 'programs/lib/calls';
import { complainOf } from 'programs/lib/io';
import { syscall3 } from 'programs/lib/intrinsics';
import { stay } from 'programs/lib/stay';
import { Connection } from './xenstored/connection';
import { handle, parse } from './xenstored/requests';
import { View } from './xenstored/store';
import { fireSpecial } from './xenstored/watches';

const events = new EventChannels();
const connections: Connection[] = [];
/** Domains that were said to have ended. */
const ended: u32[] = [];
let domainEvents: i32 = 0;

export function main(args: string[]): i32 {
  if (isRunning('xenstored')) return 1;
  detach('xenstored');
  const failed = prepare();
  if (failed != 0) return failed;
  ready();
  stay();
  while (true) serve();
}

function prepare(): i32 {
  const backend = open('/dev/xen/xenbus_backend', O_RDWR);
  if (events.fd < 0 || backend < 0) return complainOf('/dev/xen', min(events.fd, backend));
  const mfn = <i32>syscall3(SYS_ioctl, backend, IOCTL_XENBUS_BACKEND_MFN, 0);
  const port = mfn < 0 ? mfn : <i32>syscall3(SYS_ioctl, backend, IOCTL_XENBUS_BACKEND_EVTCHN, 0);
  if (port < 0) return complainOf("domain 0's own ring", port);
  domainEvents = events.bindVirq(VIRQ_DOM_EXC);
  if (domainEvents < 0) return complainOf('VIRQ_DOM_EXC', domainEvents);
  begin();
  const failed = connect(0, DOMID_SELF, mfn, port);
  return failed < 0 ? complainOf("domain 0's own ring", failed) : 0;
}

/** What is there from the start. */
function begin(): void {
  const view = new View(0);
  view.makeDirectory('/tool/xenstored');
  view.write('/local/domain/0/domid', '0');
  view.write('/local/domain/0/name', 'Domain-0');
  view.commit();
}

/** Listens to a domain: 0, or a negative errno. */
function connect(domid: u32, owner: u32, mfn: u64, port: u32): i32 {
  const frames = new StaticArray<u64>(1);
  frames[0] = mfn;
  const ring = hyper.mapForeign(owner, changetype<usize>(frames), 1);
  if (ring < 0) return <i32>ring;
  const own = events.bindInterdomain(owner, port);
  if (own < 0) {
    hyper.unmap(ring, 1);
    return own;
  }
  connections.push(new Connection(domid, ring, own));
  return 0;
}

function disconnect(domid: u32): bool {
  for (let n = 0; n < connections.length; n++) {
    const each = connections[n];
    if (each.domid != domid) continue;
    events.unbind(each.port);
    hyper.unmap(each.address, 1);
    connections.splice(n, 1);
    return true;
  }
  return false;
}

/** Waits for events, and deals with them. */
function serve(): void {
  const count = events.take();
  for (let at = 0; at < count; at++) {
    const port = events.port(at);
    if (port == <u32>domainEvents) lookForEnds();
    for (let n = 0; n < connections.length; n++) if (connections[n].port == port) attend(connections[n]);
  }
  events.unmask();
  for (let n = 0; n < connections.length; n++) if (connections[n].flush()) events.notify(connections[n].port);
}

function attend(connection: Connection): void {
  while (connection.receive()) {
    const type = load<u32>(connection.header, xsd_sockmsg.type);
    if (connection.domid == 0 && (type == XS_INTRODUCE || type == XS_RELEASE)) manage(connection, type);
    else handle(connection, connections);
  }
  // There is room for the next request, or for the rest of this one.
  events.notify(connection.port);
}

/** INTRODUCE domid mfn port, RELEASE domid: domain 0 says who is there. */
function manage(connection: Connection, type: u32): void {
  const id = load<u32>(connection.header, xsd_sockmsg.req_id);
  const parts = connection.payload.split('\0');
  connection.received = 0;
  const domid = parse(parts[0]);
  let failure = 0;
  if (domid <= 0) failure = -EINVAL;
  else if (type == XS_RELEASE) failure = disconnect(<u32>domid) ? 0 : -EINVAL;
  else if (parts.length < 3 || parse(parts[1]) < 0 || parse(parts[2]) < 0) failure = -EINVAL;
  else if (isConnected(<u32>domid)) failure = -EISCONN;
  else failure = connect(<u32>domid, <u32>domid, parse(parts[1]), <u32>parse(parts[2]));
  if (failure < 0) connection.send(16, id, 0, failure == -EISCONN ? 'EISCONN\0' : 'EINVAL\0');
  else {
    connection.send(type, id, 0, 'OK\0');
    fireSpecial(type == XS_INTRODUCE ? '@introduceDomain' : '@releaseDomain', connections);
  }
}

function isConnected(domid: u32): bool {
  for (let n = 0; n < connections.length; n++) if (connections[n].domid == domid) return true;
  return false;
}

/** A domain has ended, or is gone: its ring with it, and everyone who wants to know is told. */
function lookForEnds(): void {
  const domains = listDomains();
  let any = false;
  for (let n = connections.length - 1; n > 0; n--) {
    const domid = connections[n].domid;
    let flags: u32 = XEN_DOMINF_dying;
    for (let d = 0; d < domains.length; d++) if (domains[d].id == domid) flags = domains[d].flags;
    if ((flags & XEN_DOMINF_dying) != 0) {
      disconnect(domid);
      any = true;
    } else if ((flags & XEN_DOMINF_shutdown) == 0) {
      // One that had suspended itself goes on.
      const at = ended.indexOf(domid);
      if (at >= 0) ended.splice(at, 1);
    } else if (!ended.includes(domid)) {
      ended.push(domid);
      any = true;
    }
  }
  if (any) fireSpecial('@releaseDomain', connections);
}
