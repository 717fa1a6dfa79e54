/**
 * /dev/xen/evtchn: event channels for a process. It binds ports by ioctl; reading gives the ports that were raised, four bytes
 * each, and waits for one; a port stays masked from then until it is written back. The ports are closed with the file.
 */
import { EAGAIN, EINTR, EINVAL, EPERM } from 'xen';
import { allocateUnbound, bindInterdomain, bindVirq, closePort } from 'kernel/events/events';
import { maskPort, sendEvent, unmaskPort } from 'kernel/events/events';
import { alloc, dispose, free } from 'kernel/memory/heap';
import { interrupted, WaitQueue } from 'kernel/threads/wait';
import {
  IOCTL_EVTCHN_BIND_INTERDOMAIN,
  IOCTL_EVTCHN_BIND_UNBOUND_PORT,
  IOCTL_EVTCHN_BIND_VIRQ,
  IOCTL_EVTCHN_NOTIFY,
  IOCTL_EVTCHN_UNBIND,
  POLLIN,
  POLLOUT,
} from '../abi';
import { DeviceFile } from './device-file';
import { wakePollers } from './pollers';
import { Vnode } from './vnode';

const PORTS: u32 = 1024;
/** Whose a port is. */
const owners = new StaticArray<EventFile | null>(PORTS);

/** The domain was restored: the ports are nobody's. */
export function forgetFilePorts(): void {
  for (let port: u32 = 0; port < PORTS; port++) owners[port] = null;
}

function raised(port: u32): void {
  const file = owners[port];
  if (file != null) file.add(port);
}

export class EventFile extends DeviceFile {
  /** Ports that were raised and not read, each once: a ring. */
  private ring: usize = alloc(PORTS * 4);
  private first: u32 = 0;
  private next: u32 = 0;
  private news: WaitQueue = new WaitQueue();

  constructor(vnode: Vnode, flags: i32) {
    super(vnode, flags);
  }

  add(port: u32): void {
    maskPort(port);
    store<u32>(this.ring + (this.next++ % PORTS) * 4, port);
    this.news.wake();
    wakePollers();
  }

  read(to: usize, bytes: usize): i32 {
    if (bytes < 4) return -EINVAL;
    while (this.first == this.next) {
      if (!this.mayWait) return -EAGAIN;
      this.news.sleep();
      if (interrupted()) return -EINTR;
    }
    let taken: usize = 0;
    for (; taken + 4 <= bytes && this.first != this.next; taken += 4)
      store<u32>(to + taken, load<u32>(this.ring + (this.first++ % PORTS) * 4));
    return <i32>taken;
  }

  write(from: usize, bytes: usize): i32 {
    if (bytes % 4 != 0) return -EINVAL;
    for (let done: usize = 0; done < bytes; done += 4) {
      const port = load<u32>(from + done);
      if (this.owns(port)) unmaskPort(port);
    }
    return <i32>bytes;
  }

  poll(): i32 {
    return this.first != this.next ? POLLIN | POLLOUT : POLLOUT;
  }

  control(request: i32, argument: u64): i32 {
    const number = <u32>argument;
    if (request == IOCTL_EVTCHN_BIND_VIRQ) return this.take(bindVirq(number, raised));
    if (request == IOCTL_EVTCHN_BIND_UNBOUND_PORT) return this.take(allocateUnbound(number, raised));
    if (request == IOCTL_EVTCHN_BIND_INTERDOMAIN)
      return this.take(bindInterdomain(number, <u32>(argument >> 32), raised));
    if (request != IOCTL_EVTCHN_NOTIFY && request != IOCTL_EVTCHN_UNBIND) return -EINVAL;
    if (!this.owns(number)) return -EPERM;
    if (request == IOCTL_EVTCHN_NOTIFY) sendEvent(number);
    else this.drop(number);
    return 0;
  }

  private owns(port: u32): bool {
    return port < PORTS && owners[port] == this;
  }

  /** What was bound is this file's. An event that came before it was is not lost: the port is looked at anew. */
  private take(port: i32): i32 {
    if (port < 0) return port;
    owners[port] = this;
    unmaskPort(port);
    return port;
  }

  private drop(port: u32): void {
    owners[port] = null;
    closePort(port);
    // It may be somebody else's soon.
    const end = this.next;
    this.next = this.first;
    for (let at = this.first; at != end; at++) {
      const waiting = load<u32>(this.ring + (at % PORTS) * 4);
      if (waiting != port) store<u32>(this.ring + (this.next++ % PORTS) * 4, waiting);
    }
  }

  protected close(): void {
    for (let port: u32 = 0; port < PORTS; port++) if (this.owns(port)) this.drop(port);
    free(this.ring);
    dispose(this.news);
    super.close();
  }
}
