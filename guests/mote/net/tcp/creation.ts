/** New connections. */
import { now } from 'kernel/events/clock';
import { Connection, RING_BYTES } from './connection';
import { OUR_MSS } from './segment';
import { addConnection, hasRoom } from './table';
import { AckTimer, ConnectionTimer } from './timers';

/** One with its rings, as long as `like` would have them; null: there are too many, or there is no memory. */
export function create(like: Connection | null = null): Connection | null {
  if (!hasRoom()) return null;
  const timer = new ConnectionTimer();
  const ackTimer = new AckTimer();
  const made = new Connection(timer, ackTimer);
  timer.connection = made;
  ackTimer.connection = made;
  if (like != null) {
    made.sendBytes = like.sendBytes;
    made.receiveBytes = like.receiveBytes;
  }
  if (!openRings(made)) {
    made.release();
    return null;
  }
  made.mss = OUR_MSS;
  addConnection(made);
  return made;
}

/** Longer rings than usual are not always to be had. */
function openRings(made: Connection): bool {
  if (!made.sending.open(made.sendBytes) && !made.sending.open(min(made.sendBytes, RING_BYTES))) return false;
  return made.receiving.open(made.receiveBytes) || made.receiving.open(min(made.receiveBytes, RING_BYTES));
}

let created: u32 = 0;

/**
 * Where a connection's sequence begins: a clock of four microseconds, as RFC 9293 has it, and a step for each connection.
 * Nothing here is random, for a run is to be the same each time; a network with enemies would want more.
 */
export function initialSequence(): u32 {
  return <u32>(now() / 4000) + created++ * 64000;
}
