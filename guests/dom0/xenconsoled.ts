/**
 * xenconsoled: takes what every domain prints, logs it, and lets clients at the consoles. It learns from the store of domains
 * that come and go, and says there where it listens (console/tty). As in Xen 2.0 each console has a port of its own, too: 9600 and the
 * domain's id, of this host alone.
 */
import { EAGAIN, SHUTDOWN_suspend, XEN_DOMINF_dying, XEN_DOMINF_shutdown } from 'xen';
import { XEN_DOMINF_shutdownmask, XEN_DOMINF_shutdownshift } from 'xen';
import { POLLIN, POLLOUT, SIG_IGN, SIGPIPE, SOCK_STREAM } from 'mote/abi';
import { detach, isRunning, ready } from 'dom0/lib/daemon';
import { Domain, listDomains } from 'dom0/lib/domains';
import { EventChannels } from 'dom0/lib/event-channels';
import * as hyper from 'dom0/lib/hypercalls';
import { Log } from 'dom0/lib/log';
import { pathOf } from 'dom0/lib/nodes';
import { close, setNonBlocking, setSignal } from 'programs/lib/calls';
import { complainOf } from 'programs/lib/io';
import { PollSet } from 'programs/lib/poll';
import { accept, addressText, bind, listen, socket } from 'programs/lib/sockets';
import * as store from 'programs/lib/store';
import { bad, number } from 'programs/lib/text';
import { stay } from 'programs/lib/stay';
import { Client } from './xenconsoled/client';
import { Console } from './xenconsoled/console';

const LOGS = '/var/log/xen/console/guest-';
const LOOPBACK: u32 = 0x7f00_0001;
const PORT: u32 = 2300;
/** Of a domain's own port, before its id. */
const PORT_BASE: u32 = 9600;
const BACKLOG: i32 = 8;
/** Descriptors are few: more are not let in. */
const MOST_FILES: i32 = 56;
/** How long output waits for more before it is written to its log. */
const LINGER_MS: i32 = 20;

const events = new EventChannels();
const consoles: Console[] = [];
const clients: Client[] = [];
let listener: i32 = -1;

export function main(args: string[]): i32 {
  if (isRunning('xenconsoled')) return 1;
  detach('xenconsoled');
  const failed = prepare();
  if (failed != 0) return failed;
  ready();
  const set = new PollSet();
  stay();
  while (true) serve(set);
}

function prepare(): i32 {
  setSignal(SIGPIPE, SIG_IGN);
  if (events.fd < 0) return complainOf('/dev/xen/evtchn', events.fd);
  listener = socket(SOCK_STREAM);
  let failed = listener < 0 ? listener : bind(listener, LOOPBACK, PORT);
  if (failed >= 0) failed = listen(listener, BACKLOG);
  if (failed < 0) return complainOf('port ' + PORT.toString(), failed);
  setNonBlocking(listener);
  failed = store.watch('@introduceDomain', '');
  if (failed == 0) failed = store.watch('@releaseDomain', '');
  return failed < 0 ? complainOf('the store', failed) : 0;
}

/** Waits until there is something to do, and does it. */
function serve(set: PollSet): void {
  set.clear();
  const raised = set.add(events.fd, POLLIN);
  const news = set.add(store.storeFile(), POLLIN);
  const hasRoom = clients.length + consoles.length < MOST_FILES;
  const arrival = set.add(hasRoom ? listener : -1, POLLIN);
  const first = arrival + 1;
  for (let n = 0; n < clients.length; n++) set.add(clients[n].fd, clients[n].wants);
  const doors = first + clients.length;
  for (let n = 0; n < consoles.length && hasRoom; n++) set.add(consoles[n].door, POLLIN);
  const ready = set.wait(store.hasNotice() ? 0 : isLogWaiting() ? LINGER_MS : -1);
  if (ready == 0) for (let n = 0; n < consoles.length; n++) consoles[n].log.flush();
  if (set.events(raised) != 0) serveDomains();
  for (let n = 0; n < clients.length; n++) if ((set.events(first + n) & ~POLLOUT) != 0) hear(clients[n]);
  // Before the list of consoles changes.
  for (let n = 0; n < consoles.length && hasRoom; n++)
    if (set.events(doors + n) != 0) welcome(consoles[n].door, consoles[n]);
  if (set.events(arrival) != 0) welcome(listener, null);
  if ((set.events(news) != 0 || store.hasNotice()) && store.takeNotices().length > 0) lookForDomains();
  for (let n = 0; n < clients.length; n++) clients[n].show();
  sweep();
}

