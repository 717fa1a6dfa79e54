/** IPv4 (RFC 791): headers, and packets cut into fragments where they are too long for the interface. */
import { EMSGSIZE, ENOBUFS } from 'xen';
import { EHOSTUNREACH, ENETUNREACH } from '../abi';
import { get16, get32, put16, put32 } from './bytes';
import { addBytes, finish } from './checksum';
import { BROADCAST, Interface, isOurs } from './interface';
import { Packet } from './packet';
import { deliver } from './protocols';
import { reassemble } from './reassembly';
import { findRoute, Route, sourceFor } from './route';

const HEADER: u32 = 20;
const VERSION: u32 = 4;
const MAX_BYTES: u32 = 65535;
/** 127.0.0.0/8. */
const LOOPBACK_NET: u32 = 127;
export const DEFAULT_TTL: u32 = 64;

const MORE_FRAGMENTS: u32 = 0x2000;
const OFFSET: u32 = 0x1fff;

let nextId: u32 = 1;

/**
 * Sends what is in a packet, which it takes, as the payload of an IPv4 packet. `source` 0: what fits the way there. 0, or
 * -ENETUNREACH, -EHOSTUNREACH, -EMSGSIZE, -ENOBUFS.
 */
export function ipSend(packet: Packet, source: u32, destination: u32, protocol: u32, ttl: u32): i32 {
  const route = findRoute(destination);
  if (route == null || packet.bytes + HEADER > MAX_BYTES) {
    const failed = route == null ? -ENETUNREACH : -EMSGSIZE;
    packet.free();
    return failed;
  }
  if (source == 0) source = sourceFor(destination);
  const id = nextId;
  nextId += packet.segmentBytes == 0 ? 1 : packet.bytes / packet.segmentBytes + 1;
  if (packet.segmentBytes == 0 && packet.bytes + HEADER > route.interface_.mtu)
    return sendFragments(packet, route, source, destination, protocol, ttl, id);
  putHeader(packet, source, destination, protocol, ttl, id, 0);
  sendBy(route, packet, destination);
  return 0;
}

/** Sends to everybody on an interface's network, be there a route or not. 0, or -EMSGSIZE. */
export function ipBroadcast(packet: Packet, source: u32, by: Interface, protocol: u32): i32 {
  if (packet.bytes + HEADER > by.mtu) {
    packet.free();
    return -EMSGSIZE;
  }
  putHeader(packet, source, BROADCAST, protocol, DEFAULT_TTL, nextId++, 0);
  by.send(packet, BROADCAST);
  return 0;
}

function sendBy(route: Route, packet: Packet, destination: u32): void {
  const leaver = leaving;
  if (leaver != null && !leaver(packet, route.interface_)) return;
  route.interface_.send(packet, route.gateway != 0 ? route.gateway : destination);
}

function putHeader(
  packet: Packet,
  source: u32,
  destination: u32,
  protocol: u32,
  ttl: u32,
  id: u32,
  fragment: u32,
): void {
  const bytes = packet.bytes + HEADER;
  const at = packet.push(HEADER);
  store<u8>(at, <u8>((VERSION << 4) | (HEADER / 4)));
  store<u8>(at + 1, 0);
  put16(at + 2, bytes);
  put16(at + 4, id);
  put16(at + 6, fragment);
  store<u8>(at + 8, <u8>ttl);
  store<u8>(at + 9, <u8>protocol);
  store<u16>(at + 10, 0);
  put32(at + 12, source);
  put32(at + 16, destination);
  store<u16>(at + 10, finish(addBytes(0, at, HEADER)));
  packet.protocol = protocol;
}

