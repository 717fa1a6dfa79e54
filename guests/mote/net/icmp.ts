/** ICMP (RFC 792): it answers echoes, tells senders what cannot be delivered, and hears the same from others. */
import { ECONNREFUSED } from 'xen';
import { EHOSTUNREACH, ENETUNREACH, IPPROTO_ICMP } from '../abi';
import { get16, get32 } from './bytes';
import { addBytes, finish } from './checksum';
import { BROADCAST } from './interface';
import { DEFAULT_TTL, ipSend } from './ipv4';
import { Packet } from './packet';
import { deliverError } from './protocols';

const ICMP_ECHO_REPLY: u8 = 0;
export const ICMP_UNREACHABLE: u8 = 3;
const ICMP_ECHO: u8 = 8;

export const UNREACHABLE_NET: u8 = 0;
const UNREACHABLE_PROTOCOL: u8 = 2;
export const UNREACHABLE_PORT: u8 = 3;

const HEADER: u32 = 8;
const IP_HEADER: u32 = 20;
/** How much of a packet an error brings back: its IP header and eight bytes. */
const QUOTED: u32 = 8;

export function icmpInput(packet: Packet): void {
  if (packet.bytes >= HEADER && finish(addBytes(0, packet.at, packet.bytes)) == 0) {
    const type = load<u8>(packet.at);
    if (type == ICMP_ECHO) {
      answerEcho(packet);
      return;
    }
    if (type == ICMP_UNREACHABLE) hearError(packet);
  }
  packet.free();
}

/** Sends an echo back as it came. */
function answerEcho(packet: Packet): void {
  store<u8>(packet.at, ICMP_ECHO_REPLY);
  store<u16>(packet.at + 2, 0);
  store<u16>(packet.at + 2, finish(addBytes(0, packet.at, packet.bytes)));
  const from = packet.destination == packet.interface_!.broadcast ? 0 : packet.destination;
  // A fresh packet: this one may have no room in front for the header.
  const answer = Packet.make(packet.bytes);
  if (answer != null) {
    memory.copy(answer.at, packet.at, packet.bytes);
    ipSend(answer, from, packet.source, IPPROTO_ICMP, DEFAULT_TTL);
  }
  packet.free();
}

/** Somebody tells that a packet of ours did not arrive: who sent it hears of it. */
function hearError(packet: Packet): void {
  if (packet.bytes < HEADER + IP_HEADER + QUOTED) return;
  const quoted = packet.at + HEADER;
  const header = ((<u32>load<u8>(quoted)) & 15) * 4;
  if (header < IP_HEADER || packet.bytes < HEADER + header + QUOTED) return;
  const code = load<u8>(packet.at + 1);
  const errno = code == UNREACHABLE_PORT ? ECONNREFUSED : code == 0 ? ENETUNREACH : EHOSTUNREACH;
  const ports = quoted + header;
  deliverError(
    load<u8>(quoted + 9),
    get32(quoted + 12),
    get16(ports),
    get32(quoted + 16),
    get16(ports + 2),
    errno,
  );
}

/** Nobody has the protocol of a packet, which it takes: its sender is told. */
export function refuseProtocol(packet: Packet): void {
  sendError(packet, ICMP_UNREACHABLE, UNREACHABLE_PROTOCOL);
  packet.free();
}

/** Tells the sender of a packet, which stays the caller's, why it is not delivered. */
export function sendError(packet: Packet, type: u8, code: u8): void {
  // Never about what many got.
  if (packet.destination == BROADCAST || packet.destination != ours(packet)) return;
  quote(packet, packet.destination, type, code);
}

/** Tells the sender of a packet for somebody else, which stays the caller's, why it is not sent on. */
export function tellSender(packet: Packet, type: u8, code: u8): void {
  quote(packet, packet.interface_!.address, type, code);
}

/** Never about a packet put together again, or about an error. */
function quote(packet: Packet, source: u32, type: u8, code: u8): void {
  if (packet.header == 0 || isError(packet)) return;
  const header = <u32>(packet.at - packet.header);
  const quoted = header + min(packet.bytes, QUOTED);
  const error = Packet.make(HEADER + quoted);
  if (error == null) return;
  memory.fill(error.at, 0, HEADER);
  store<u8>(error.at, type);
  store<u8>(error.at + 1, code);
  memory.copy(error.at + HEADER, packet.header, quoted);
  store<u16>(error.at + 2, finish(addBytes(0, error.at, error.bytes)));
  ipSend(error, source, packet.source, IPPROTO_ICMP, DEFAULT_TTL);
}

/** Of ICMP's messages, an echo may be answered by an error. */
function isError(packet: Packet): bool {
  if (<i32>packet.protocol != IPPROTO_ICMP) return false;
  return packet.bytes == 0 || load<u8>(packet.at) != ICMP_ECHO;
}

function ours(packet: Packet): u32 {
  const from = packet.interface_!;
  return from.isLoopback ? packet.destination : from.address;
}
