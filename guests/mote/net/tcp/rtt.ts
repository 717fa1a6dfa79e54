/**
 * How long to wait for an acknowledgment (RFC 6298): from smoothed measurements of the round trip and how much they vary.
 * What was sent again is not measured, for nobody knows which copy was answered (Karn); and a time-out that runs out in vain
 * doubles.
 */
import { MILLISECOND, now, SECOND } from 'kernel/events/clock';
import { Connection } from './connection';

const INITIAL_RTO_NS: u64 = SECOND;
const MIN_RTO_NS: u64 = 200 * MILLISECOND;
const MAX_RTO_NS: u64 = 60 * SECOND;
const GRANULARITY_NS: u64 = MILLISECOND;

export function initRtt(connection: Connection): void {
  connection.rtoNs = INITIAL_RTO_NS;
}

/** The time-out that holds now. */
export function currentRto(connection: Connection): u64 {
  return min(connection.rtoNs << min<u64>(connection.retries, 10), MAX_RTO_NS);
}

/** A segment from `sequence` on is sent for the first time. */
export function startTiming(connection: Connection, sequence: u32): void {
  if (connection.timing) return;
  connection.timing = true;
  connection.timedSequence = sequence;
  connection.timedAtNs = now();
}

/** What was timed has been acknowledged. */
export function endTiming(connection: Connection): void {
  connection.timing = false;
  const rtt = now() - connection.timedAtNs;
  if (connection.srttNs == 0) {
    connection.srttNs = max<u64>(rtt, 1);
    connection.rttvarNs = rtt / 2;
  } else {
    const difference = rtt > connection.srttNs ? rtt - connection.srttNs : connection.srttNs - rtt;
    connection.rttvarNs = (3 * connection.rttvarNs + difference) / 4;
    connection.srttNs = (7 * connection.srttNs + rtt) / 8;
  }
  const rto = connection.srttNs + max(GRANULARITY_NS, 4 * connection.rttvarNs);
  connection.rtoNs = min(max(rto, MIN_RTO_NS), MAX_RTO_NS);
}
