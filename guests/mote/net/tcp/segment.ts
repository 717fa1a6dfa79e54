/** TCP segments: the header read and checked, and made. */
import { IPPROTO_TCP } from '../../abi';
import { get16, get32, put16, put32 } from '../bytes';
import { addBytes, finish, pseudoHeader } from '../checksum';
import { DEFAULT_TTL, ipSend } from '../ipv4';
import { Packet } from '../packet';
import { Connection, DEFAULT_MSS } from './connection';

export const FIN: u32 = 1;
export const SYN: u32 = 2;
export const RST: u32 = 4;
export const PSH: u32 = 8;
export const ACK: u32 = 16;

const HEADER: u32 = 20;
const OPTION_END: u8 = 0;
const OPTION_NOTHING: u8 = 1;
const OPTION_MSS: u8 = 2;
const OPTION_SCALE: u8 = 3;
const MSS_BYTES: u32 = 4;
const SCALE_BYTES: u32 = 3;
/** What a SYN says: its MSS, and, behind a byte of nothing, by how much its windows are shifted. */
const SYN_BYTES: u32 = 8;
/** RFC 7323, 2.3. */
const MOST_SHIFT: u32 = 14;
const MOST_WINDOW: u32 = 65535;
const MIN_MSS: u32 = 64;

/** The segment that has just been read. */
export let sourcePort: u32 = 0;
export let destinationPort: u32 = 0;
export let sequence: u32 = 0;
export let acknowledgment: u32 = 0;
export let flags: u32 = 0;
export let window: u32 = 0;
/** What its sender takes in a segment. */
export let offeredMss: u32 = 0;
/** By how much its sender shifts his windows; -1: he does not say. */
export let offeredShift: i32 = -1;
/** Its bytes. */
export let data: usize = 0;
export let bytes: u32 = 0;

/** What it takes of the sequence: its bytes, and one each for SYN and FIN. */
export function segmentLength(): u32 {
  return bytes + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
}

/** What its window comes to, on a connection: those of a SYN are not shifted. */
export function scaleWindow(connection: Connection): void {
  if ((flags & SYN) == 0) window <<= connection.wndShift;
}

/** Both have said by how much they shift the windows they tell; or the other one has not. */
export function agreeOnShifts(connection: Connection): void {
  connection.peerScales = offeredShift >= 0;
  connection.wndShift = offeredShift < 0 ? 0 : min(<u32>offeredShift, MOST_SHIFT);
  connection.rcvShift = offeredShift < 0 ? 0 : shiftOf(connection);
}

/** The least by which the largest window is to be shifted to be told. */
function shiftOf(connection: Connection): u32 {
  let shift: u32 = 0;
  while (connection.receiving.capacity >> shift > MOST_WINDOW) shift++;
  return shift;
}

/** Leaves out its first bytes, which have come before. */
export function trim(count: u32): void {
  if (flags & SYN && count > 0) {
    flags &= ~SYN;
    sequence++;
    count--;
  }
  count = min(count, bytes);
  sequence += count;
  data += count;
  bytes -= count;
}

/** Leaves out what is behind the first `count` bytes, the FIN too. */
export function cut(count: u32): void {
  if (bytes <= count) return;
  bytes = count;
  flags &= ~FIN;
}

/** Reads a packet's segment. False: it is broken. */
export function readSegment(packet: Packet): bool {
  const at = packet.at;
  if (packet.bytes < HEADER) return false;
  const header = ((<u32>load<u8>(at + 12)) >> 4) * 4;
  if (header < HEADER || header > packet.bytes) return false;
  if (packet.segmentBytes == 0) {
    const sum = pseudoHeader(packet.source, packet.destination, IPPROTO_TCP, packet.bytes);
    if (finish(addBytes(sum, at, packet.bytes)) != 0) return false;
  }
  sourcePort = get16(at);
  destinationPort = get16(at + 2);
  sequence = get32(at + 4);
  acknowledgment = get32(at + 8);
  flags = load<u8>(at + 13);
  window = get16(at + 14);
  data = at + header;
  bytes = packet.bytes - header;
  readOptions(at + HEADER, header - HEADER);
  return true;
}

