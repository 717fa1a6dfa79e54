/** A TCP socket. */
import { EADDRINUSE, EADDRNOTAVAIL, EAGAIN, EINTR, EINVAL, EISCONN, ENOTCONN, EOPNOTSUPP } from 'xen';
import { interrupted } from 'kernel/threads/wait';
import { EALREADY, ECONNABORTED, EINPROGRESS, EPIPE, POLLERR, POLLHUP, POLLIN, POLLOUT } from '../../abi';
import { SHUT_RD, SHUT_WR, SIGPIPE, SOCK_STREAM } from '../../abi';
import { currentProcess } from '../../process';
import { sendSignal } from '../../signals';
import { drain } from '../input';
import { isOurs } from '../interface';
import { reachable } from '../ipv4';
import { ephemeralPort } from '../ports';
import { failAccept, setSender, Socket } from '../socket';
import { CLOSED, Connection, LEAST_RING_BYTES, LISTEN, MOST_RING_BYTES, SYN_SENT } from './connection';
import { create } from './creation';
import { takeReady } from './listen';
import { detach, endSending, open } from './opening';
import { hasRead, output } from './output';
import { isListening, isPortFree } from './table';

/** The most that may wait to be accepted. */
const MAX_BACKLOG: i32 = 64;

export class TcpSocket extends Socket {
  connection: Connection;
  /** It has been asked to connect, or was accepted. */
  private used: bool = false;

  constructor(connection: Connection) {
    super();
    this.connection = connection;
    this.localPort = connection.localPort;
    this.localAddress = connection.localAddress;
    this.remoteAddress = connection.remoteAddress;
    this.remotePort = connection.remotePort;
    this.used = connection.remoteAddress != 0;
  }

  get type(): i32 {
    return SOCK_STREAM;
  }

  bind(address: u32, port: u32): i32 {
    if (this.localPort != 0) return -EINVAL;
    if (address != 0 && !isOurs(address)) return -EADDRNOTAVAIL;
    if (port == 0) port = ephemeralPort(isPortFree);
    // A port of connections that are ending may be had again, one that somebody listens at may not.
    else if (isListening(port)) return -EADDRINUSE;
    if (port == 0) return -EADDRINUSE;
    this.localAddress = address;
    this.localPort = port;
    this.connection.localAddress = address;
    this.connection.localPort = port;
    return 0;
  }

  connect(address: u32, port: u32): i32 {
    const connection = this.connection;
    if (this.used) return this.connectAgain();
    if (connection.state != CLOSED) return -EISCONN;
    const unbound = this.localPort == 0 ? this.bind(this.localAddress, 0) : 0;
    const failed = unbound < 0 ? unbound : reachable(address);
    if (failed < 0) return failed;
    this.used = true;
    this.remoteAddress = address;
    this.remotePort = port;
    open(connection, address, port);
    this.localAddress = connection.localAddress;
    if (!this.mayWait && connection.state == SYN_SENT) return -EINPROGRESS;
    return this.waitUntilOpen();
  }

  /** A second call asks what has become of the first; one that a signal interrupted goes on. */
  private connectAgain(): i32 {
    const connection = this.connection;
    if (connection.isSynchronized) return -EISCONN;
    if (connection.state == CLOSED) return connection.error != 0 ? this.takeConnectionError() : -ECONNABORTED;
    return this.mayWait ? this.waitUntilOpen() : -EALREADY;
  }

  private waitUntilOpen(): i32 {
    const connection = this.connection;
    while (!connection.isSynchronized) {
      if (connection.state == CLOSED) return this.takeConnectionError();
      connection.changed.sleep();
      if (interrupted()) return -EINTR;
    }
    return 0;
  }

  private takeConnectionError(): i32 {
    const error = this.connection.error;
    this.connection.error = 0;
    return -error;
  }

  takeError(): i32 {
    return this.takeConnectionError();
  }

  listen(backlog: i32): i32 {
    if (this.used) return -EINVAL;
    const unbound = this.localPort == 0 ? this.bind(0, 0) : 0;
    if (unbound < 0) return unbound;
    this.connection.backlog = max(1, min(backlog, MAX_BACKLOG));
    this.connection.state = LISTEN;
    // Nothing is sent or received by it: connections that come have rings of their own.
    this.connection.sending.close();
    this.connection.receiving.close();
    return 0;
  }

