/** Forwarding (RFC 1812, in its simplest form): packets for others are sent on, where /proc/sys/net/ipv4/ip_forward says so. */
import { put16 } from './bytes';
import { addBytes, finish } from './checksum';
import { asItCame } from './filter/translations';
import { ICMP_UNREACHABLE, tellSender, UNREACHABLE_NET } from './icmp';
import { BROADCAST } from './interface';
import { Packet } from './packet';
import { findRoute, Route } from './route';

const TTL: usize = 8;
const CHECKSUM: usize = 10;
const ICMP_EXCEEDED: u8 = 11;
const EXCEEDED_TTL: u8 = 0;

/** Sees a packet that is about to be sent on by a route, and may change it, or take it away: then it gives false, and frees it. */
type Passing = (packet: Packet, route: Route) => bool;
let passing: Passing | null = null;
export function setPassing(hook: Passing): void {
  passing = hook;
}

/** Sends a packet on, which it takes; its header is at `at`, and what is in that is known. */
export function forward(packet: Packet): void {
  const from = packet.interface_!;
  const header = <u32>(load<u8>(packet.at) & 15) * 4;
  const route = findRoute(packet.destination);
  const ttl = load<u8>(packet.at + TTL);
  const isForOne = packet.destination != BROADCAST && packet.destination >> 28 != 14;
  if (!isForOne || from.isLoopback) {
    packet.free();
    return;
  }
  if (route == null || ttl <= 1) {
    asItCame(packet);
    packet.header = packet.at;
    packet.pull(header);
    if (route == null) tellSender(packet, ICMP_UNREACHABLE, UNREACHABLE_NET);
    else tellSender(packet, ICMP_EXCEEDED, EXCEEDED_TTL);
    packet.free();
    return;
  }
  if (packet.segmentBytes == 0 && packet.bytes > route.interface_.mtu) {
    packet.free();
    return;
  }
  const hook = passing;
  if (hook != null && !hook(packet, route)) return;
  store<u8>(packet.at + TTL, ttl - 1);
  put16(packet.at + CHECKSUM, 0);
  store<u16>(packet.at + CHECKSUM, finish(addBytes(0, packet.at, header)));
  route.interface_.send(packet, route.gateway != 0 ? route.gateway : packet.destination);
}
