/**
 * Takes in a domain that another host sends, and decides what becomes of it, once (dom0/lib/migration/handshake.ts): each step is
 * written into the attempt's record before it is done, so that it can be taken up, and told of, where a process has ended.
 */
import { ESRCH, XEN_DOMCTL_destroydomain, XEN_DOMCTL_unpausedomain } from 'xen';
import { CLOCK_REALTIME, SIGKILL } from 'mote/abi';
import { Domain, domainOfId, listDomains } from 'dom0/lib/domains';
import * as hyper from 'dom0/lib/hypercalls';
import { hears, PERMISSION, READY, REPORT, say } from 'dom0/lib/migration/handshake';
import { HEARD, Message, NO, RUNNING } from 'dom0/lib/migration/message';
import * as record from 'dom0/lib/migration/record';
import { MIGRATING, Record } from 'dom0/lib/migration/record';
import { forget, pathOf } from 'dom0/lib/nodes';
import { Awaited } from 'dom0/lib/saved/awaited';
import { Reader } from 'dom0/lib/saved/reader';
import { Writer } from 'dom0/lib/saved/writer';
import { Arrival } from 'dom0/xm/restore';
import { clock, getpid, kill } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import { writeNode } from 'programs/lib/store';
import { number } from 'programs/lib/text';
import { info, refuse, warn } from './log';
import { isWorking } from './workers';

/** How long word is waited for that the sender has heard. */
const HEARD_PATIENCE_MS: i32 = 5000;

/**
 * Takes in what comes. `attempt`: what the sender calls it, who may ask; empty: it will not. `connection`: what `reader` reads from.
 * `isPostCopy`: its pages follow when it runs.
 */
export function takeIn(
  reader: Reader,
  writer: Writer,
  connection: i32,
  from: string,
  attempt: string,
  isPostCopy: bool,
): void {
  const isAnonymous = attempt == '';
  const kept = record.receivingOf(isAnonymous ? 'xl-' + clock(CLOCK_REALTIME).toString() : attempt);
  const arrival = new Arrival(reader, 'relocation from ' + from);
  kept.put('pid', getpid().toString());
  kept.put('from', from);
  kept.put('state', record.COMING);
  arrival.comesLater = isPostCopy;
  if (isPostCopy) kept.put(record.HALVES, '1');
  const isHere = fill(kept, arrival, from);
  const awaited =
    isHere && isPostCopy ? new Awaited(arrival.domid, arrival.pages!, reader, writer, connection) : null;
  if (awaited != null && !awaited.begin()) arrival.drop(awaited.problem);
  if (arrival.problem != '') {
    refuse('relocation: ' + arrival.problem);
    kept.remove();
    new Message(NO).with('why', arrival.problem).send(writer);
    return;
  }
  const isReady = kept.change([record.COMING], record.READY_TO_RUN);
  if (isReady)
    info(
      'relocation: ' +
        arrival.name +
        ' is there (id=' +
        arrival.domid.toString() +
        '), and waits to be given away',
    );
  const isGiven = isReady && say(writer, READY) && hears(reader, PERMISSION);
  if (!isGiven || !kept.change([record.READY_TO_RUN], record.OURS)) {
    warn('relocation: ' + arrival.name + ' stays where it was');
    drop(kept);
    return;
  }
  info('relocation: commitment: ' + arrival.name + ' is ours');
  const runs = activate(kept);
  report(writer, runs);
  if (!runs) say(writer, PERMISSION);
  if (runs && awaited != null && !fetch(kept, awaited, arrival.name)) return;
  if (isAnonymous) kept.remove();
  if (!runs || isAnonymous) return;
  reader.patienceMs = HEARD_PATIENCE_MS;
  const word = Message.hear(reader);
  if (word != null && word.what == HEARD) forgetAttempt(attempt);
}

/** Gets what is still to come while the domain runs. False: it will not come, and the domain is no more. */
function fetch(kept: Record, awaited: Awaited, name: string): bool {
  info(
    'relocation: post-copy: ' + name + ' runs, and ' + awaited.left.toString() + ' pages of it are to come',
  );
  const isWhole = awaited.run();
  awaited.release();
  if (isWhole) {
    kept.put(record.HALVES, '');
    info('relocation: post-copy: all of ' + name + ' is here');
  } else comeApart(kept, awaited.problem + '; ' + awaited.left.toString() + ' pages have not come');
  return isWhole;
}

/** A domain in two halves, of which one is gone: it cannot go on. */
function comeApart(kept: Record, why: string): void {
  refuse(
    'relocation: ' +
      kept.get('name') +
      ' is lost: it runs here, and not all of its pages can come from ' +
      kept.get('from') +
      ' any more (post-copy): ' +
      why,
  );
  // It has run here: whoever asks hears so, and that is all that is left of it.
  kept.put(record.HALVES, '');
  kept.change([record.OURS], record.RUNS);
  destroy(kept);
}

