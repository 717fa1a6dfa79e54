/** A socket for datagrams: they wait in a queue, whole, each with its sender, and one is received at a time. */
import { EAGAIN, EINTR } from 'xen';
import { interrupted } from 'kernel/threads/wait';
import { POLLERR, POLLIN, POLLOUT } from '../abi';
import { Packet } from './packet';
import { setSender, Socket } from './socket';

/** Bytes that may wait; what comes beyond them is lost. */
const MAX_WAITING: u32 = 65536;

export abstract class DatagramSocket extends Socket {
  private first: Packet | null = null;
  private last: Packet | null = null;
  private waiting: u32 = 0;

  /** The port that a packet in the queue came from. */
  protected abstract portOf(packet: Packet): u32;

  /** Puts a packet, which it takes, into the queue. */
  deliver(packet: Packet): void {
    if (this.waiting + packet.bytes > MAX_WAITING) {
      packet.interface_!.dropped++;
      packet.free();
      return;
    }
    this.waiting += packet.bytes;
    packet.next = null;
    const last = this.last;
    if (last == null) this.first = packet;
    else last.next = packet;
    this.last = packet;
    this.wake();
  }

  receiveFrom(to: usize, bytes: usize, mayWait: bool): i32 {
    while (this.first == null) {
      if (this.error != 0) return this.takeError();
      if (!mayWait) return -EAGAIN;
      this.changed.sleep();
      if (interrupted()) return -EINTR;
    }
    const packet = this.take()!;
    const count = min(<u32>bytes, packet.bytes);
    memory.copy(to, packet.at, count);
    setSender(packet.source, this.portOf(packet));
    packet.free();
    return count;
  }

  private take(): Packet | null {
    const packet = this.first;
    if (packet == null) return null;
    this.first = packet.next;
    if (this.first == null) this.last = null;
    this.waiting -= packet.bytes;
    return packet;
  }

  poll(): i32 {
    return POLLOUT | (this.first != null ? POLLIN : 0) | (this.error != 0 ? POLLERR : 0);
  }

  protected close(): void {
    for (let packet = this.take(); packet != null; packet = this.take()) packet.free();
    super.close();
  }
}
