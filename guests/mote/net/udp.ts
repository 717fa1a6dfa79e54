/** UDP (RFC 768): datagrams to ports. */
import { EADDRINUSE, EADDRNOTAVAIL, EMSGSIZE, ENOBUFS } from 'xen';
import { EDESTADDRREQ, IPPROTO_UDP, SOCK_DGRAM } from '../abi';
import { get16, put16 } from './bytes';
import { addBytes, finish, pseudoHeader } from './checksum';
import { DatagramSocket } from './datagrams';
import { ICMP_UNREACHABLE, sendError, UNREACHABLE_PORT } from './icmp';
import { drain } from './input';
import { BROADCAST, Interface, isOurs } from './interface';
import { DEFAULT_TTL, ipBroadcast, ipSend } from './ipv4';
import { Packet } from './packet';
import { ephemeralPort } from './ports';
import { sourceFor } from './route';

const HEADER: u32 = 8;
const MAX_PAYLOAD: usize = 65535 - 20 - 8;

let first: UdpSocket | null = null;

/** All of them. */
export function udpSockets(): UdpSocket | null {
  return first;
}

function isFree(port: u32): bool {
  for (let each: UdpSocket | null = first; each != null; each = each!.next)
    if (each.localPort == port) return false;
  return true;
}

export class UdpSocket extends DatagramSocket {
  next: UdpSocket | null = null;
  /** Where what is for everybody goes out. */
  device: Interface | null = null;

  constructor() {
    super();
    this.next = first;
    first = this;
  }

  get type(): i32 {
    return SOCK_DGRAM;
  }

  bind(address: u32, port: u32): i32 {
    if (address != 0 && !isOurs(address)) return -EADDRNOTAVAIL;
    if (port == 0) port = ephemeralPort(isFree);
    else if (!isFree(port)) return -EADDRINUSE;
    if (port == 0) return -EADDRINUSE;
    this.localAddress = address;
    this.localPort = port;
    return 0;
  }

  connect(address: u32, port: u32): i32 {
    const failed = this.localPort == 0 ? this.bind(0, 0) : 0;
    if (failed < 0) return failed;
    this.remoteAddress = address;
    this.remotePort = port;
    if (this.localAddress == 0) this.localAddress = sourceFor(address);
    return 0;
  }

  sendTo(from: usize, bytes: usize, address: u32, port: u32, mayWait: bool): i32 {
    if (this.error != 0) return this.takeError();
    if (address == 0) {
      if (this.remoteAddress == 0) return -EDESTADDRREQ;
      address = this.remoteAddress;
      port = this.remotePort;
    }
    const unbound = this.localPort == 0 ? this.bind(0, 0) : 0;
    if (unbound < 0) return unbound;
    if (bytes > MAX_PAYLOAD) return -EMSGSIZE;
    const packet = Packet.make(<u32>bytes);
    if (packet == null) return -ENOBUFS;
    memory.copy(packet.at, from, bytes);
    const by = address == BROADCAST ? this.device : null;
    let source = this.localAddress;
    if (source == 0) source = by != null ? by.address : sourceFor(address);
    putHeader(packet, source, this.localPort, address, port);
    const failed =
      by != null
        ? ipBroadcast(packet, source, by, IPPROTO_UDP)
        : ipSend(packet, source, address, IPPROTO_UDP, DEFAULT_TTL);
    drain();
    return failed < 0 ? failed : <i32>bytes;
  }

  protected portOf(packet: Packet): u32 {
    return get16(packet.at - HEADER);
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

function putHeader(packet: Packet, source: u32, sourcePort: u32, destination: u32, port: u32): void {
  const at = packet.push(HEADER);
  put16(at, sourcePort);
  put16(at + 2, port);
  put16(at + 4, packet.bytes);
  store<u16>(at + 6, 0);
  const sum = finish(
    addBytes(pseudoHeader(source, destination, IPPROTO_UDP, packet.bytes), at, packet.bytes),
  );
  // 0 says that there is no checksum; the other zero of the complement means the same number.
  store<u16>(at + 6, sum == 0 ? 0xffff : sum);
}

/** Deals with a packet, which it takes. */
export function udpInput(packet: Packet): void {
  const at = packet.at;
  const bytes = packet.bytes < HEADER ? <u32>0 : get16(at + 4);
  if (bytes < HEADER || bytes > packet.bytes || !isIntact(packet, bytes)) {
    packet.free();
    return;
  }
  packet.bytes = bytes;
  const socket = find(packet.destination, get16(at + 2), packet.source, get16(at));
  if (socket == null) {
    sendError(packet, ICMP_UNREACHABLE, UNREACHABLE_PORT);
    packet.free();
    return;
  }
  packet.pull(HEADER);
  socket.deliver(packet);
}

function isIntact(packet: Packet, bytes: u32): bool {
  if (load<u16>(packet.at + 6) == 0) return true;
  const header = pseudoHeader(packet.source, packet.destination, IPPROTO_UDP, bytes);
  return finish(addBytes(header, packet.at, bytes)) == 0;
}

/** Whose datagram it is: a connected socket's before one that listens to all. */
function find(local: u32, localPort: u32, remote: u32, remotePort: u32): UdpSocket | null {
  let found: UdpSocket | null = null;
  for (let each: UdpSocket | null = first; each != null; each = each!.next) {
    if (each.localPort != localPort) continue;
    if (each.localAddress != 0 && each.localAddress != local) continue;
    if (each.remoteAddress == remote && each.remotePort == remotePort) return each;
    if (each.remoteAddress == 0) found = each;
  }
  return found;
}

/** A datagram of ours did not arrive. */
export function udpError(local: u32, localPort: u32, remote: u32, remotePort: u32, errno: i32): void {
  const socket = find(local, localPort, remote, remotePort);
  if (socket == null || socket.remoteAddress == 0) return;
  socket.error = errno;
  socket.wake();
}