function isLogWaiting(): bool {
  for (let n = 0; n < consoles.length; n++) if (consoles[n].log.isWaiting) return true;
  return false;
}

function serveDomains(): void {
  const count = events.take();
  for (let n = 0; n < count; n++)
    for (let c = 0; c < consoles.length; c++)
      if (consoles[c].port == events.port(n)) consoles[c].serve(events);
  events.unmask();
}

function hear(client: Client): void {
  client.listen(consoles);
  const console = client.console;
  if (console != null) console.serve(events);
}

/** `console`: whose door it is; null: of all, who comes says whom he wants. */
function welcome(door: i32, console: Console | null): void {
  const fd = accept(door);
  if (fd < 0) return;
  setNonBlocking(fd);
  const client = new Client(fd);
  if (console != null) client.stand(console);
  clients.push(client);
}

/** A port that is listened at; -1: it is somebody else's. */
function openDoor(port: u32): i32 {
  const fd = socket(SOCK_STREAM);
  if (fd < 0) return -1;
  if (bind(fd, LOOPBACK, port) < 0 || listen(fd, 1) < 0) {
    close(fd);
    return -1;
  }
  setNonBlocking(fd);
  return fd;
}

function sweep(): void {
  for (let n = clients.length - 1; n >= 0; n--) {
    if (!clients[n].isGone) continue;
    close(clients[n].fd);
    clients.splice(n, 1);
  }
}

/** Domains have come or gone, or have shut down. */
function lookForDomains(): void {
  const domains = listDomains();
  for (let n = consoles.length - 1; n >= 0; n--) {
    let flags: u32 = XEN_DOMINF_dying;
    for (let d = 0; d < domains.length; d++) if (domains[d].id == consoles[n].domid) flags = domains[d].flags;
    if ((flags & XEN_DOMINF_dying) != 0) {
      consoles[n].release(events);
      consoles.splice(n, 1);
    } else if ((flags & XEN_DOMINF_shutdown) != 0) {
      consoles[n].serve(events);
      // One that has suspended itself may go on.
      const reason = (flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
      consoles[n].isOver = reason != SHUTDOWN_suspend;
    }
  }
  for (let d = 0; d < domains.length; d++) {
    const each = domains[d];
    if (each.id != 0 && (each.flags & XEN_DOMINF_dying) == 0 && !isServed(each.id)) attach(each);
  }
}

function isServed(domid: u32): bool {
  for (let n = 0; n < consoles.length; n++) if (consoles[n].domid == domid) return true;
  return false;
}

/** Begins to serve a domain, if the store says where its console is. */
function attach(domain: Domain): void {
  const path = pathOf(domain.id) + '/console';
  const frames = new StaticArray<u64>(1);
  frames[0] = nodeNumber(path + '/ring-ref');
  if (bad) return;
  const remote = nodeNumber(path + '/port');
  if (bad) return;
  const ring = hyper.mapForeign(domain.id, changetype<usize>(frames), 1);
  const port = ring < 0 ? <i32>ring : events.bindInterdomain(domain.id, <u32>remote);
  if (port < 0) {
    if (ring >= 0) hyper.unmap(ring, 1);
    complainOf('the console of ' + domain.name, port);
    return;
  }
  const log = new Log(LOGS + domain.name.replaceAll('/', '_') + '.log');
  const console = new Console(domain.id, ring, port, log, openDoor(PORT_BASE + domain.id));
  consoles.push(console);
  console.serve(events);
  tell(path);
}

/** A node's number; `bad`: it has none. */
function nodeNumber(path: string): i64 {
  return number(store.readNode(path));
}

/** Says where clients are let in, unless the domain's nodes are gone meanwhile. */
function tell(path: string): void {
  let failed = 0;
  do {
    if (store.begin() < 0) return;
    store.readNode(path + '/ring-ref');
    const isThere = store.failure == 0;
    if (isThere) store.writeNode(path + '/tty', addressText(LOOPBACK) + ':' + PORT.toString());
    failed = store.end(isThere);
  } while (failed == -EAGAIN);
}
