/**
 * Congestion control: how much may be under way before somebody on the path loses it. Slow start and congestion avoidance
 * (RFC 5681) probe for it; three duplicate acknowledgments mean that one segment is lost, and recovery (NewReno, RFC 6582)
 * mends one hole per round trip; a time-out means that nothing arrives any more, and all begins anew.
 */
import { Connection } from './connection';
import { before, later } from './sequence';

const DUPLICATES: u32 = 3;
const FOREVER: u32 = 0x4000_0000;

export function initCongestion(connection: Connection): void {
  const mss = connection.mss;
  connection.cwnd = min(4 * mss, max(2 * mss, 4380));
  connection.ssthresh = FOREVER;
  connection.recover = connection.iss;
}

function halve(connection: Connection): void {
  connection.ssthresh = max((connection.max - connection.una) / 2, 2 * connection.mss);
}

/** New bytes have been acknowledged; `una` is the new one. True: there is another hole, to be sent again at once. */
export function acknowledged(connection: Connection, bytes: u32): bool {
  const mss = connection.mss;
  connection.duplicates = 0;
  if (connection.recovering) {
    if (!before(connection.una, connection.recover)) {
      connection.recovering = false;
      connection.cwnd = min(connection.ssthresh, max(connection.max - connection.una, mss) + mss);
      return false;
    }
    connection.cwnd -= min(connection.cwnd, bytes);
    if (bytes >= mss) connection.cwnd += mss;
    connection.cwnd = max(connection.cwnd, mss);
    return true;
  }
  // A loss that is half the circle behind would seem to be to come.
  connection.recover = later(connection.recover, connection.una - 1);
  // By bytes (RFC 3465): an acknowledgment may be one of many segments, which have come as one.
  if (connection.cwnd < connection.ssthresh) connection.cwnd += bytes;
  else connection.cwnd += max(<u32>((<u64>mss * bytes) / connection.cwnd), 1);
  connection.cwnd = min(connection.cwnd, FOREVER);
  return false;
}

/** An acknowledgment has come that says nothing new. True: the first segment is to be sent again. */
export function duplicate(connection: Connection): bool {
  connection.duplicates++;
  if (connection.recovering) {
    connection.cwnd += connection.mss;
    return false;
  }
  // What was under way at the last loss may cause duplicates of its own.
  if (connection.duplicates != DUPLICATES || before(connection.una, connection.recover + 1)) return false;
  halve(connection);
  connection.recovering = true;
  connection.recover = connection.max;
  connection.cwnd = connection.ssthresh + DUPLICATES * connection.mss;
  return true;
}

/** Nothing has been acknowledged for too long. */
export function timedOut(connection: Connection): void {
  if (connection.retries == 0) halve(connection);
  connection.cwnd = connection.mss;
  connection.recovering = false;
  connection.duplicates = 0;
  connection.recover = connection.max;
}
