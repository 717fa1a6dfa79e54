/** New connections. */
import { now } from 'kernel/events/clock';
import { Connection, RING_BYTES } from './connection';
import { OUR_MSS } from './segment';
import { addConnection, hasRoom } from './table';
import { AckTimer, ConnectionTimer } from './timers';

/** One with its rings; null: there are too many, or there is no memory. */
export function create(): Connection | null {
  if (!hasRoom()) return null;
  const timer = new ConnectionTimer();
  const ackTimer = new AckTimer();
  const made = new Connection(timer, ackTimer);
  timer.connection = made;
  ackTimer.connection = made;
  if (!made.sending.open(RING_BYTES) || !made.receiving.open(RING_BYTES)) {
    made.release();
    return null;
  }
  made.mss = OUR_MSS;
  addConnection(made);
  return made;
}

let created: u32 = 0;

/**
 * Where a connection's sequence begins: a clock of four microseconds, as RFC 9293 has it, and a step for each connection.
 * Nothing here is random, for a run is to be the same each time; a network with enemies would want more.
 */
export function initialSequence(): u32 {
  return <u32>(now() / 4000) + created++ * 64000;
}