function readOptions(at: usize, left: u32): void {
  offeredMss = DEFAULT_MSS;
  offeredShift = -1;
  while (left > 0) {
    const kind = load<u8>(at);
    if (kind == OPTION_END) return;
    const length: u32 = kind == OPTION_NOTHING ? 1 : left > 1 ? load<u8>(at + 1) : 0;
    if (length == 0 || length > left || (kind != OPTION_NOTHING && length < 2)) return;
    if (kind == OPTION_MSS && length == MSS_BYTES) offeredMss = max(get16(at + 2), MIN_MSS);
    if (kind == OPTION_SCALE && length == SCALE_BYTES) offeredShift = load<u8>(at + 2);
    at += length;
    left -= length;
  }
}

/**
 * Sends a segment of a connection: `count` bytes of what it has to send, from `offset` on; more than a segment has only where they are cut
 * on their way out. False: there is no packet.
 */
export function sendSegment(connection: Connection, from: u32, control: u32, offset: u32, count: u32): bool {
  // Who answers a SYN says how he shifts windows only to one who has said so.
  const scales = (control & ACK) == 0 || connection.peerScales;
  const options: u32 = (control & SYN) == 0 ? 0 : scales ? SYN_BYTES : MSS_BYTES;
  const packet = Packet.make(HEADER + options + count);
  if (packet == null) return false;
  const at = packet.at;
  put16(at, connection.localPort);
  put16(at + 2, connection.remotePort);
  put32(at + 4, from);
  put32(at + 8, control & ACK ? connection.rcvNxt : 0);
  const shift = control & SYN ? 0 : connection.rcvShift;
  putControl(at, HEADER + options, control, (connection.rcvEnd - connection.rcvNxt) >> shift);
  if (options > 0) {
    store<u8>(at + HEADER, OPTION_MSS);
    store<u8>(at + HEADER + 1, <u8>MSS_BYTES);
    put16(at + HEADER + 2, OUR_MSS);
  }
  if (options == SYN_BYTES) {
    store<u8>(at + HEADER + 4, OPTION_NOTHING);
    store<u8>(at + HEADER + 5, OPTION_SCALE);
    store<u8>(at + HEADER + 6, <u8>SCALE_BYTES);
    store<u8>(at + HEADER + 7, <u8>shiftOf(connection));
  }
  if (count > 0) connection.sending.peek(offset, at + HEADER + options, count);
  if (count > connection.mss) packet.segmentBytes = connection.mss;
  finishSegment(packet, connection.localAddress, connection.remoteAddress);
  return true;
}

/** What we take in a segment: what Ethernet carries. */
export const OUR_MSS: u32 = 1460;

function putControl(at: usize, header: u32, control: u32, offered: u32): void {
  store<u8>(at + 12, <u8>((header / 4) << 4));
  store<u8>(at + 13, <u8>control);
  put16(at + 14, min(offered, MOST_WINDOW));
  store<u32>(at + 16, 0);
}

function finishSegment(packet: Packet, source: u32, destination: u32): void {
  const sum = pseudoHeader(source, destination, IPPROTO_TCP, packet.bytes);
  // Whoever cuts it makes the rest.
  if (packet.segmentBytes != 0) store<u16>(packet.at + 16, ~finish(sum));
  else store<u16>(packet.at + 16, finish(addBytes(sum, packet.at, packet.bytes)));
  ipSend(packet, source, destination, IPPROTO_TCP, DEFAULT_TTL);
}

/** Answers the segment that has just been read, of no connection, with a reset (RFC 9293, 3.10.7.1). */
export function sendReset(to: Packet): void {
  if (flags & RST) return;
  const packet = Packet.make(HEADER);
  if (packet == null) return;
  const at = packet.at;
  const answers = (flags & ACK) != 0;
  put16(at, destinationPort);
  put16(at + 2, sourcePort);
  put32(at + 4, answers ? acknowledgment : 0);
  put32(at + 8, answers ? 0 : sequence + segmentLength());
  putControl(at, HEADER, answers ? RST : RST | ACK, 0);
  finishSegment(packet, to.destination, to.source);
}