function fill(kept: Record, arrival: Arrival, from: string): bool {
  if (!arrival.readConfiguration()) return false;
  kept.put('name', arrival.name);
  kept.put('uuid', arrival.uuid);
  info('relocation: reservation: ' + arrival.name + ' comes from ' + from);
  if (!arrival.make()) return false;
  kept.put('domid', arrival.domid.toString());
  return arrival.present(MIGRATING) && arrival.fill(false);
}

function report(writer: Writer, runs: bool): void {
  say(writer, REPORT);
  const result = new StaticArray<u8>(1);
  result[0] = runs ? 0 : 1;
  writer.put(changetype<usize>(result), 1);
  writer.flush();
}

/** Lets a domain run that is ours; who does it second finds it done. False: it cannot, and there is nothing left of it. */
function activate(kept: Record): bool {
  const domid = <u32>number(kept.get('domid'));
  const name = kept.get('name');
  const failed = unpause(domid);
  if (failed < 0) {
    refuse('relocation: ' + name + ': ' + describe(failed));
    if (kept.change([record.OURS], record.REFUSED)) drop(kept);
    return false;
  }
  if (!kept.change([record.OURS], record.RUNS)) return kept.state == record.RUNS;
  writeNode(pathOf(domid) + '/name', name);
  writeNode('/vm/' + kept.get('uuid') + '/name', name);
  info('relocation: activation: ' + name + ' runs');
  return true;
}

/** 0, also where it does run; or a negative errno. */
function unpause(domid: u32): i32 {
  hyper.begin();
  const failed = hyper.domctl(XEN_DOMCTL_unpausedomain, domid);
  const domain = domainOfId(domid);
  if (domain == null || domain.isDying) return -ESRCH;
  return domain.isPaused ? failed : 0;
}

/** Takes away what has come, and what was kept of it: whoever asks hears that it is not here. */
function drop(kept: Record): void {
  destroy(kept);
  kept.remove();
}

function destroy(kept: Record): void {
  const domid = kept.get('domid');
  const domains = listDomains();
  for (let n = 0; n < domains.length; n++) {
    const each = domains[n];
    const isIt = domid != '' ? each.id.toString() == domid : isUnclaimed(each, kept.get('uuid'));
    if (!isIt || each.isDying) continue;
    hyper.begin();
    hyper.domctl(XEN_DOMCTL_destroydomain, each.id);
    forget(each.id);
  }
}

/** Whether a domain was just made for one that comes, and whoever made it ended before it could say so. */
function isUnclaimed(domain: Domain, uuid: string): bool {
  if (domain.uuid != uuid || !domain.isPaused) return false;
  // One of this host's own that is sent to it has the UUID, too.
  const id = domain.id.toString();
  if (record.sendingOf(uuid).get('domid') == id) return false;
  const attempts = record.recordsBelow(record.RECEIVING);
  for (let n = 0; n < attempts.length; n++)
    if (record.receivingOf(attempts[n]).get('domid') == id) return false;
  return true;
}

/** The answer to who has given a domain away and does not know whether it came. What is not ours by now never will be. */
export function whatBecameOf(attempt: string): Message {
  const kept = record.receivingOf(attempt);
  const state = kept.state;
  if (kept.change([record.COMING, record.READY_TO_RUN], record.REFUSED)) {
    warn('relocation: ' + kept.get('name') + ' stays where it was, as its host has asked');
    // It waits for what will not come.
    const pid = <i32>number(kept.get('pid'));
    if (isWorking(pid)) kill(pid, SIGKILL);
    return new Message(NO).with('why', 'it had not come in time');
  }
  if (kept.state == record.OURS) activate(kept);
  if (kept.state == record.RUNS) return new Message(RUNNING);
  return new Message(NO).with('why', state == '' ? 'nothing is known of it' : 'it cannot run');
}

/** The sender knows, and does not ask again. */
export function forgetAttempt(attempt: string): void {
  const kept = record.receivingOf(attempt);
  if (kept.state == record.RUNS) kept.remove();
}

/** Whether it was let run, though that may not be written down. */
function hasRun(kept: Record): bool {
  if (kept.state != record.OURS) return kept.state == record.RUNS;
  const domain = domainOfId(<u32>number(kept.get('domid')));
  return domain != null && !domain.isPaused;
}

/** Does what is left to be done about an attempt whose process has ended. */
export function takeUpReceiving(path: string): void {
  const kept = new Record(path);
  const state = kept.state;
  const isInHalves = kept.get(record.HALVES) != '';
  if (state == record.OURS && !isInHalves) activate(kept);
  else if (isInHalves && hasRun(kept)) comeApart(kept, 'who fetched them has ended');
  else if (state != record.RUNS && state != '') drop(kept);
}