  accept(): Socket | null {
    const listener = this.connection;
    if (listener.state != LISTEN) return failAccept(-EINVAL);
    while (true) {
      const ready = takeReady(listener);
      if (ready != null) return new TcpSocket(ready);
      if (!this.mayWait) return failAccept(-EAGAIN);
      listener.changed.sleep();
      if (interrupted()) return failAccept(-EINTR);
    }
  }

  /** All bytes, unless it is interrupted or the connection ends. */
  sendTo(from: usize, bytes: usize, address: u32, port: u32, mayWait: bool): i32 {
    const connection = this.connection;
    if (address != 0) return connection.isSynchronized ? -EISCONN : -EOPNOTSUPP;
    let done: u32 = 0;
    while (done < <u32>bytes) {
      if (!connection.maySend) return done > 0 ? <i32>done : this.cannotSend();
      const put = connection.sending.put(from + done, <u32>bytes - done);
      done += put;
      output(connection);
      drain();
      if (put > 0) continue;
      if (!mayWait) return done > 0 ? <i32>done : -EAGAIN;
      do {
        connection.changed.sleep();
        if (interrupted()) return done > 0 ? <i32>done : -EINTR;
      } while (connection.maySend && !connection.isWritable);
    }
    return <i32>done;
  }

  private cannotSend(): i32 {
    if (this.connection.error != 0) return this.takeConnectionError();
    if (!this.used) return -ENOTCONN;
    sendSignal(currentProcess(), SIGPIPE);
    return -EPIPE;
  }

  receiveFrom(to: usize, bytes: usize, mayWait: bool): i32 {
    const connection = this.connection;
    if (!this.used) return -ENOTCONN;
    setSender(connection.remoteAddress, connection.remotePort);
    while (connection.receiving.count == 0) {
      if (connection.error != 0) return this.takeConnectionError();
      if (connection.finReceived || connection.readClosed || connection.state == CLOSED || bytes == 0)
        return 0;
      if (!mayWait) return -EAGAIN;
      connection.changed.sleep();
      if (interrupted()) return -EINTR;
    }
    const count = min(<u32>bytes, connection.receiving.count);
    connection.receiving.peek(0, to, count);
    connection.receiving.drop(count);
    hasRead(connection);
    drain();
    return <i32>count;
  }

  shutdown(how: i32): i32 {
    const connection = this.connection;
    if (!connection.isSynchronized) return -ENOTCONN;
    if (how != SHUT_WR) connection.readClosed = true;
    if (how != SHUT_RD) endSending(connection);
    connection.wake();
    drain();
    return 0;
  }

  poll(): i32 {
    const connection = this.connection;
    if (connection.state == LISTEN) return connection.firstReady != null ? POLLIN : 0;
    const ended = connection.finReceived || connection.readClosed || connection.state == CLOSED;
    let events = connection.receiving.count > 0 || ended ? POLLIN : 0;
    if (connection.maySend && connection.isWritable) events |= POLLOUT;
    if (this.used && connection.state == CLOSED) events |= POLLHUP;
    return connection.error != 0 ? events | POLLERR : events;
  }

  /** SO_SNDBUF or SO_RCVBUF: before it is connected. What is not had is not refused, as with Linux. */
  resize(isSending: bool, bytes: u32): void {
    const connection = this.connection;
    const wanted = max(LEAST_RING_BYTES, min(bytes, MOST_RING_BYTES));
    if (connection.state != CLOSED && connection.state != LISTEN) return;
    if (isSending) connection.sendBytes = wanted;
    else connection.receiveBytes = wanted;
    const ring = isSending ? connection.sending : connection.receiving;
    if (!this.used && connection.state == CLOSED) ring.resize(wanted);
  }

  get isLong(): bool {
    return true;
  }

  protected close(): void {
    detach(this.connection);
    super.close();
  }
}

/** A new one; null: -ENOBUFS. */
export function newTcpSocket(): TcpSocket | null {
  const connection = create();
  return connection == null ? null : new TcpSocket(connection);
}
