/**
 * A card joins frames of one TCP connection that come one behind the other into one for its driver (virtio 1.2, 5.1.6.4:
 * VIRTIO_NET_HDR_GSO_TCPV4 in what is received), as Linux's GRO does it: what is joined could be cut again into what has come.
 */
import { DESTINATION, MAC_BYTES, get16, put16, sameBytes } from '../lan/ethernet.ts';
import { ACK, PSH } from '../lan/ipv4.ts';
import * as tcp from './tcp-frame.ts';
import type { TcpPlaces } from './tcp-frame.ts';

const MOST_IP_BYTES = 65_535;
const MORE_OR_OFFSET = 0x3fff;
/** Of IPv4's header: the same in all but its length, number and checksum. */
const IP_SAME = [
  [0, 2],
  [6, 10],
  [12, 20],
] as const;
const IPV4_BYTES = 20;
/** Of TCP's: ports; acknowledgment, length of the header; window; the urgent pointer and options. Flags are looked at one by one. */
const TCP_SAME = [
  [0, 4],
  [8, 13],
  [14, 16],
] as const;
const TCP_URGENT = 18;

/** Frames that are one for the driver. */
export class JoinedFrames {
  private readonly first: Uint8Array;
  private readonly places: TcpPlaces;
  private readonly data: Uint8Array[] = [];
  private bytes: number;
  private next: number;
  private flags = ACK;
  /** Nothing goes behind it any more. */
  isComplete = false;

  /** Frames that begin with one that others may be joined to (`begin`). */
  constructor(first: Uint8Array, places: TcpPlaces) {
    this.first = first;
    this.places = places;
    this.bytes = places.end;
    this.next = tcp.nextSequence(first, places);
  }

  /** Frames that others may be joined to; null: nothing can be joined to that one, or it is for another address. */
  static begin(frame: Uint8Array, mac: Uint8Array): JoinedFrames | null {
    if (!sameBytes(frame.subarray(DESTINATION, DESTINATION + MAC_BYTES), mac)) return null;
    const places = joinable(frame);
    if (places === null || frame[places.tcp + tcp.TCP_FLAGS] !== ACK) return null;
    return tcp.isIntact(frame, places) ? new JoinedFrames(frame, places) : null;
  }

  /** How much data each of them has, but for the last one, which may have less. */
  get segmentBytes(): number {
    return this.places.end - this.places.data;
  }
  get isOne(): boolean {
    return this.data.length === 0;
  }
  get headerBytes(): number {
    return this.places.data;
  }
  get tcp(): number {
    return this.places.tcp;
  }

  /** Joins the next one. False: it does not belong there. */
  add(frame: Uint8Array): boolean {
    const places = joinable(frame);
    if (this.isComplete || places === null || !this.isNext(frame, places)) return false;
    const bytes = places.end - places.data;
    if (this.bytes - places.ip + bytes > MOST_IP_BYTES || bytes > this.segmentBytes) return false;
    if (!tcp.isIntact(frame, places)) return false;
    this.data.push(frame.subarray(places.data, places.end));
    this.bytes += bytes;
    this.next = tcp.nextSequence(frame, places);
    // The first one may be others', too: it stays as it is.
    this.flags |= frame[places.tcp + tcp.TCP_FLAGS]!;
    this.isComplete = (this.flags & PSH) !== 0 || bytes < this.segmentBytes;
    return true;
  }

  private isNext(frame: Uint8Array, places: TcpPlaces): boolean {
    const { first } = this;
    const { ip, tcp: header, data } = places;
    const same = (from: number, to: number): boolean =>
      sameBytes(frame.subarray(from, to), first.subarray(from, to));
    if (data !== this.places.data || !same(0, ip)) return false;
    return (
      tcp.sequenceOf(frame, places) === this.next &&
      IP_SAME.every(([from, to]) => same(ip + from, ip + to)) &&
      TCP_SAME.every(([from, to]) => same(header + from, header + to)) &&
      same(header + TCP_URGENT, data)
    );
  }

  /** All of it: the frame as it came where it is but one; else its checksum is left blank, with the pseudo-header's sum. */
  frame(): Uint8Array {
    if (this.isOne) return this.first;
    const { places } = this;
    const all = new Uint8Array(this.bytes);
    all.set(this.first.subarray(0, places.end));
    let at = places.end;
    for (const piece of this.data) {
      all.set(piece, at);
      at += piece.length;
    }
    all[places.tcp + tcp.TCP_FLAGS] = this.flags;
    const whole = { ...places, end: this.bytes };
    put16(all, places.ip + tcp.IP_LENGTH, this.bytes - places.ip);
    tcp.putIpChecksum(all, whole);
    put16(all, places.tcp + tcp.TCP_CHECKSUM, tcp.pseudoHeaderSum(all, whole));
    return all;
  }
}

/** Where things are in a frame that may be joined with others: data, nothing said but acknowledgment and push, no fragment, no options of IPv4, no padding. */
function joinable(frame: Uint8Array): TcpPlaces | null {
  const places = tcp.tcpPlaces(frame);
  if (places === null) return null;
  const { ip, tcp: header, data, end } = places;
  const isPlain = header - ip === IPV4_BYTES && end === frame.length && data < end;
  if (!isPlain || (get16(frame, ip + tcp.IP_FRAGMENT) & MORE_OR_OFFSET) !== 0) return null;
  return (frame[header + tcp.TCP_FLAGS]! & ~PSH) === ACK ? places : null;
}
