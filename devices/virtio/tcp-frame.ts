/** A frame of TCP over IPv4 as a card looks at it that cuts such frames, or joins them: where things are in it, and its sums. */
import {
  ETHERTYPE,
  ETHERTYPE_IPV4,
  ETHERTYPE_VLAN,
  get16,
  get32,
  HEADER_BYTES,
  put16,
} from '../lan/ethernet.ts';
import { PROTOCOL_TCP } from '../lan/ipv4.ts';

const TAG_BYTES = 4;
const IPV4_BYTES = 20;
const TCP_BYTES = 20;
/** In IPv4's header. */
export const IP_LENGTH = 2;
export const IP_ID = 4;
export const IP_FRAGMENT = 6;
const IP_PROTOCOL = 9;
const IP_CHECKSUM = 10;
const IP_ADDRESSES = 12;
/** In TCP's header. */
export const TCP_SEQUENCE = 4;
const TCP_LENGTH = 12;
export const TCP_FLAGS = 13;
export const TCP_CHECKSUM = 16;

/** Where the headers of IPv4 and of TCP begin, where TCP's data does, and where those end. */
export interface TcpPlaces {
  readonly ip: number;
  readonly tcp: number;
  readonly data: number;
  readonly end: number;
}

/** Where things are in a frame; null: it is no TCP over IPv4, or not all of it is there. */
export function tcpPlaces(frame: Uint8Array): TcpPlaces | null {
  const tag = get16(frame, ETHERTYPE) === ETHERTYPE_VLAN ? TAG_BYTES : 0;
  const ip = HEADER_BYTES + tag;
  if (frame.length < ip + IPV4_BYTES + TCP_BYTES || get16(frame, ETHERTYPE + tag) !== ETHERTYPE_IPV4)
    return null;
  const tcp = ip + (frame[ip]! & 15) * 4;
  const end = ip + get16(frame, ip + IP_LENGTH);
  if (frame[ip]! >> 4 !== 4 || frame[ip + IP_PROTOCOL] !== PROTOCOL_TCP) return null;
  if (tcp < ip + IPV4_BYTES || tcp + TCP_BYTES > Math.min(end, frame.length)) return null;
  const data = tcp + (frame[tcp + TCP_LENGTH]! >> 4) * 4;
  return data < tcp + TCP_BYTES || data > end || end > frame.length ? null : { ip, tcp, data, end };
}

/** The sum of 16-bit words from one place to before another, not folded. */
function sum(frame: Uint8Array, from: number, to: number): number {
  let total = 0;
  const even = to - ((to - from) & 1);
  for (let at = from; at < even; at += 2) total += (frame[at]! << 8) | frame[at + 1]!;
  return even < to ? total + (frame[even]! << 8) : total;
}

function fold(total: number): number {
  let folded = total;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return folded;
}

/** The folded sum of what TCP's checksum counts in besides TCP itself. */
export function pseudoHeaderSum(frame: Uint8Array, { ip, tcp, end }: TcpPlaces): number {
  return fold(sum(frame, ip + IP_ADDRESSES, ip + IPV4_BYTES) + PROTOCOL_TCP + end - tcp);
}

/** Whether both checksums are right. */
export function isIntact(frame: Uint8Array, places: TcpPlaces): boolean {
  const { ip, tcp, end } = places;
  return (
    fold(sum(frame, ip, tcp)) === 0xffff &&
    fold(pseudoHeaderSum(frame, places) + sum(frame, tcp, end)) === 0xffff
  );
}

/** Writes IPv4's checksum. */
export function putIpChecksum(frame: Uint8Array, { ip, tcp }: TcpPlaces): void {
  put16(frame, ip + IP_CHECKSUM, 0);
  put16(frame, ip + IP_CHECKSUM, ~fold(sum(frame, ip, tcp)) & 0xffff);
}

/** Writes TCP's checksum. */
export function putTcpChecksum(frame: Uint8Array, places: TcpPlaces): void {
  const { tcp, end } = places;
  put16(frame, tcp + TCP_CHECKSUM, 0);
  const total = pseudoHeaderSum(frame, places) + sum(frame, tcp, end);
  put16(frame, tcp + TCP_CHECKSUM, ~fold(total) & 0xffff);
}

/** The sequence number of a frame's data, and that behind it. */
export function sequenceOf(frame: Uint8Array, { tcp }: TcpPlaces): number {
  return get32(frame, tcp + TCP_SEQUENCE);
}
export function nextSequence(frame: Uint8Array, places: TcpPlaces): number {
  return (sequenceOf(frame, places) + places.end - places.data) >>> 0;
}
