/** What happens to a connection when time passes: sent again, probed, acknowledged at last, given up, forgotten. */
import { ETIMEDOUT } from 'xen';
import { now, SECOND } from 'kernel/events/clock';
import { Timer } from 'kernel/events/timers';
import { drain } from '../input';
import { Connection, FIN_WAIT_2, SYN_RECEIVED, SYN_SENT, TIME_WAIT } from './connection';
import { end } from './ending';
import { timedOut } from './congestion';
import { challenge, isStuck, output, probe, sendAck, sendSyn } from './output';
import { currentRto } from './rtt';
import { connections } from './table';

const MAX_SYN_RETRIES: u32 = 5;
const MAX_RETRIES: u32 = 10;
/** Twice the longest time that a segment is believed to live: short, for the networks here are. */
const TIME_WAIT_NS: u64 = 2 * SECOND;
/** So long we wait for the other side's end, when nobody here cares any more. */
const FIN_WAIT_2_NS: u64 = 30 * SECOND;

export class ConnectionTimer extends Timer {
  connection: Connection | null = null;

  fire(): void {
    expired(this.connection!);
    drain();
  }
}

export class AckTimer extends Timer {
  connection: Connection | null = null;

  fire(): void {
    sendAck(this.connection!);
    drain();
  }
}

function expired(connection: Connection): void {
  if (connection.state == TIME_WAIT || connection.state == FIN_WAIT_2) {
    if (connection.state == TIME_WAIT || !connection.attached) end(connection, 0);
    return;
  }
  const opening = connection.state == SYN_SENT || connection.state == SYN_RECEIVED;
  // A closed window may stay closed as long as the other side says that it is.
  const probing = !opening && isStuck(connection);
  const vain = probing ? connection.silent : connection.retries;
  if (vain >= (opening ? MAX_SYN_RETRIES : MAX_RETRIES)) {
    end(connection, ETIMEDOUT);
    return;
  }
  connection.timing = false;
  if (opening) {
    connection.retries++;
    sendSyn(connection);
    return;
  }
  if (probing) {
    connection.silent++;
    connection.retries++;
    probe(connection);
  } else {
    timedOut(connection);
    connection.retries++;
    connection.nxt = connection.una;
    output(connection);
  }
  if (!connection.timer.armed) connection.timer.set(now() + currentRto(connection));
}

/** Nothing went anywhere for a while, and does again: what waits to be sent again is sent now, as if it were the first time. */
export function sendAllAgain(): void {
  for (let each = connections(); each != null; each = each!.next) {
    if (!each.timer.armed || each.state == TIME_WAIT || each.state == FIN_WAIT_2) continue;
    each.retries = 0;
    each.timer.set(now());
  }
}

/**
 * A peer has announced its address, as one does that has come from another host: what was under way to it then may be lost, and nobody
 * would know before a time-out. It is told where we are, and what it has not acknowledged is sent again; not for every announcement.
 */
export function tellAgain(address: u32): void {
  for (let each = connections(); each != null; each = each!.next) {
    if (each.remoteAddress != address || !each.isSynchronized || each.state == TIME_WAIT) continue;
    const isUnderWay = each.una != each.max && now() >= each.nextChallengeNs;
    challenge(each);
    if (!isUnderWay) continue;
    each.retries = 0;
    each.timer.set(now());
  }
}

/** Both sides have ended: it stays a while, to answer what was under way. */
export function startTimeWait(connection: Connection): void {
  connection.state = TIME_WAIT;
  connection.sending.close();
  if (!connection.attached) connection.receiving.close();
  connection.timer.set(now() + TIME_WAIT_NS);
  connection.wake();
}

/** We have ended and the other side has not. */
export function startFinWait2(connection: Connection): void {
  connection.state = FIN_WAIT_2;
  connection.timer.cancel();
  if (!connection.attached) connection.timer.set(now() + FIN_WAIT_2_NS);
}
