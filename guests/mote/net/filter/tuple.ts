/** What tells one connection from another: protocol, addresses and ports; of an echo of ICMP its number is both ports. */
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP } from '../../abi';
import { get16, get32, put16, put32 } from '../bytes';
import { addBytes, finish } from '../checksum';
import { Packet } from '../packet';

const CHECKSUM: usize = 10;
const SOURCE: usize = 12;
const DESTINATION: usize = 16;
const FRAGMENT: usize = 6;
const PROTOCOL: usize = 9;
/** Not the first piece of a packet, or not the last: in either the rest is elsewhere. */
const IN_PIECES: u32 = 0x3fff;

const TCP_BYTES: u32 = 20;
const UDP_BYTES: u32 = 8;
const ICMP_BYTES: u32 = 8;
const IP_BYTES: u32 = 20;
/** What an error quotes at least of what is behind the header. */
const PORTS_BYTES: u32 = 8;
const TCP_CHECKSUM: usize = 16;
const UDP_CHECKSUM: usize = 6;
const ICMP_CHECKSUM: usize = 2;
const ICMP_ID: usize = 4;
const ECHO_REPLY: u8 = 0;
const ECHO: u8 = 8;
/** Unreachable, source quench, redirect, time exceeded, parameter problem. */
const ERRORS: StaticArray<u8> = [3, 4, 5, 11, 12];

export class Tuple {
  protocol: i32 = 0;
  source: u32 = 0;
  sourcePort: u32 = 0;
  destination: u32 = 0;
  destinationPort: u32 = 0;

  /** Takes what a packet has, whose IPv4 header is at `at`. False: it has no ports that could be seen. */
  read(packet: Packet): bool {
    this.protocol = packet.protocol;
    this.source = get32(packet.at + SOURCE);
    this.destination = get32(packet.at + DESTINATION);
    this.sourcePort = 0;
    this.destinationPort = 0;
    const at = transportOf(packet);
    if (at == 0) return false;
    if (this.protocol == IPPROTO_ICMP) {
      this.sourcePort = get16(at + ICMP_ID);
      this.destinationPort = this.sourcePort;
    } else {
      this.sourcePort = get16(at);
      this.destinationPort = get16(at + 2);
    }
    return true;
  }

  /** Takes what an error of ICMP tells of the packet that it is about. False: it is no such error. */
  readQuoted(packet: Packet): bool {
    const header = <u32>(load<u8>(packet.at) & 15) * 4;
    if (<i32>packet.protocol != IPPROTO_ICMP || packet.bytes < header + ICMP_BYTES + IP_BYTES) return false;
    if (!ERRORS.includes(load<u8>(packet.at + header))) return false;
    const quoted = packet.at + header + ICMP_BYTES;
    const ports = quoted + <u32>(load<u8>(quoted) & 15) * 4;
    if (ports + PORTS_BYTES > packet.at + packet.bytes) return false;
    this.protocol = load<u8>(quoted, PROTOCOL);
    this.source = get32(quoted + SOURCE);
    this.destination = get32(quoted + DESTINATION);
    const isEcho = this.protocol == IPPROTO_ICMP;
    this.sourcePort = get16(isEcho ? ports + ICMP_ID : ports);
    this.destinationPort = isEcho ? this.sourcePort : get16(ports + 2);
    return true;
  }

  copy(other: Tuple): void {
    this.protocol = other.protocol;
    this.source = other.source;
    this.sourcePort = other.sourcePort;
    this.destination = other.destination;
    this.destinationPort = other.destinationPort;
  }

  isSame(other: Tuple): bool {
    const sameEnds = this.source == other.source && this.destination == other.destination;
    const samePorts = this.sourcePort == other.sourcePort && this.destinationPort == other.destinationPort;
    return sameEnds && samePorts && this.protocol == other.protocol;
  }
  /** Whether it is an answer to the other. */
  answers(other: Tuple): bool {
    const sameEnds = this.source == other.destination && this.destination == other.source;
    const samePorts = this.sourcePort == other.destinationPort && this.destinationPort == other.sourcePort;
    return sameEnds && samePorts && this.protocol == other.protocol;
  }

  /** Makes a packet say so, in its checksums, too. */
  write(packet: Packet, source: u32, sourcePort: u32, destination: u32, destinationPort: u32): void {
    const at = transportOf(packet);
    // One that is blank is made by whoever cuts the packet, of the addresses that it has by then.
    const sum = packet.segmentBytes != 0 ? 0 : checksumAt(at, packet.protocol);
    const covers = packet.protocol != <u32>IPPROTO_ICMP;
    replaceWord(packet.at + SOURCE, source, covers ? sum : 0);
    replaceWord(packet.at + DESTINATION, destination, covers ? sum : 0);
    if (covers) {
      replaceHalf(at, sourcePort, sum);
      replaceHalf(at + 2, destinationPort, sum);
    } else replaceHalf(at + ICMP_ID, sourcePort, sum);
    packet.source = source;
    packet.destination = destination;
    store<u16>(packet.at + CHECKSUM, 0);
    const header = <u32>(load<u8>(packet.at) & 15) * 4;
    store<u16>(packet.at + CHECKSUM, finish(addBytes(0, packet.at, header)));
  }
}

/** Where the header of TCP, UDP or an echo is; 0: there is none, or not all of it. */
function transportOf(packet: Packet): usize {
  const header = <u32>(load<u8>(packet.at) & 15) * 4;
  const at = packet.at + header;
  const rest = packet.bytes - header;
  if ((get16(packet.at + FRAGMENT) & IN_PIECES) != 0) return 0;
  if (packet.protocol == <u32>IPPROTO_TCP) return rest >= TCP_BYTES ? at : 0;
  if (packet.protocol == <u32>IPPROTO_UDP) return rest >= UDP_BYTES ? at : 0;
  if (packet.protocol != <u32>IPPROTO_ICMP || rest < ICMP_BYTES) return 0;
  const type = load<u8>(at);
  return type == ECHO || type == ECHO_REPLY ? at : 0;
}

/** Where a packet's checksum is; 0: it has none. */
function checksumAt(at: usize, protocol: u32): usize {
  if (protocol == <u32>IPPROTO_TCP) return at + TCP_CHECKSUM;
  if (protocol == <u32>IPPROTO_ICMP) return at + ICMP_CHECKSUM;
  return load<u16>(at + UDP_CHECKSUM) == 0 ? 0 : at + UDP_CHECKSUM;
}

function replaceWord(at: usize, value: u32, sum: usize): void {
  adjust(sum, get16(at), value >> 16);
  adjust(sum, get16(at + 2), value & 0xffff);
  put32(at, value);
}
function replaceHalf(at: usize, value: u32, sum: usize): void {
  adjust(sum, get16(at), value);
  put16(at, value);
}

/** Sixteen bits of what a checksum covers are others now (RFC 1624). What was damaged stays so. */
function adjust(sum: usize, before: u32, after: u32): void {
  if (sum == 0) return;
  let total = (~get16(sum) & 0xffff) + (~before & 0xffff) + after;
  total = (total & 0xffff) + (total >> 16);
  total = (total & 0xffff) + (total >> 16);
  put16(sum, ~total & 0xffff);
}
