/** Those who listen: who asks becomes a connection of its own, and waits to be accepted once both sides know of each other. */
import { Packet } from '../packet';
import { initCongestion } from './congestion';
import { Connection, SYN_RECEIVED } from './connection';
import { create, initialSequence } from './creation';
import { sendSyn } from './output';
import { initRtt, startTiming } from './rtt';
import * as segment from './segment';
import { ACK, RST, SYN } from './segment';

/** A segment for a listener. */
export function arrived(listener: Connection, packet: Packet): void {
  if (segment.flags & RST) return;
  if (segment.flags & ACK) {
    segment.sendReset(packet);
    return;
  }
  // Too many wait already: this one will ask again.
  if ((segment.flags & SYN) == 0 || listener.pending >= listener.backlog) return;
  const made = create(listener);
  if (made == null) return;
  made.attached = false;
  made.listener = listener;
  listener.pending++;
  made.localAddress = packet.destination;
  made.localPort = listener.localPort;
  made.remoteAddress = packet.source;
  made.remotePort = segment.sourcePort;
  made.irs = segment.sequence;
  made.rcvNxt = segment.sequence + 1;
  made.rcvEnd = made.rcvNxt;
  made.mss = min(segment.offeredMss, made.mss);
  segment.agreeOnShifts(made);
  made.iss = initialSequence();
  made.una = made.iss;
  made.nxt = made.iss + 1;
  made.max = made.nxt;
  made.state = SYN_RECEIVED;
  initRtt(made);
  initCongestion(made);
  startTiming(made, made.nxt);
  sendSyn(made);
}

/** A connection that a listener has made is there: it can be accepted. */
export function established(connection: Connection): void {
  const listener = connection.listener;
  if (listener == null) return;
  connection.nextReady = null;
  let last = listener.firstReady;
  if (last == null) listener.firstReady = connection;
  else {
    while (last.nextReady != null) last = last.nextReady!;
    last.nextReady = connection;
  }
  listener.wake();
}

/** Takes the first one that waits; null: none does. */
export function takeReady(listener: Connection): Connection | null {
  const ready = listener.firstReady;
  if (ready == null) return null;
  listener.firstReady = ready.nextReady;
  listener.pending--;
  ready.listener = null;
  ready.nextReady = null;
  ready.attached = true;
  return ready;
}
