/**
 * A packet on its way through the layers: a block of memory, and the part of it that counts now. Who sends leaves room in
 * front, into which each layer puts its header; who receives moves the beginning on past each header. Whoever has a packet
 * passes it on or frees it.
 */
import { alloc, dispose, free } from 'kernel/memory/heap';
import { isMemoryLow } from 'kernel/memory/pages';
import { Interface } from './interface';

/** Room for the headers of Ethernet, IPv4 with options, and TCP with options. */
export const HEADROOM: u32 = 16 + 60 + 60;
/** Bytes of all packets there may be: beyond it packets are lost, as on a wire. */
const MAX_BYTES: u32 = 1 << 20;

let inUse: u32 = 0;
let count: u32 = 0;

/** Packets that are there now. */
export function packetCount(): u32 {
  return count;
}

export class Packet {
  next: Packet | null = null;
  private block: usize;
  private room: u32;
  /** The first byte that counts, and how many do. */
  at: usize;
  bytes: u32;
  // What IPv4 has found in its header, once it is behind `at`.
  interface_: Interface | null = null;
  source: u32 = 0;
  destination: u32 = 0;
  protocol: u32 = 0;
  ttl: u32 = 0;
  /** Where the IPv4 header is. */
  header: usize = 0;
  /**
   * It is TCP's data for several segments, of so much each, which somebody behind the stack cuts (offload.ts), or the card has joined.
   * Its checksum is blank, then: what has come was looked at. 0: it is a packet as the wire has it.
   */
  segmentBytes: u32 = 0;

  private constructor(room: u32, bytes: u32) {
    this.room = room;
    this.block = alloc(room);
    this.at = this.block + room - bytes;
    this.bytes = bytes;
  }

  /** One with `bytes` bytes and room in front of them; null: there are too many already. */
  static make(bytes: u32): Packet | null {
    const room = bytes + HEADROOM;
    if (inUse + room > MAX_BYTES || isMemoryLow()) return null;
    inUse += room;
    count++;
    return new Packet(room, bytes);
  }

  free(): void {
    inUse -= this.room;
    count--;
    free(this.block);
    dispose(this);
  }

  /** Puts a header of `bytes` bytes in front: its address. */
  push(bytes: u32): usize {
    assert(this.at - this.block >= bytes, 'no room for a header');
    this.at -= bytes;
    this.bytes += bytes;
    return this.at;
  }

  /** Goes past a header. */
  pull(bytes: u32): void {
    this.at += bytes;
    this.bytes -= bytes;
  }
}
