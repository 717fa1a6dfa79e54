/** IPv4 packets (RFC 791) and UDP datagrams in them (RFC 768): no options are sent, no fragments taken. */
import { checksum, get16, get32, put16, put32 } from './ethernet.ts';

export const PROTOCOL_ICMP = 1;
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

/** The sum of the pseudo-header, to begin a UDP checksum with. */
function pseudoSum({ from, to }: Pick<Packet, 'from' | 'to'>, length: number): number {
  return (from >>> 16) + (from & 0xffff) + (to >>> 16) + (to & 0xffff) + PROTOCOL_UDP + length;
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
  put16(bytes, 6, checksum(bytes, pseudoSum({ from, to }, bytes.length)) || 0xffff);
  return makePacket({ from, to, protocol: PROTOCOL_UDP, payload: bytes });
}
