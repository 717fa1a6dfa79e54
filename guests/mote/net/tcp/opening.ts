/** Opening and ending connections, as sockets ask for it. */
import { drain } from '../input';
import { sourceFor } from '../route';
import {
  CLOSE_WAIT,
  CLOSED,
  Connection,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  LISTEN,
} from './connection';
import { SYN_RECEIVED, SYN_SENT, TIME_WAIT } from './connection';
import { initialSequence } from './creation';
import { end } from './ending';
import { takeReady } from './listen';
import { output, sendAbort, sendSyn } from './output';
import { initRtt, startTiming } from './rtt';
import { connections } from './table';
import { startFinWait2 } from './timers';

/** Asks the other side. What becomes of it shows in the connection's state. */
export function open(connection: Connection, address: u32, port: u32): void {
  connection.remoteAddress = address;
  connection.remotePort = port;
  if (connection.localAddress == 0) connection.localAddress = sourceFor(address);
  connection.iss = initialSequence();
  connection.una = connection.iss;
  connection.nxt = connection.iss + 1;
  connection.max = connection.nxt;
  connection.state = SYN_SENT;
  initRtt(connection);
  startTiming(connection, connection.nxt);
  sendSyn(connection);
  drain();
}

/** Nobody here will send any more: a FIN goes behind the last byte. */
export function endSending(connection: Connection): void {
  if (connection.finDue) return;
  if (connection.state == ESTABLISHED) connection.state = FIN_WAIT_1;
  else if (connection.state == CLOSE_WAIT) connection.state = LAST_ACK;
  else return;
  connection.finDue = true;
  output(connection);
}

/** Breaks it off. */
export function abort(connection: Connection): void {
  sendAbort(connection);
  end(connection, 0);
}

/** Nobody has it any more: it ends in good order by itself, or is broken off where something would be lost. */
export function detach(connection: Connection): void {
  connection.attached = false;
  if (connection.state == LISTEN) endListening(connection);
  else if (connection.state == SYN_SENT || connection.state == SYN_RECEIVED) abort(connection);
  else if (connection.receiving.count > 0) abort(connection);
  else if (connection.state != CLOSED) {
    connection.readClosed = true;
    endSending(connection);
    if (connection.state == FIN_WAIT_2) startFinWait2(connection);
    // What is only kept to answer what is late needs no memory for data.
    if (connection.state == TIME_WAIT) connection.receiving.close();
  }
  drain();
}

/** Those who wait to be accepted are sent away. */
function endListening(listener: Connection): void {
  for (let ready = takeReady(listener); ready != null; ready = takeReady(listener)) {
    abort(ready);
    ready.attached = false;
  }
  orphan(listener);
  end(listener, 0);
}

/** Those who are on their way to a listener that is gone. */
function orphan(listener: Connection): void {
  for (let each: Connection | null = connections(); each != null; each = each!.next)
    if (each.listener == listener) abort(each);
}
