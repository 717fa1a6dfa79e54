/**
 * xend [start|stop|restart|status]: the daemon that sees to it that of a domain that has ended becomes what its configuration
 * says (on_poweroff, on_reboot, on_crash). The domains are those that `xm create` has left a configuration of; others are nobody's
 * business here. It sends domains to other hosts, as `xm migrate` asks for, and takes in those that come, each in a process of its
 * own, which goes on when xend is stopped.
 */
import { SHUTDOWN_crash, SHUTDOWN_poweroff, SHUTDOWN_reboot, SHUTDOWN_suspend } from 'xen';
import { Config } from 'dom0/lib/config';
import { detach, ready, runningDaemon, stopDaemon } from 'dom0/lib/daemon';
import { Domain, listDomains } from 'dom0/lib/domains';
import {
  actionAfter,
  configPath,
  DESTROY,
  dropConfig,
  MANAGED,
  PRESERVE,
  RENAME_RESTART,
} from 'dom0/lib/managed';
import { makeFolders } from 'dom0/lib/log';
import { POLLIN } from 'mote/abi';
import {
  ASKED,
  ENDED,
  HALVES,
  Record,
  RECEIVING,
  receivingOf,
  recordsBelow,
  RUNS,
  SENDING,
  sendingOf,
  UNKNOWN,
  WANTED,
} from 'dom0/lib/migration/record';
import { readDirectory, Stat } from 'programs/lib/calls';
import { complain, complainOf, print } from 'programs/lib/io';
import { number } from 'programs/lib/text';
import { PollSet } from 'programs/lib/poll';
import { failure, hasNotice, readNode, storeFile, takeNotices, watch } from 'programs/lib/store';
import { stay } from 'programs/lib/stay';
import { Guest } from './xend/guest';
import { servers, serveConnection, startServers } from './xend/http';
import { debug, info, warn } from './xend/log';
import { startNetwork, tellProblems } from './xend/network';
import { takeUpReceiving } from './xend/receiving';
import { letIn, startRelocation } from './xend/relocation';
import { sendAway } from './xend/sending';
import { adopt, isWorking, pollWorkers, startWorker, sweepWorkers } from './xend/workers';

const guests: Guest[] = [];
const polled = new PollSet();

/** As the Linux Standard Base has it for `status`. */
const NOT_RUNNING: i32 = 3;

export function main(args: string[]): i32 {
  const what = args.length == 1 ? 'start' : args.length == 2 ? args[1] : '';
  if (what == 'status') return status();
  if (what == 'stop' || what == 'restart') stopDaemon('xend');
  if (what == 'stop') return 0;
  if (what == 'start' || what == 'restart') return runningDaemon('xend') != 0 ? 0 : start();
  complain('usage: xend start|stop|restart|status');
  return 2;
}

function status(): i32 {
  const pid = runningDaemon('xend');
  print(pid == 0 ? 'xend is not running\n' : 'xend is running, as process ' + pid.toString() + '\n');
  return pid == 0 ? NOT_RUNNING : 0;
}

function start(): i32 {
  detach('xend');
  makeFolders(MANAGED);
  let failed = watch('@introduceDomain', '');
  if (failed == 0) failed = watch('@releaseDomain', '');
  if (failed == 0) failed = watch(WANTED, WANTED);
  if (failed < 0) return complainOf('the store', failed);
  adoptAll();
  tellProblems();
  startNetwork();
  const listener = startRelocation();
  startServers();
  info('Xend Daemon started');
  ready();
  stay();
  while (serve(listener)) {}
  return complainOf('the store', failure);
}

/** Waits for something to happen, and sees to it. False: there is no store any more. */
function serve(listener: i32): bool {
  polled.clear();
  const store = polled.add(storeFile(), POLLIN);
  const door = listener < 0 ? -1 : polled.add(listener, POLLIN);
  const doors = servers.map<i32>((server) =>
    server.listener < 0 ? -1 : polled.add(server.listener, POLLIN),
  );
  const timeoutMs = pollWorkers(polled);
  const came = polled.wait(hasNotice() ? 0 : timeoutMs);
  sweepWorkers(polled, came <= 0, takeUp);
  if (door >= 0 && (polled.events(door) & POLLIN) != 0) letIn(listener);
  for (let n = 0; n < servers.length; n++)
    if (doors[n] >= 0 && (polled.events(doors[n]) & POLLIN) != 0) serveConnection(servers[n]);
  return (polled.events(store) & POLLIN) == 0 && !hasNotice() ? true : hear();
}

