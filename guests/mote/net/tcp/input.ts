/** What a connection does with a segment, in the order of RFC 9293, 3.10.7. */
import { ECONNRESET } from '../../abi';
import { ECONNREFUSED } from 'xen';
import { Packet } from '../packet';
import { acknowledged, duplicate, initCongestion } from './congestion';
import {
  CLOSE_WAIT,
  CLOSING,
  Connection,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  LISTEN,
} from './connection';
import { SYN_RECEIVED, SYN_SENT, TIME_WAIT } from './connection';
import { end } from './ending';
import { arrived, established } from './listen';
import { challenge, output, sendAbort, sendAck, sendFirstAgain, sendSyn } from './output';
import { currentRto, endTiming } from './rtt';
import * as segment from './segment';
import { ACK, FIN, RST, SYN } from './segment';
import { before, later, notAfter } from './sequence';
import { findConnection } from './table';
import { startFinWait2, startTimeWait } from './timers';
import { now } from 'kernel/events/clock';

/** Every second segment is acknowledged at once. */
const ACK_EVERY: u32 = 2;

/** Deals with a packet, which it takes. */
export function tcpInput(packet: Packet): void {
  if (segment.readSegment(packet)) dispatch(packet);
  packet.free();
}

function dispatch(packet: Packet): void {
  const local = packet.destination;
  const connection = findConnection(local, segment.destinationPort, packet.source, segment.sourcePort);
  if (connection != null) segment.scaleWindow(connection);
  if (connection == null) segment.sendReset(packet);
  else if (connection.state == LISTEN) arrived(connection, packet);
  else if (connection.state == SYN_SENT) opening(connection, packet);
  else if (connection.state == TIME_WAIT && isNewOpening(connection)) {
    end(connection, 0);
    dispatch(packet);
  } else synchronized(connection, packet);
}

/** A new connection between the same ends, while the old one is only kept for what may be late. */
function isNewOpening(connection: Connection): bool {
  return (segment.flags & (SYN | ACK | RST)) == SYN && before(connection.rcvNxt, segment.sequence);
}

/** SYN_SENT: we have asked, and this should be the answer. */
function opening(connection: Connection, packet: Packet): void {
  const acks = (segment.flags & ACK) != 0;
  if (acks && segment.acknowledgment != connection.iss + 1) {
    segment.sendReset(packet);
    return;
  }
  if (segment.flags & RST) {
    if (acks) end(connection, ECONNREFUSED);
    return;
  }
  if ((segment.flags & SYN) == 0) return;
  connection.irs = segment.sequence;
  connection.rcvNxt = segment.sequence + 1;
  connection.rcvEnd = connection.rcvNxt + connection.receiving.room;
  connection.mss = min(segment.offeredMss, connection.mss);
  segment.agreeOnShifts(connection);
  initCongestion(connection);
  if (acks) {
    establish(connection);
    connection.ackNow = true;
    // Data and FIN may come along.
    segment.trim(1);
    take(connection);
    output(connection);
    return;
  }
  // Both sides have asked at the same time.
  connection.state = SYN_RECEIVED;
  connection.retries = 0;
  sendSyn(connection);
}

/** The other side has acknowledged our SYN. */
function establish(connection: Connection): void {
  connection.una = segment.acknowledgment;
  connection.wnd = segment.window;
  connection.maxWnd = max(connection.maxWnd, segment.window);
  connection.wl1 = segment.sequence;
  connection.wl2 = segment.acknowledgment;
  connection.state = ESTABLISHED;
  connection.retries = 0;
  connection.timer.cancel();
  if (connection.timing) endTiming(connection);
  established(connection);
  connection.wake();
}

/** What could be a stranger's, who does not see what is sent, is answered with where we are, and not believed (RFC 5961). */
function synchronized(connection: Connection, packet: Packet): void {
  // Both have asked at the same time: the answer repeats the SYN that has come already.
  const repeats = (segment.flags & (SYN | ACK)) == (SYN | ACK) && segment.sequence == connection.irs;
  if (repeats && connection.state == SYN_RECEIVED) segment.trim(1);
  if (!isAcceptable(connection)) {
    answerUnacceptable(connection);
    return;
  }
  connection.silent = 0;
  if (segment.flags & RST && segment.sequence == connection.rcvNxt) {
    end(connection, ECONNRESET);
    return;
  }
  // Somebody who has begun anew answers the challenge with a reset that is exactly in step.
  if (segment.flags & (RST | SYN)) {
    challenge(connection);
    return;
  }
  if ((segment.flags & ACK) == 0) return;
  if (connection.state == SYN_RECEIVED) {
    if (segment.acknowledgment != connection.iss + 1) {
      segment.sendReset(packet);
      return;
    }
    establish(connection);
  } else if (!acknowledge(connection)) return;
  if (before(segment.sequence, connection.rcvNxt)) segment.trim(connection.rcvNxt - segment.sequence);
  take(connection);
  output(connection);
}

/** The other side has not seen our SYN, or our acknowledgment, or is out of step: it is told where we are. */
function answerUnacceptable(connection: Connection): void {
  if (segment.flags & RST) return;
  const isAskedAgain = (segment.flags & SYN) != 0 && segment.sequence == connection.irs;
  if (isAskedAgain && connection.state == SYN_RECEIVED) sendSyn(connection);
  else if (segment.bytes > 0 && (segment.flags & SYN) == 0) sendAck(connection);
  else challenge(connection);
}

