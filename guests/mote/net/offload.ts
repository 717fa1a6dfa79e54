/**
 * What a sender may leave to its card, done here: the checksum of a TCP or UDP packet, where the sender has put the sum of the
 * pseudo-header alone (blank), and cutting a TCP packet that is longer than the wire allows into segments (GSO).
 */
import { IPPROTO_TCP, IPPROTO_UDP } from '../abi';
import { get16, get32, put16, put32 } from './bytes';
import { addBytes, finish } from './checksum';
import { ETHERNET_HEADER, TYPE_IPV4 } from './frame';

const TYPE_IPV6: u32 = 0x86dd;
const IPV4_HEADER: u32 = 20;
const IPV6_HEADER: u32 = 40;
const TCP_HEADER: u32 = 20;
/** Where the checksum is in either protocol's header. */
const TCP_CHECKSUM: u32 = 16;
const UDP_CHECKSUM: u32 = 6;
const TCP_FLAGS: u32 = 13;
/** Of a packet that is cut, the last segment alone has these, and the first alone that. */
const FIN_PSH: u8 = 0x09;
const CWR: u8 = 0x80;
/** Ethernet's, IP's and TCP's headers, as long as they can be. */
const MAX_HEADERS: u32 = 14 + 60 + 60;
/** Data that somebody may be given at once, to be cut: of Ethernet's fullest segments, as many as a packet has room for. */
export const MOST_TO_CUT: u32 = 44 * 1460;

// What was found in a frame.
let isIpv4: bool = false;
let protocol: i32 = 0;
/** Where the transport's header begins, and where the packet ends, in the frame. */
let transport: u32 = 0;
let end: u32 = 0;

/** Finds the transport's header. False: it is not there. IPv6 with extension headers counts as none. */
function look(frame: usize, bytes: u32): bool {
  const type = bytes < ETHERNET_HEADER + IPV4_HEADER ? 0 : get16(frame + 12);
  const packet = frame + ETHERNET_HEADER;
  isIpv4 = type == TYPE_IPV4;
  if (isIpv4) {
    protocol = load<u8>(packet + 9);
    transport = ETHERNET_HEADER + <u32>(load<u8>(packet) & 15) * 4;
    end = ETHERNET_HEADER + get16(packet + 2);
  } else {
    if (type != TYPE_IPV6 || bytes < ETHERNET_HEADER + IPV6_HEADER) return false;
    protocol = load<u8>(packet + 6);
    transport = ETHERNET_HEADER + IPV6_HEADER;
    end = transport + get16(packet + 4);
  }
  return transport >= ETHERNET_HEADER + IPV4_HEADER && transport <= end && end <= bytes;
}

/** Where a checksum is that can be blank, and what it covers begins, in the frame that `findChecksum` has looked at. */
export let checksumAt: u32 = 0;
export let coveredFrom: u32 = 0;

/** Whether a frame has a checksum that can be blank. */
export function findChecksum(frame: usize, bytes: u32): bool {
  if (!look(frame, bytes) || (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)) return false;
  checksumAt = transport + (protocol == IPPROTO_TCP ? TCP_CHECKSUM : UDP_CHECKSUM);
  coveredFrom = transport;
  return checksumAt + 2 <= end;
}

/** Completes the checksum of a frame, where it has one that can be blank. */
export function completeChecksum(frame: usize, bytes: u32): void {
  if (!findChecksum(frame, bytes)) return;
  const at = checksumAt;
  let sum = finish(addBytes(0, frame + transport, end - transport));
  if (sum == 0 && protocol == IPPROTO_UDP) sum = 0xffff;
  store<u16>(frame + at, <u16>sum);
}

/** Bytes of a TCP packet's headers; 0: it is none that could be cut. */
export function headersOf(frame: usize, bytes: u32): u32 {
  if (!look(frame, bytes) || protocol != IPPROTO_TCP || transport + TCP_HEADER > end) return 0;
  const headers = transport + <u32>(load<u8>(frame + transport + 12) >> 4) * 4;
  return headers < transport + TCP_HEADER || headers >= end ? 0 : headers;
}

/** A TCP packet as it is cut: each segment is made where its data already is, its headers before them. */
export class Segments {
  private headers: StaticArray<u8> = new StaticArray<u8>(MAX_HEADERS);
  private frame: usize = 0;
  private headerBytes: u32 = 0;
  private segmentBytes: u32 = 0;
  private transport: u32 = 0;
  private isIpv4: bool = false;
  private done: u32 = 0;
  private dataBytes: u32 = 0;
  private count: u32 = 0;
  /** The segment that `next` has made. */
  at: usize = 0;
  bytes: u32 = 0;

  /** Begins with a packet, which is used up. False: it is none that could be cut. */
  begin(frame: usize, bytes: u32, segmentBytes: u32): bool {
    this.headerBytes = headersOf(frame, bytes);
    if (this.headerBytes == 0) return false;
    this.frame = frame;
    this.segmentBytes = segmentBytes;
    this.transport = transport;
    this.isIpv4 = isIpv4;
    this.done = 0;
    this.count = 0;
    this.dataBytes = end - this.headerBytes;
    memory.copy(changetype<usize>(this.headers), frame, this.headerBytes);
    return true;
  }

  /** Makes the next segment. False: that was the last. */
  next(): bool {
    if (this.done == this.dataBytes) return false;
    const data = min(this.segmentBytes, this.dataBytes - this.done);
    this.at = this.frame + this.done;
    this.bytes = this.headerBytes + data;
    memory.copy(this.at, changetype<usize>(this.headers), this.headerBytes);
    this.putTcp(data);
    if (this.isIpv4) this.putIpv4();
    else put16(this.at + ETHERNET_HEADER + 4, this.bytes - this.transport);
    this.putChecksum();
    this.done += data;
    this.count++;
    return true;
  }

  private putTcp(data: u32): void {
    const tcp = this.at + this.transport;
    put32(tcp + 4, get32(tcp + 4) + this.done);
    let flags = load<u8>(tcp + TCP_FLAGS);
    if (this.done + data < this.dataBytes) flags &= ~FIN_PSH;
    if (this.done > 0) flags &= ~CWR;
    store<u8>(tcp + TCP_FLAGS, flags);
  }

  private putIpv4(): void {
    const packet = this.at + ETHERNET_HEADER;
    put16(packet + 2, this.bytes - ETHERNET_HEADER);
    put16(packet + 4, (get16(packet + 4) + this.count) & 0xffff);
    store<u16>(packet + 10, 0);
    store<u16>(packet + 10, finish(addBytes(0, packet, this.transport - ETHERNET_HEADER)));
  }

  /** Anew, with the pseudo-header: addresses, length and protocol. */
  private putChecksum(): void {
    const tcp = this.at + this.transport;
    const length = this.bytes - this.transport;
    const addresses = this.isIpv4 ? 8 : 32;
    store<u16>(tcp + TCP_CHECKSUM, 0);
    const pseudo = addBytes(
      <u64>bswap<u16>(<u16>length) + (IPPROTO_TCP << 8),
      tcp - this.optionsBytes - addresses,
      addresses,
    );
    store<u16>(tcp + TCP_CHECKSUM, finish(addBytes(pseudo, tcp, length)));
  }

  /** Of IPv4's options, which lie between the addresses and the transport's header. */
  private get optionsBytes(): u32 {
    return this.isIpv4 ? this.transport - ETHERNET_HEADER - IPV4_HEADER : 0;
  }
}
