/** Somebody on the way tells that a segment did not arrive. Only a connection that is being opened gives up for that. */
import { CLOSED, SYN_SENT } from './connection';
import { end } from './ending';
import { findConnection } from './table';

export function tcpError(local: u32, localPort: u32, remote: u32, remotePort: u32, errno: i32): void {
  const connection = findConnection(local, localPort, remote, remotePort);
  if (connection == null || connection.state == CLOSED) return;
  if (connection.state == SYN_SENT) end(connection, errno);
}
