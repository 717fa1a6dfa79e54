/**
 * The connections that go through this machine, and how each is translated: what it is like as it comes, and as it goes. Answers are
 * translated back; what others tell of them by ICMP is not. The first packet of a connection decides. When there are too many, the
 * one unused longest is forgotten; what is none of TCP is over when nothing has come for a while.
 */
import { now } from 'kernel/events/clock';
import { IPPROTO_TCP } from '../../abi';
import { isOurs } from '../interface';
import { Packet } from '../packet';
import { Tuple } from './tuple';

const MAX_CONNECTIONS: i32 = 256;
/** Ports that a translated connection gets: of those that nobody else is given by chance. */
const FIRST_PORT: u32 = 61000;
const PORTS: u32 = 4096;
/** As Linux has it for UDP that was answered. */
const IDLE_NS: u64 = 180_000_000_000;

export class Connection {
  came: Tuple = new Tuple();
  goes: Tuple = new Tuple();
  /** Its first packet was seen on its whole way. */
  isSettled: bool = false;
  isAnswered: bool = false;
  usedNs: u64 = 0;

  get isThere(): bool {
    if (this.usedNs == 0) return false;
    return this.came.protocol == IPPROTO_TCP || now() - this.usedNs < IDLE_NS;
  }
}

/** The connection of the packet that is on its way, and whether that is an answer; null: none. */
export let current: Connection | null = null;
export let isAnswer: bool = false;
export function setCurrent(connection: Connection | null, answers: bool): void {
  current = connection;
  isAnswer = answers;
}

/** Makes the packet that is on its way what it was when it came: its sender, who is told of it, knows no other. */
export function asItCame(packet: Packet): void {
  const connection = current;
  if (connection == null || connection.came.isSame(connection.goes)) return;
  const goes = connection.goes;
  if (isAnswer) tuple.write(packet, goes.destination, goes.destinationPort, goes.source, goes.sourcePort);
  else {
    const came = connection.came;
    tuple.write(packet, came.source, came.sourcePort, came.destination, came.destinationPort);
  }
}

const tuple = new Tuple();
const connections = new StaticArray<Connection | null>(MAX_CONNECTIONS);
let nextPort: u32 = 0;

/** The connection that a packet belongs to, by what it is like as it comes; null: none. */
export function connectionOf(tuple: Tuple): Connection | null {
  for (let n = 0; n < MAX_CONNECTIONS; n++) {
    const each = connections[n];
    if (each != null && each.isThere && each.came.isSame(tuple)) return used(each);
  }
  return null;
}

/** The connection that a packet is an answer of; null: none. */
export function answeredBy(tuple: Tuple): Connection | null {
  for (let n = 0; n < MAX_CONNECTIONS; n++) {
    const each = connections[n];
    if (each != null && each.isThere && tuple.answers(each.goes)) return used(each);
  }
  return null;
}

function used(connection: Connection): Connection {
  connection.usedNs = now();
  return connection;
}

/** Whether what an error quotes is of a connection, in either direction. */
export function isKnown(quoted: Tuple): bool {
  for (let n = 0; n < MAX_CONNECTIONS; n++) {
    const each = connections[n];
    if (each == null || !each.isThere) continue;
    if (each.came.isSame(quoted) || each.goes.isSame(quoted)) return true;
    if (quoted.answers(each.came) || quoted.answers(each.goes)) return true;
  }
  return false;
}

/** A new connection, which goes as it comes until something else is decided. */
export function begin(tuple: Tuple): Connection {
  let oldest = 0;
  for (let n = 0; n < MAX_CONNECTIONS; n++) {
    const each = connections[n];
    if (each == null) {
      connections[n] = new Connection();
      oldest = n;
      break;
    }
    if (each.usedNs < connections[oldest]!.usedNs) oldest = n;
  }
  const made = connections[oldest]!;
  made.came.copy(tuple);
  made.goes.copy(tuple);
  made.isSettled = false;
  made.isAnswered = false;
  return used(made);
}

/** Has a connection go as if it came from an address. Its port stays, where no other connection has it and it is not our own. */
export function comesFrom(connection: Connection, address: u32): void {
  connection.goes.source = address;
  for (let tries: u32 = 0; tries < PORTS && !isFree(connection); tries++)
    connection.goes.sourcePort = FIRST_PORT + (nextPort++ % PORTS);
  if (<i32>connection.goes.protocol == 1) connection.goes.destinationPort = connection.goes.sourcePort;
}

function isFree(connection: Connection): bool {
  const goes = connection.goes;
  // A port of our own that is in use is not to be found out: translated connections have ports apart.
  if (isOurs(goes.source) && (goes.sourcePort < FIRST_PORT || goes.sourcePort >= FIRST_PORT + PORTS))
    return false;
  for (let n = 0; n < MAX_CONNECTIONS; n++) {
    const each = connections[n];
    if (each != null && each != connection && each.isThere && each.goes.isSame(goes)) return false;
  }
  return true;
}
