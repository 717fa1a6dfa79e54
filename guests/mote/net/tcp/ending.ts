/** The end of a connection, and what is done with those that nobody has. */
import { CLOSED, Connection, SYN_RECEIVED } from './connection';

/** Ends it, for a reason: an errno, or 0. Who has it sees so; what nobody has is swept away. */
export function end(connection: Connection, error: i32): void {
  const listener = connection.listener;
  if (listener != null && connection.state == SYN_RECEIVED) {
    listener.pending--;
    connection.listener = null;
    connection.attached = false;
  }
  connection.state = CLOSED;
  connection.error = error;
  connection.timer.cancel();
  connection.ackTimer.cancel();
  connection.sending.close();
  connection.wake();
}
