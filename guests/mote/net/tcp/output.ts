/** What a connection sends and when: as much as the other side's window and the network bear, in segments as full as can be. */
import { MILLISECOND, now } from 'kernel/events/clock';
import { mostToCut } from '../ipv4';
import { CLOSED, Connection, LISTEN, SYN_RECEIVED, SYN_SENT } from './connection';
import { startTiming, currentRto } from './rtt';
import { ACK, FIN, PSH, RST, sendSegment, SYN } from './segment';
import { before } from './sequence';

/** An acknowledgment waits so long for a second segment, or for data to go along with. */
const DELAYED_ACK_NS: u64 = 40 * MILLISECOND;
/** A connection sends a challenge so often at most. By connection: others would see from a common limit what goes on. */
const CHALLENGE_NS: u64 = 500 * MILLISECOND;

/** Sends what can be sent, and the acknowledgment that is due. */
export function output(connection: Connection): void {
  if (!connection.isSynchronized) return;
  while (sendNext(connection)) {}
  if (connection.ackNow) sendAck(connection);
  else if (connection.unacked > 0 && !connection.ackTimer.armed)
    connection.ackTimer.set(now() + DELAYED_ACK_NS);
  if (isStuck(connection) && !connection.timer.armed) connection.timer.set(now() + currentRto(connection));
}

/** There is something to be sent, nothing is under way, and the window lets nothing through: it must be probed. */
export function isStuck(connection: Connection): bool {
  return connection.nxt == connection.una && connection.sending.count > 0;
}

/** Sends the next segment. False: there is none to be sent now. */
function sendNext(connection: Connection): bool {
  const underWay = connection.nxt - connection.una;
  const there = connection.sending.count;
  const left = underWay < there ? there - underWay : 0;
  const allowed = min(connection.wnd, connection.cwnd);
  const room = allowed > underWay ? allowed - underWay : 0;
  const may = min(left, room);
  let count = may > connection.mss ? min(may, mostAtOnce(connection)) : may;
  const fin = connection.owesFin && count == left && underWay <= there;
  if (count == 0 && !fin) return false;
  const again = before(connection.nxt, connection.max);
  const rest = count % connection.mss;
  if (!fin && !again && rest != 0 && !isWorthwhile(connection, rest, left - (count - rest), underWay)) {
    count -= rest;
    if (count == 0) return false;
  }
  return transmit(connection, count, fin);
}

/** Bytes that may go at once: full segments, where somebody behind us cuts them, or one. */
function mostAtOnce(connection: Connection): u32 {
  const most = mostToCut(connection.remoteAddress);
  return max(most - (most % connection.mss), connection.mss);
}

/** Whether a segment that is not full may go (Nagle; and the sender's part against silly windows, RFC 9293, 3.8.6.2.1). */
function isWorthwhile(connection: Connection, count: u32, left: u32, underWay: u32): bool {
  if (count == left && (underWay == 0 || connection.noDelay)) return true;
  return count >= connection.maxWnd / 2;
}

/** Sends bytes from `nxt` on, and the FIN behind them. */
function transmit(connection: Connection, count: u32, fin: bool): bool {
  const offset = connection.nxt - connection.una;
  const last = offset + count == connection.sending.count;
  const control = ACK | (fin ? FIN : 0) | (last && count > 0 ? PSH : 0);
  const from = connection.nxt;
  updateWindow(connection);
  if (!sendSegment(connection, from, control, min(offset, connection.sending.count), count)) return false;
  acknowledgmentSent(connection);
  connection.nxt = from + count + (fin ? 1 : 0);
  if (before(connection.max, connection.nxt)) {
    // Only what goes out for the first time is timed.
    if (from == connection.max) startTiming(connection, connection.nxt);
    connection.max = connection.nxt;
  }
  if (!connection.timer.armed) connection.timer.set(now() + currentRto(connection));
  return true;
}

/**
 * Sends as little as the window lets through, or one byte into a closed one: the answer tells whether it is so still. It
 * does not count as under way.
 */
export function probe(connection: Connection): void {
  const count = max(min(min(connection.wnd, connection.mss), connection.sending.count), 1);
  transmit(connection, count, false);
  connection.timing = false;
  if (connection.wnd == 0) connection.nxt = connection.una;
}

/** Sends the first segment that is not acknowledged again. */
export function sendFirstAgain(connection: Connection): void {
  const nxt = connection.nxt;
  connection.nxt = connection.una;
  connection.timing = false;
  const count = min(connection.sending.count, connection.mss);
  transmit(connection, count, connection.owesFin && count == connection.sending.count);
  if (before(connection.nxt, nxt)) connection.nxt = nxt;
}

/** Sends SYN, with the acknowledgment of the other side's where it has come. */
export function sendSyn(connection: Connection): void {
  updateWindow(connection);
  sendSegment(connection, connection.iss, connection.state == SYN_RECEIVED ? SYN | ACK : SYN, 0, 0);
  connection.timer.set(now() + currentRto(connection));
}

export function sendAck(connection: Connection): void {
  updateWindow(connection);
  if (sendSegment(connection, connection.nxt, ACK, 0, 0)) acknowledgmentSent(connection);
}

/** Tells the other side where we are, which may be a stranger's doing: not for every segment of his (RFC 5961, 7). */
export function challenge(connection: Connection): void {
  if (now() < connection.nextChallengeNs) return;
  connection.nextChallengeNs = now() + CHALLENGE_NS;
  sendAck(connection);
}

/** Tells the other side that there is nothing any more. */
export function sendAbort(connection: Connection): void {
  if (connection.state == CLOSED || connection.state == LISTEN || connection.state == SYN_SENT) return;
  sendSegment(connection, connection.nxt, RST | ACK, 0, 0);
}

function acknowledgmentSent(connection: Connection): void {
  connection.ackNow = false;
  connection.unacked = 0;
  connection.ackTimer.cancel();
}

/** Opens the window as far as there is room, unless that is too little to be told (RFC 9293, 3.8.6.2.2). */
function updateWindow(connection: Connection): void {
  if (windowGain(connection) > 0) connection.rcvEnd = connection.rcvNxt + connection.receiving.room;
}

/** By how much the window could be opened, 0 where it is not worth telling. */
function windowGain(connection: Connection): u32 {
  const end = connection.rcvNxt + connection.receiving.room;
  if (!before(connection.rcvEnd, end)) return 0;
  const gain = end - connection.rcvEnd;
  return gain >= min(connection.receiving.capacity / 2, connection.mss) ? gain : 0;
}

/** Something has been read: tells of the room where that is worth it. */
export function hasRead(connection: Connection): void {
  if (!connection.mayReceive) return;
  const gain = windowGain(connection);
  const wasClosed = connection.rcvEnd == connection.rcvNxt;
  const capacity = connection.receiving.capacity;
  if (gain >= max<u32>(2 * connection.mss, capacity / 4) || (gain > 0 && wasClosed) || gain >= capacity / 2)
    sendAck(connection);
}
