/**
 * The device's side of a split virtqueue (virtio 1.2, section 2.7). Everything in it is the driver's and may be anything:
 * what breaks the rules marks the queue as broken, with the reason, and the device asks to be reset.
 */
import { read16, read32, read64, write32 } from '../little-endian.ts';
import type { MachineMemory } from '../machine.ts';
import type { Chain, Segment } from './chain.ts';

const DESC_BYTES = 16;
const DESC_F_NEXT = 1;
const DESC_F_WRITE = 2;
const DESC_F_INDIRECT = 4;
const AVAIL_F_NO_INTERRUPT = 1;

/** Descriptors in a chain: what Linux and QEMU take for the most. */
const MAX_DESCRIPTORS = 1024;
/** Bytes in a chain; the specification has 2^32, which would let one request copy all of memory many times. */
const MAX_CHAIN_BYTES = 1 << 24;

/** What the driver negotiated of the ring's features. */
export interface RingFeatures {
  readonly indirect: boolean;
  readonly eventIndex: boolean;
}

/** A chain while it is read. */
interface Gathering {
  readonly readable: Segment[];
  readonly writable: Segment[];
  readableBytes: number;
  writableBytes: number;
  descriptors: number;
}

export class Virtqueue {
  readonly maxSize: number;
  size: number;
  enabled = false;
  /** Machine addresses of the descriptor area, driver area (available ring) and device area (used ring). */
  desc = 0;
  driver = 0;
  device = 0;
  /** Why the queue is not used any more; empty while all is well. */
  broken = '';
  /** Free-running 16-bit indices: the next entry to take, the next used entry, and that when the driver was last interrupted. */
  private nextAvail = 0;
  private nextUsed = 0;
  private signalledUsed = 0;

  constructor(maxSize: number) {
    this.maxSize = maxSize;
    this.size = maxSize;
  }

  reset(): void {
    this.size = this.maxSize;
    this.enabled = false;
    this.desc = this.driver = this.device = 0;
    this.broken = '';
    this.nextAvail = this.nextUsed = this.signalledUsed = 0;
  }

  private breaks(reason: string): null {
    this.broken = reason;
    return null;
  }

  /** Whether the ring's three areas are where they may be; else it is broken. */
  private check(memory: MachineMemory): boolean {
    const { size, desc, driver, device } = this;
    if (!this.enabled || this.broken !== '') return false;
    const aligned = desc % 16 === 0 && driver % 2 === 0 && device % 4 === 0;
    const inside =
      memory.contains(desc, DESC_BYTES * size, false) &&
      memory.contains(driver, 6 + 2 * size, false) &&
      memory.contains(device, 6 + 8 * size, true);
    if (!aligned || !inside) this.breaks('the ring is not in memory');
    return aligned && inside;
  }

  /** Takes the next available chain; null when there is none, or the queue is broken. */
  pop(memory: MachineMemory, features: RingFeatures): Chain | null {
    if (!this.check(memory)) return null;
    const waiting = (read16(memory.bytes, this.driver + 2) - this.nextAvail) & 0xffff;
    if (waiting > this.size) return this.breaks('more is available than the ring holds');
    if (waiting === 0) return null;
    const head = read16(memory.bytes, this.driver + 4 + 2 * (this.nextAvail % this.size));
    const chain = this.gather(memory, features, head);
    if (chain !== null) this.nextAvail = (this.nextAvail + 1) & 0xffff;
    return chain;
  }

  /** Puts the chain that was taken last back: it will be taken again. */
  unpop(): void {
    this.nextAvail = (this.nextAvail - 1) & 0xffff;
  }

  private gather(memory: MachineMemory, { indirect }: RingFeatures, head: number): Chain | null {
    const into = { readable: [], writable: [], readableBytes: 0, writableBytes: 0, descriptors: 0 };
    const table = this.walk(memory, into, this.desc, this.size, head, indirect);
    if (table !== null) {
      const { address, length } = table;
      if (length === 0 || length % DESC_BYTES !== 0 || !memory.contains(address, length, false))
        return this.breaks('an indirect table is not in memory');
      this.walk(memory, into, address, length / DESC_BYTES, 0, false);
    }
    return this.broken === '' ? { head, ...into } : null;
  }

  /** Follows a table's chain from `first`. Gives the indirect table it ends with, if it does. */
  private walk(
    memory: MachineMemory,
    into: Gathering,
    table: number,
    entries: number,
    first: number,
    indirect: boolean,
  ): Segment | null {
    const { bytes } = memory;
    let index = first;
    for (let seen = 0; ; seen++) {
      if (index >= entries) return this.breaks('a descriptor is outside its table');
      if (seen >= entries || into.descriptors >= MAX_DESCRIPTORS)
        return this.breaks('a chain has no end, or is too long');
      const at = table + index * DESC_BYTES;
      const segment = { address: read64(bytes, at), length: read32(bytes, at + 8) };
      const flags = read16(bytes, at + 12);
      if ((flags & DESC_F_INDIRECT) !== 0) {
        if (!indirect || (flags & DESC_F_NEXT) !== 0)
          return this.breaks('an indirect table where none may be');
        return segment;
      }
      if (!this.take(memory, into, segment, (flags & DESC_F_WRITE) !== 0)) return null;
      if ((flags & DESC_F_NEXT) === 0) return null;
      index = read16(bytes, at + 14);
    }
  }

  private take(memory: MachineMemory, into: Gathering, segment: Segment, writable: boolean): boolean {
    const { address, length } = segment;
    into.descriptors++;
    if (!writable && into.writable.length > 0) this.breaks('a buffer to read behind one to write');
    if (!memory.contains(address, length, writable)) this.breaks('a buffer is not in memory');
    if (into.readableBytes + into.writableBytes + length > MAX_CHAIN_BYTES)
      this.breaks('a chain of too many bytes');
    if (this.broken !== '') return false;
    if (writable) {
      into.writable.push(segment);
      into.writableBytes += length;
    } else {
      into.readable.push(segment);
      into.readableBytes += length;
    }
    return true;
  }

  /** Gives a chain back, with the count of bytes written to it from its start. */
  push(memory: MachineMemory, head: number, written: number): void {
    if (!this.check(memory)) return;
    const entry = this.device + 4 + 8 * (this.nextUsed % this.size);
    const used = new Uint8Array(8);
    write32(used, 0, head);
    write32(used, 4, written);
    memory.write(entry, used);
    this.nextUsed = (this.nextUsed + 1) & 0xffff;
    memory.write(this.device + 2, halfword(this.nextUsed));
  }

  /** Whether the driver wants to be interrupted for what was given back since it was last asked (section 2.7.7). */
  wantsInterrupt(memory: MachineMemory, { eventIndex }: RingFeatures): boolean {
    if (this.nextUsed === this.signalledUsed || !this.check(memory)) return false;
    const before = this.signalledUsed;
    this.signalledUsed = this.nextUsed;
    if (!eventIndex) return (read16(memory.bytes, this.driver) & AVAIL_F_NO_INTERRUPT) === 0;
    const usedEvent = read16(memory.bytes, this.driver + 4 + 2 * this.size);
    return ((this.nextUsed - usedEvent - 1) & 0xffff) < ((this.nextUsed - before) & 0xffff);
  }

  /** Says which available entry the device wants to be notified of: the first that it has not taken. */
  askForNotification(memory: MachineMemory, { eventIndex }: RingFeatures): void {
    if (!eventIndex || !this.check(memory)) return;
    memory.write(this.device + 4 + 8 * this.size, halfword(this.nextAvail));
  }
}

function halfword(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8);
}