/** Whether any of it lies in the window. */
function isAcceptable(connection: Connection): bool {
  const length = segment.segmentLength();
  const first = segment.sequence;
  const next = connection.rcvNxt;
  const end = connection.rcvEnd;
  if (length == 0) return next == end ? first == next : notAfter(next, first) && before(first, end);
  if (next == end) return false;
  const last = first + length - 1;
  const startsWithin = notAfter(next, first) && before(first, end);
  return startsWithin || (notAfter(next, last) && before(last, end));
}

/** Takes in what it acknowledges, and the window. False: it is not of this world, or the connection is over. */
function acknowledge(connection: Connection): bool {
  const ack = segment.acknowledgment;
  // Who sends blindly would have to guess what we have sent as well.
  if (before(connection.max, ack) || before(ack, connection.una - connection.maxWnd)) {
    challenge(connection);
    return false;
  }
  if (before(connection.una, ack)) advance(connection, ack);
  else if (isDuplicate(connection, ack) && duplicate(connection)) sendFirstAgain(connection);
  if (
    before(connection.wl1, segment.sequence) ||
    (connection.wl1 == segment.sequence && notAfter(connection.wl2, ack))
  ) {
    if (connection.wnd == 0 && segment.window > 0) reopened(connection);
    connection.wnd = segment.window;
    connection.maxWnd = max(connection.maxWnd, segment.window);
    connection.wl1 = segment.sequence;
    connection.wl2 = ack;
  }
  const finished = connection.finDue && connection.una == connection.max && connection.sending.count == 0;
  return !finished || finAcknowledged(connection);
}

/** The window is open again: what was sent in vain does not count any more. */
function reopened(connection: Connection): void {
  connection.retries = 0;
  connection.timer.cancel();
  if (connection.nxt != connection.una) connection.nxt = connection.una;
}

function isDuplicate(connection: Connection, ack: u32): bool {
  if (ack != connection.una || connection.una == connection.max) return false;
  return segment.segmentLength() == 0 && segment.window == connection.wnd && connection.wnd > 0;
}

/** Bytes have arrived. */
function advance(connection: Connection, ack: u32): void {
  const count = ack - connection.una;
  if (connection.timing && notAfter(connection.timedSequence, ack)) endTiming(connection);
  connection.sending.drop(min(count, connection.sending.count));
  connection.una = ack;
  if (before(connection.nxt, ack)) connection.nxt = ack;
  connection.retries = 0;
  const another = acknowledged(connection, count);
  connection.timer.cancel();
  if (connection.una != connection.max) connection.timer.set(now() + currentRto(connection));
  if (another) sendFirstAgain(connection);
  if (connection.isWritable || connection.finDue) connection.wake();
}

/** Our FIN has arrived. False: that was the end. */
function finAcknowledged(connection: Connection): bool {
  if (connection.state == FIN_WAIT_1) startFinWait2(connection);
  else if (connection.state == CLOSING) startTimeWait(connection);
  else if (connection.state == LAST_ACK) {
    end(connection, 0);
    return false;
  }
  return true;
}

/** Takes its bytes, in their turn or before it, and its FIN. */
function take(connection: Connection): void {
  const length = segment.segmentLength();
  if (length == 0) return;
  if (!connection.mayReceive) {
    connection.ackNow = true;
    return;
  }
  if (connection.readClosed && !connection.attached && segment.bytes > 0) {
    // Nobody will ever read it: the sender should know.
    sendAbort(connection);
    end(connection, 0);
    return;
  }
  segment.cut(connection.rcvEnd - segment.sequence);
  if (segment.bytes > 0) takeBytes(connection);
  if (segment.flags & FIN && segment.sequence + segment.bytes == connection.rcvNxt) takeFin(connection);
}

function takeBytes(connection: Connection): void {
  const offset = segment.sequence - connection.rcvNxt;
  const room = connection.receiving.room;
  if (offset >= room) return;
  const count = min(segment.bytes, room - offset);
  // Where something is missing it is acknowledged at once: the sender counts on it to see what.
  connection.unacked += segment.bytes > connection.mss ? ACK_EVERY : 1;
  if (!connection.gaps.isEmpty || offset > 0 || connection.unacked >= ACK_EVERY) connection.ackNow = true;
  if (offset > 0) {
    if (connection.gaps.add(segment.sequence, segment.sequence + count))
      connection.receiving.place(offset, segment.data, count);
    return;
  }
  connection.receiving.put(segment.data, count);
  connection.rcvNxt += count;
  const next = connection.gaps.advance(connection.rcvNxt);
  connection.receiving.extend(next - connection.rcvNxt);
  connection.rcvNxt = next;
  // Nobody reads any more: it makes room at once.
  if (connection.readClosed) connection.receiving.drop(connection.receiving.count);
  connection.wake();
}

/** The other side has ended. */
function takeFin(connection: Connection): void {
  connection.rcvNxt++;
  connection.rcvEnd = later(connection.rcvEnd, connection.rcvNxt);
  connection.finReceived = true;
  connection.ackNow = true;
  if (connection.state == ESTABLISHED) connection.state = CLOSE_WAIT;
  else if (connection.state == FIN_WAIT_1) connection.state = CLOSING;
  else if (connection.state == FIN_WAIT_2) {
    sendAck(connection);
    startTimeWait(connection);
  }
  connection.wake();
}
