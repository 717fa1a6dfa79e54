/** All TCP connections, and which one a segment belongs to. */
import { setAfterwards } from '../input';
import { CLOSED, Connection, LISTEN, TIME_WAIT } from './connection';
import { end } from './ending';

/** More than this many are refused, those apart that are only kept for what may be late: they make room. */
const MAX_CONNECTIONS: i32 = 256;

let first: Connection | null = null;
let count = 0;

export function connections(): Connection | null {
  return first;
}
/** Those that are to be given back count, too. */
export function connectionCount(): i32 {
  return count;
}

export function addConnection(connection: Connection): void {
  connection.next = first;
  first = connection;
  count++;
}

/** Whether there is room for one more: the oldest that is over has gone, if need be, as beyond Linux's tcp_max_tw_buckets. */
export function hasRoom(): bool {
  if (count < MAX_CONNECTIONS) return true;
  let oldest: Connection | null = null;
  for (let each: Connection | null = first; each != null; each = each!.next)
    if (each.state == TIME_WAIT && !each.attached) oldest = each;
  if (oldest == null) return false;
  end(oldest, 0);
  return true;
}

/** The connection between two ends; else who listens at the local one; null: nobody. */
export function findConnection(local: u32, localPort: u32, remote: u32, remotePort: u32): Connection | null {
  let listener: Connection | null = null;
  for (let each: Connection | null = first; each != null; each = each!.next) {
    if (each.localPort != localPort || each.state == CLOSED) continue;
    if (each.state == LISTEN) {
      if (each.localAddress == 0 || each.localAddress == local) listener = each;
    } else if (each.localAddress == local && each.remoteAddress == remote && each.remotePort == remotePort)
      return each;
  }
  return listener;
}

/** Whether nobody has a local port, but for connections that are as good as over. */
export function isPortFree(port: u32): bool {
  for (let each: Connection | null = first; each != null; each = each!.next)
    if (each.localPort == port && each.state != CLOSED) return false;
  return true;
}

/** Whether somebody listens at a port. */
export function isListening(port: u32): bool {
  for (let each: Connection | null = first; each != null; each = each!.next)
    if (each.localPort == port && (each.state == LISTEN || (each.state == CLOSED && each.attached)))
      return true;
  return false;
}

/** Gives back all connections that are closed and that nobody has: when nobody works on one. */
function sweep(): void {
  let before: Connection | null = null;
  let each = first;
  while (each != null) {
    const next = each.next;
    if (each.state == CLOSED && !each.attached) {
      if (before == null) first = next;
      else before.next = next;
      count--;
      each.release();
    } else before = each;
    each = next;
  }
}

export function initTable(): void {
  setAfterwards(sweep);
}
