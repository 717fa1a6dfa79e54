/** A socket: an open file whose other side is the network. What a kind of socket has not stays as it is here, an error. */
import { ENOTCONN, EOPNOTSUPP } from 'xen';
import { dispose } from 'kernel/memory/heap';
import { WaitQueue } from 'kernel/threads/wait';
import { O_RDWR } from '../abi';
import { File } from '../fs/file';
import { wakePollers } from '../fs/pollers';
import { controlNetwork } from './interface-calls';

/** Who sent what was last received: `receiveFrom` says so. */
export let senderAddress: u32 = 0;
export let senderPort: u32 = 0;

export function setSender(address: u32, port: u32): void {
  senderAddress = address;
  senderPort = port;
}

export abstract class Socket extends File {
  localAddress: u32 = 0;
  localPort: u32 = 0;
  remoteAddress: u32 = 0;
  remotePort: u32 = 0;
  /** What has gone wrong since somebody last asked: an errno, 0. */
  error: i32 = 0;
  /** Woken by whatever may end a wait. */
  changed: WaitQueue = new WaitQueue();

  constructor() {
    super(O_RDWR);
  }

  /** SOCK_*. */
  abstract get type(): i32;

  abstract bind(address: u32, port: u32): i32;
  abstract connect(address: u32, port: u32): i32;
  /** Sends to an address; 0: to the one that it is connected with. Bytes. */
  abstract sendTo(from: usize, bytes: usize, address: u32, port: u32, mayWait: bool): i32;
  /** Receives. Bytes; `senderAddress` and `senderPort` say from whom. */
  abstract receiveFrom(to: usize, bytes: usize, mayWait: bool): i32;

  listen(backlog: i32): i32 {
    return -EOPNOTSUPP;
  }
  /** A connection that has come; null: `acceptFailure`. */
  accept(): Socket | null {
    acceptFailure = -EOPNOTSUPP;
    return null;
  }
  shutdown(how: i32): i32 {
    return this.remoteAddress == 0 ? -ENOTCONN : 0;
  }

  read(to: usize, bytes: usize): i32 {
    return this.receiveFrom(to, bytes, this.mayWait);
  }
  write(from: usize, bytes: usize): i32 {
    return this.sendTo(from, bytes, 0, 0, this.mayWait);
  }

  /** Takes the error that waits, if there is one: it, negative, or 0. */
  takeError(): i32 {
    const error = this.error;
    this.error = 0;
    return -error;
  }

  control(request: i32, argument: u64): i32 {
    return controlNetwork(request, argument);
  }

  /** Something has changed: whoever waits looks again. */
  wake(): void {
    this.changed.wake();
    wakePollers();
  }

  /** The end: what a kind has of its own is given back before. */
  protected close(): void {
    wakePollers();
    dispose(this.changed);
  }
}

/** Why `accept` gave nothing. */
export let acceptFailure: i32 = 0;
export function failAccept(errno: i32): Socket | null {
  acceptFailure = errno;
  return null;
}