/** Sends a long packet in pieces whose lengths are multiples of eight. */
function sendFragments(
  packet: Packet,
  route: Route,
  source: u32,
  destination: u32,
  protocol: u32,
  ttl: u32,
  id: u32,
): i32 {
  const piece = (route.interface_.mtu - HEADER) & ~7;
  let result = 0;
  for (let offset: u32 = 0; offset < packet.bytes; offset += piece) {
    const bytes = min(piece, packet.bytes - offset);
    const fragment = Packet.make(bytes);
    if (fragment == null) {
      result = -ENOBUFS;
      break;
    }
    memory.copy(fragment.at, packet.at + offset, bytes);
    const more = offset + bytes < packet.bytes ? MORE_FRAGMENTS : 0;
    putHeader(fragment, source, destination, protocol, ttl, id, (offset / 8) | more);
    sendBy(route, fragment, destination);
  }
  packet.free();
  return result;
}

/** Deals with a packet that has come in, which it takes. What is not in order or not for us is dropped. */
export function ipInput(packet: Packet): void {
  const at = packet.at;
  const header: u32 = packet.bytes < HEADER ? 0 : <u32>((load<u8>(at) & 15) * 4);
  const bytes: u32 = header < HEADER ? 0 : get16(at + 2);
  const right =
    header >= HEADER &&
    load<u8>(at) >> 4 == VERSION &&
    bytes >= header &&
    bytes <= packet.bytes &&
    finish(addBytes(0, at, header)) == 0;
  if (!right || isStray(packet, at)) {
    packet.free();
    return;
  }
  packet.bytes = bytes;
  packet.header = at;
  packet.source = get32(at + 12);
  packet.destination = get32(at + 16);
  packet.protocol = load<u8>(at + 9);
  packet.ttl = load<u8>(at + 8);
  const before = beforehand;
  if (before != null && !before(packet)) return;
  if (!isOurs(packet.destination)) {
    const elsewhere = otherwise;
    if (elsewhere != null) elsewhere(packet);
    else packet.free();
    return;
  }
  const incoming = arriving;
  if (incoming != null && !incoming(packet)) return;
  const fragment = get16(at + 6);
  packet.pull(header);
  if ((fragment & (MORE_FRAGMENTS | OFFSET)) == 0) {
    deliver(packet);
    return;
  }
  const whole = reassemble(packet, get16(at + 4), (fragment & OFFSET) * 8, (fragment & MORE_FRAGMENTS) != 0);
  if (whole != null) deliver(whole);
}

/** Sees every packet before it is known whom it is for, and may change it, or take it away: then it gives false, and frees it. */
type Seer = (packet: Packet) => bool;
let beforehand: Seer | null = null;
export function setBeforehand(hook: Seer): void {
  beforehand = hook;
}
/** Sees every packet for us, as `Seer` does. */
let arriving: Seer | null = null;
export function setIncoming(hook: Seer): void {
  arriving = hook;
}
/** Sees every packet of ours before it goes out by an interface, as `Seer` does. */
type Leaver = (packet: Packet, by: Interface) => bool;
let leaving: Leaver | null = null;
export function setLeaving(hook: Leaver): void {
  leaving = hook;
}
/** Takes packets that are for others. */
type Elsewhere = (packet: Packet) => void;
let otherwise: Elsewhere | null = null;
export function setElsewhere(hook: Elsewhere): void {
  otherwise = hook;
}

/** Whether an address of the loopback comes from elsewhere (RFC 1122, 3.2.1.3): nobody outside is to reach what listens there. */
function isStray(packet: Packet, header: usize): bool {
  const from = packet.interface_;
  if (from != null && from.isLoopback) return false;
  return get32(header + 12) >> 24 == LOOPBACK_NET || get32(header + 16) >> 24 == LOOPBACK_NET;
}

/** Bytes of TCP's data that a packet to a destination may have, to be cut into segments on the way out; 0: none such. */
export function mostToCut(destination: u32): u32 {
  const route = findRoute(destination);
  return route == null ? 0 : route.interface_.mostToCut;
}

/** The errno of a destination that cannot be reached. */
export function reachable(destination: u32): i32 {
  if (destination == BROADCAST) return -EHOSTUNREACH;
  return findRoute(destination) == null ? -ENETUNREACH : 0;
}
