/** Raw sockets: they see every IPv4 packet of a protocol, header and all, and send packets of it. `ping` uses one. */
import { EADDRNOTAVAIL, EMSGSIZE, ENOBUFS } from 'xen';
import { EDESTADDRREQ, SOCK_RAW } from '../abi';
import { DatagramSocket } from './datagrams';
import { drain } from './input';
import { isOurs } from './interface';
import { DEFAULT_TTL, ipSend } from './ipv4';
import { Packet } from './packet';

const MAX_PAYLOAD: usize = 65535 - 20;

let first: RawSocket | null = null;

export class RawSocket extends DatagramSocket {
  private protocol: u32;
  ttl: u32 = DEFAULT_TTL;
  next: RawSocket | null = null;

  constructor(protocol: u32) {
    super();
    this.protocol = protocol;
    this.next = first;
    first = this;
  }

  get type(): i32 {
    return SOCK_RAW;
  }

  bind(address: u32, port: u32): i32 {
    if (address != 0 && !isOurs(address)) return -EADDRNOTAVAIL;
    this.localAddress = address;
    return 0;
  }

  connect(address: u32, port: u32): i32 {
    this.remoteAddress = address;
    return 0;
  }

  sendTo(from: usize, bytes: usize, address: u32, port: u32, mayWait: bool): i32 {
    if (address == 0) address = this.remoteAddress;
    if (address == 0) return -EDESTADDRREQ;
    if (bytes > MAX_PAYLOAD) return -EMSGSIZE;
    const packet = Packet.make(<u32>bytes);
    if (packet == null) return -ENOBUFS;
    memory.copy(packet.at, from, bytes);
    const failed = ipSend(packet, this.localAddress, address, this.protocol, this.ttl);
    drain();
    return failed < 0 ? failed : <i32>bytes;
  }

  protected portOf(packet: Packet): u32 {
    return 0;
  }

  hears(packet: Packet): bool {
    if (packet.protocol != this.protocol) return false;
    if (this.localAddress != 0 && this.localAddress != packet.destination) return false;
    return this.remoteAddress == 0 || this.remoteAddress == packet.source;
  }

  protected close(): void {
    if (first == this) first = this.next;
    else {
      let before = first!;
      while (before.next != this) before = before.next!;
      before.next = this.next;
    }
    super.close();
  }
}

const HEADER: u32 = 20;

/** Gives every raw socket that wants it a copy of a packet, which stays the caller's, with an IPv4 header in front. */
export function deliverRaw(packet: Packet): void {
  for (let each: RawSocket | null = first; each != null; each = each!.next) {
    if (!each.hears(packet)) continue;
    const copy = Packet.make(packet.bytes + HEADER);
    if (copy == null) continue;
    // A packet that was put together from fragments has lost its header: it gets a plain one.
    memory.fill(copy.at, 0, HEADER);
    store<u8>(copy.at, 0x45);
    store<u8>(copy.at + 8, <u8>packet.ttl);
    store<u8>(copy.at + 9, <u8>packet.protocol);
    store<u32>(copy.at + 12, bswap<u32>(packet.source));
    store<u32>(copy.at + 16, bswap<u32>(packet.destination));
    memory.copy(copy.at + HEADER, packet.at, packet.bytes);
    copy.interface_ = packet.interface_;
    copy.source = packet.source;
    each.deliver(copy);
  }
}
