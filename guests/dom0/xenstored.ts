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
import {
  IOCTL_EVTCHN_BIND_INTERDOMAIN,
  IOCTL_EVTCHN_BIND_VIRQ,
  IOCTL_EVTCHN_NOTIFY,
  IOCTL_EVTCHN_UNBIND,
} from 'mote/abi';
import { IOCTL_XENBUS_BACKEND_EVTCHN, IOCTL_XENBUS_BACKEND_MFN, O_RDWR, SYS_ioctl } from 'mote/abi';
import { listDomains } from 'dom0/lib/domains';
import * as hyper from 'dom0/lib/hypercalls';
import { close, fork, open, pipe, read, write } from 'programs/lib/calls';
import { complainOf } from 'programs/lib/io';
import { syscall3 } from 'programs/lib/intrinsics';
import { Connection } from './xenstored/connection';
import { handle, parse } from './xenstored/requests';
import { View } from './xenstored/store';
import { fireSpecial } from './xenstored/watches';

const PORTS = 64;
let events: i32 = -1;
const raised = new ArrayBuffer(PORTS * 4);
const connections: Connection[] = [];
/** Domains that were said to have ended. */
const ended: u32[] = [];
let domainEvents: i32 = 0;

function ioctl(fd: i32, request: i32, argument: u64): i32 {
  return <i32>syscall3(SYS_ioctl, fd, request, argument);
}

/** Serves in a process of its own; whoever has started it goes on when there is a store, or with 1. */
export function main(args: string[]): i32 {
  const ends = new StaticArray<i32>(2);
  if (pipe(ends) < 0) return 1;
  const child = fork();
  if (child != 0) {
    close(ends[1]);
    return child > 0 && read(ends[0], raised, 1) == 1 ? 0 : 1;
  }
  close(ends[0]);
  const failed = prepare();
  if (failed != 0) return failed;
  write(ends[1], raised, 1);
  close(ends[1]);
  while (true) serve();
}

function prepare(): i32 {
  events = open('/dev/xen/evtchn', O_RDWR);
  const backend = open('/dev/xen/xenbus_backend', O_RDWR);
  if (events < 0 || backend < 0) return complainOf('/dev/xen', min(events, backend));
  const mfn = ioctl(backend, IOCTL_XENBUS_BACKEND_MFN, 0);
  const port = mfn < 0 ? mfn : ioctl(backend, IOCTL_XENBUS_BACKEND_EVTCHN, 0);
  if (port < 0) return complainOf("domain 0's own ring", port);
  domainEvents = ioctl(events, IOCTL_EVTCHN_BIND_VIRQ, VIRQ_DOM_EXC);
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
  const own = ioctl(events, IOCTL_EVTCHN_BIND_INTERDOMAIN, (<u64>owner) | ((<u64>port) << 32));
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
    ioctl(events, IOCTL_EVTCHN_UNBIND, each.port);
    hyper.unmap(each.address, 1);
    connections.splice(n, 1);
    return true;
  }
  return false;
}

/** Waits for events, and deals with them. */
function serve(): void {
  const got = read(events, raised, PORTS * 4);
  for (let at = 0; at < got; at += 4) {
    const port = load<u32>(changetype<usize>(raised) + at);
    if (port == <u32>domainEvents) lookForEnds();
    for (let n = 0; n < connections.length; n++) if (connections[n].port == port) attend(connections[n]);
  }
  if (got > 0) write(events, raised, got);
  for (let n = 0; n < connections.length; n++)
    if (connections[n].flush()) ioctl(events, IOCTL_EVTCHN_NOTIFY, connections[n].port);
}

function attend(connection: Connection): void {
  while (connection.receive()) {
    const type = load<u32>(connection.header, xsd_sockmsg.type);
    if (connection.domid == 0 && (type == XS_INTRODUCE || type == XS_RELEASE)) manage(connection, type);
    else handle(connection, connections);
  }
  // There is room for the next request, or for the rest of this one.
  ioctl(events, IOCTL_EVTCHN_NOTIFY, connection.port);
}

/** INTRODUCE domid mfn port, RELEASE domid: domain 0 says who is there. */
function manage(connection: Connection, type: u32): void {
  const id = load<u32>(connection.header, xsd_sockmsg.req_id);
  let payload = '';
  for (let n = <i32>xsd_sockmsg.SIZE; n < connection.received; n++)
    payload += String.fromCharCode(load<u8>(connection.header + n));
  connection.received = 0;
  const parts = payload.split('\0');
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
    } else if ((flags & XEN_DOMINF_shutdown) != 0 && !ended.includes(domid)) {
      ended.push(domid);
      any = true;
    }
  }
  if (any) fireSpecial('@releaseDomain', connections);
}
