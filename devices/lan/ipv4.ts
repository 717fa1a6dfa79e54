/** IPv4 packets (RFC 791), and UDP datagrams (RFC 768) and TCP segments (RFC 9293) in them: no options are sent, no fragments taken. */
import { checksum, get16, get32, put16, put32 } from './ethernet.ts';

export const PROTOCOL_ICMP = 1;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
const HEADER_BYTES = 20;
const UDP_BYTES = 8;
const TIME_TO_LIVE = 64;
const MORE_OR_OFFSET = 0x3fff;

export interface Packet {
  readonly from: number;
  readonly to: number;
  readonly protocol: number;
  readonly payload: Uint8Array;
}

/** Reads a packet; null for what is none, is damaged, or is a fragment. Trailing padding is cut off. */
export function parsePacket(bytes: Uint8Array): Packet | null {
  if (bytes.length < HEADER_BYTES) return null;
  const header = (bytes[0]! & 15) * 4;
  const total = get16(bytes, 2);
  if (bytes[0]! >>> 4 !== 4 || header < HEADER_BYTES || total < header || total > bytes.length) return null;
  if (checksum(bytes.subarray(0, header)) !== 0 || (get16(bytes, 6) & MORE_OR_OFFSET) !== 0) return null;
  return {
    from: get32(bytes, 12),
    to: get32(bytes, 16),
    protocol: bytes[9]!,
    payload: bytes.subarray(header, total),
  };
}

export function makePacket({ from, to, protocol, payload }: Packet): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  bytes[0] = 0x45;
  put16(bytes, 2, bytes.length);
  bytes[8] = TIME_TO_LIVE;
  bytes[9] = protocol;
  put32(bytes, 12, from);
  put32(bytes, 16, to);
  put16(bytes, 10, checksum(bytes.subarray(0, HEADER_BYTES)));
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

interface Datagram {
  readonly fromPort: number;
  readonly toPort: number;
  readonly payload: Uint8Array;
}

/** The sum of the pseudo-header, to begin a checksum with. */
function pseudoSum({ from, to, protocol }: Omit<Packet, 'payload'>, length: number): number {
  return (from >>> 16) + (from & 0xffff) + (to >>> 16) + (to & 0xffff) + protocol + length;
}

/** Reads the datagram in a packet; null where it is damaged. */
export function parseDatagram(packet: Packet): Datagram | null {
  const { payload } = packet;
  if (packet.protocol !== PROTOCOL_UDP || payload.length < UDP_BYTES) return null;
  const length = get16(payload, 4);
  if (length < UDP_BYTES || length > payload.length) return null;
  const bytes = payload.subarray(0, length);
  if (get16(bytes, 6) !== 0 && checksum(bytes, pseudoSum(packet, length)) !== 0) return null;
  return { fromPort: get16(bytes, 0), toPort: get16(bytes, 2), payload: bytes.subarray(UDP_BYTES) };
}

/** A packet that carries a datagram. */
export function makeDatagram(from: number, to: number, { fromPort, toPort, payload }: Datagram): Uint8Array {
  const bytes = new Uint8Array(UDP_BYTES + payload.length);
  put16(bytes, 0, fromPort);
  put16(bytes, 2, toPort);
  put16(bytes, 4, bytes.length);
  bytes.set(payload, UDP_BYTES);
  // A sum of zero is sent as its other form: zero means that there is none.
  put16(bytes, 6, checksum(bytes, pseudoSum({ from, to, protocol: PROTOCOL_UDP }, bytes.length)) || 0xffff);
  return makePacket({ from, to, protocol: PROTOCOL_UDP, payload: bytes });
}

/** Control bits of a segment. */
export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;
const TCP_BYTES = 20;

export interface Segment {
  readonly fromPort: number;
  readonly toPort: number;
  /** u32: of its first byte, and of the next one that its sender expects. */
  readonly sequence: number;
  readonly acknowledged: number;
  readonly flags: number;
  readonly window: number;
  readonly payload: Uint8Array;
}

/** Reads the segment in a packet; null where it is damaged. */
export function parseSegment(packet: Packet): Segment | null {
  const { payload } = packet;
  if (packet.protocol !== PROTOCOL_TCP || payload.length < TCP_BYTES) return null;
  const header = (payload[12]! >>> 4) * 4;
  if (header < TCP_BYTES || header > payload.length) return null;
  if (checksum(payload, pseudoSum(packet, payload.length)) !== 0) return null;
  return {
    fromPort: get16(payload, 0),
    toPort: get16(payload, 2),
    sequence: get32(payload, 4),
    acknowledged: get32(payload, 8),
    flags: payload[13]! & 63,
    window: get16(payload, 14),
    payload: payload.subarray(header),
  };
}

/** A packet that carries a segment. */
export function makeSegment(from: number, to: number, segment: Segment): Uint8Array {
  const bytes = new Uint8Array(TCP_BYTES + segment.payload.length);
  put16(bytes, 0, segment.fromPort);
  put16(bytes, 2, segment.toPort);
  put32(bytes, 4, segment.sequence);
  put32(bytes, 8, segment.acknowledged);
  bytes[12] = (TCP_BYTES / 4) << 4;
  bytes[13] = segment.flags;
  put16(bytes, 14, segment.window);
  bytes.set(segment.payload, TCP_BYTES);
  put16(bytes, 16, checksum(bytes, pseudoSum({ from, to, protocol: PROTOCOL_TCP }, bytes.length)));
  return makePacket({ from, to, protocol: PROTOCOL_TCP, payload: bytes });
}