function hear(): bool {
  const notices = takeNotices();
  if (failure < 0) return false;
  let isNews = false;
  for (let n = 0; n < notices.length; n++) {
    if (notices[n].token == WANTED) sendWanted();
    else isNews = true;
  }
  // One look is enough for all that has happened before it.
  if (isNews) look();
  return true;
}

/** Begins what somebody has asked for. */
function sendWanted(): void {
  const uuid = readNode(WANTED);
  if (failure < 0 || uuid == '') return;
  if (sendingOf(uuid).state == ASKED) startWorker(sendingOf(uuid).path, sendAway);
}

/** Does what an ended process has left of a migration; empty: whatever one has left that let in another host. */
function takeUp(path: string): void {
  if (path == '') {
    const attempts = recordsBelow(RECEIVING);
    for (let n = 0; n < attempts.length; n++)
      if (!isWorking(<i32>number(receivingOf(attempts[n]).get('pid')))) takeUp(receivingOf(attempts[n]).path);
    return;
  }
  const state = new Record(path).state;
  if (path.startsWith(SENDING)) {
    if (state != ENDED && state != UNKNOWN && state != '') startWorker(path, sendAway);
    // One that runs in two halves has lost who fetched the other.
  } else if (state != '' && (state != RUNS || new Record(path).get(HALVES) != ''))
    startWorker(path, takeUpReceiving);
}

/** Of an earlier xend, or its processes, there may be migrations under way. */
function adoptAll(): void {
  const parents: string[] = [SENDING, RECEIVING];
  for (let p = 0; p < parents.length; p++) {
    const names = recordsBelow(parents[p]);
    for (let n = 0; n < names.length; n++) adopt(parents[p] + '/' + names[n]);
  }
}

/** Finds who has come, who has ended, who is gone. */
function look(): void {
  const domains = listDomains();
  const stat = new Stat();
  for (let n = 0; n < domains.length; n++) {
    const each = domains[n];
    if (each.id == 0 || each.isDying) continue;
    let guest = guestOf(each.id);
    if (guest == null && stat.of(configPath(each.uuid)) == 0) {
      guest = new Guest(each);
      guests.push(guest);
      debug('Domain has begun: name=' + each.name + ' id=' + each.id.toString() + '.');
    }
    if (guest == null) continue;
    if (!each.isShutDown) guest.isSettled = false;
    else if (!guest.isSettled) settle(guest, each);
  }
  sweep();
}

function guestOf(domid: u32): Guest | null {
  for (let n = 0; n < guests.length; n++) if (guests[n].domid == domid) return guests[n];
  return null;
}

/** A domain has ended: does what is to be done then. */
function settle(guest: Guest, domain: Domain): void {
  guest.isSettled = true;
  const name = domain.name;
  const id = domain.id.toString();
  const ending = endingOf(domain.reason);
  if (ending == 'crash') warn('Domain has crashed: name=' + name + ' id=' + id + '.');
  else info('Domain has shutdown: name=' + name + ' id=' + id + ' reason=' + ending + '.');
  // Who has suspended it knows what comes next.
  if (ending == 'suspend') return;
  const config = new Config(configPath(guest.uuid));
  const action = ending != '?' && config.read() ? actionAfter(config, ending) : DESTROY;
  if (action == DESTROY) guest.destroy();
  else if (action == PRESERVE) guest.preserve(name);
  else guest.restart(name, action == RENAME_RESTART);
}

function endingOf(reason: u32): string {
  if (reason == SHUTDOWN_poweroff) return 'poweroff';
  if (reason == SHUTDOWN_reboot) return 'reboot';
  if (reason == SHUTDOWN_suspend) return 'suspend';
  return reason == SHUTDOWN_crash ? 'crash' : '?';
}

/** Forgets who is gone. */
function sweep(): void {
  // A domain is there before its configuration is: so the list that is made later has all of them.
  const kept = readDirectory(MANAGED);
  const domains = listDomains();
  for (let n = guests.length - 1; n >= 0; n--) {
    let isThere = false;
    for (let d = 0; d < domains.length; d++)
      if (domains[d].id == guests[n].domid && !domains[d].isDying) isThere = true;
    if (!isThere) guests.splice(n, 1);
  }
  if (kept == null) return;
  for (let n = 0; n < kept.length; n++) {
    let isUsed = false;
    for (let d = 0; d < domains.length; d++)
      if (!domains[d].isDying && domains[d].uuid == kept[n]) isUsed = true;
    if (!isUsed) dropConfig(kept[n]);
  }
}
