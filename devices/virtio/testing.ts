/** A driver for the tests: it finds a device's structures by the capability list, sets its queues up, and makes requests. */
import { read16, read32, write16, write32, write64 } from '../little-endian.ts';
import { STATUS } from '../pci/registers.ts';
import { TestMemory } from '../testing.ts';
import { CAP_COMMON, CAP_DEVICE, CAP_ISR, CAP_NOTIFY, VirtioPci } from './pci.ts';
import type { VirtioDevice } from './device.ts';

export const DESC_NEXT = 1;
export const DESC_WRITE = 2;
export const DESC_INDIRECT = 4;

const QUEUE_AREA = 0x10000;
const QUEUE_BYTES = 0x4000;
const DRIVER_AT = 0x2000;
const DEVICE_AT = 0x3000;
/** Where buffers are put, one behind the other. */
const BUFFERS = 0x40000;

export interface Buffer {
  readonly address: number;
  readonly length: number;
  readonly write: boolean;
}

export interface Used {
  readonly head: number;
  readonly written: number;
}

export class TestDriver {
  readonly memory: TestMemory;
  readonly pci: VirtioPci;
  private readonly structures = new Map<number, number>();
  private multiplier = 0;
  private size = 0;
  private readonly seen: number[] = [];
  private nextDescriptor = 0;
  private nextBuffer = BUFFERS;

  constructor(memory: TestMemory, device: VirtioDevice) {
    this.memory = memory;
    this.pci = new VirtioPci(device);
    this.pci.placeBar(4, 0xfe00_0000);
    this.pci.writeConfig(4, 2, 6);
    if ((this.pci.readConfig(STATUS, 2) & 0x10) === 0) throw new Error('no capabilities');
    for (let at = this.pci.readConfig(0x34, 1); at !== 0; at = this.pci.readConfig(at + 1, 1)) {
      const type = this.pci.readConfig(at + 3, 1);
      this.structures.set(type, this.pci.readConfig(at + 8, 4));
      if (type === CAP_NOTIFY) this.multiplier = this.pci.readConfig(at + 16, 4);
    }
  }

  common(offset: number, bytes: number): number {
    return this.pci.readBar(4, this.structures.get(CAP_COMMON)! + offset, bytes);
  }
  setCommon(offset: number, bytes: number, value: number): void {
    this.pci.writeBar(4, this.structures.get(CAP_COMMON)! + offset, bytes, value);
  }
  config(offset: number, bytes: number): number {
    return this.pci.readBar(4, this.structures.get(CAP_DEVICE)! + offset, bytes);
  }
  isr(): number {
    return this.pci.readBar(4, this.structures.get(CAP_ISR)!, 1);
  }
  get status(): number {
    return this.common(0x14, 1);
  }
  set status(value: number) {
    this.setCommon(0x14, 1, value);
  }

  /** Offered features, a word. */
  offered(word: number): number {
    this.setCommon(0, 4, word);
    return this.common(4, 4);
  }

  /** The sequence of section 3.1.1, with all features but those in `without`, queues of at most `size`. */
  start(size = 16, without: readonly number[] = []): void {
    this.size = size;
    this.status = 0;
    this.status = 1;
    this.status = 3;
    for (const word of [0, 1]) {
      const refused = without.reduce(
        (bits, bit) => (bit >>> 5 === word ? bits | (1 << (bit & 31)) : bits),
        0,
      );
      const bits = this.offered(word) & ~refused;
      this.setCommon(8, 4, word);
      this.setCommon(12, 4, bits);
    }
    this.status = 11;
    if ((this.status & 8) === 0) throw new Error('features refused');
    for (let queue = 0; queue < this.common(0x12, 2); queue++) this.enable(queue);
    this.status = 15;
  }

  private enable(queue: number): void {
    this.seen[queue] = 0;
    this.memory.bytes.fill(0, this.desc(queue), this.desc(queue) + QUEUE_BYTES);
    this.setCommon(0x16, 2, queue);
    this.setCommon(0x18, 2, this.size);
    this.setCommon(0x20, 4, this.desc(queue));
    this.setCommon(0x28, 4, this.driver(queue));
    this.setCommon(0x30, 4, this.device(queue));
    this.setCommon(0x1c, 2, 1);
  }

  desc(queue: number): number {
    return QUEUE_AREA + queue * QUEUE_BYTES;
  }
  driver(queue: number): number {
    return this.desc(queue) + DRIVER_AT;
  }
  device(queue: number): number {
    return this.desc(queue) + DEVICE_AT;
  }

  /** Writes a descriptor into a table. */
  describe(table: number, index: number, buffer: Omit<Buffer, 'write'>, flags: number, next: number): void {
    const { bytes } = this.memory;
    const at = table + index * 16;
    write64(bytes, at, buffer.address);
    write32(bytes, at + 8, buffer.length);
    write16(bytes, at + 12, flags);
    write16(bytes, at + 14, next);
  }

  /** A buffer that holds `data`, for the device to read. */
  out(data: Uint8Array): Buffer {
    const buffer = { ...this.room(data.length), write: false };
    this.memory.bytes.set(data, buffer.address);
    return buffer;
  }
  /** A buffer for the device to write. */
  room(length: number): Buffer {
    const buffer = { address: this.nextBuffer, length, write: true };
    this.nextBuffer += Math.ceil(length / 16) * 16;
    return buffer;
  }
  bytesOf({ address, length }: Buffer): Uint8Array {
    return this.memory.bytes.slice(address, address + length);
  }

  /** Makes a chain of buffers available; gives its head. */
  add(queue: number, buffers: readonly Buffer[]): number {
    const table = this.desc(queue);
    const first = this.nextDescriptor;
    for (const [index, buffer] of buffers.entries()) {
      const last = index === buffers.length - 1;
      const at = (first + index) % this.size;
      const flags = (buffer.write ? DESC_WRITE : 0) | (last ? 0 : DESC_NEXT);
      this.describe(table, at, buffer, flags, (at + 1) % this.size);
    }
    this.nextDescriptor = (first + buffers.length) % this.size;
    this.publish(queue, first);
    return first;
  }

  /** The same by an indirect table. */
  addIndirect(queue: number, buffers: readonly Buffer[]): number {
    const table = this.room(buffers.length * 16);
    for (const [index, buffer] of buffers.entries()) {
      const last = index === buffers.length - 1;
      const flags = (buffer.write ? DESC_WRITE : 0) | (last ? 0 : DESC_NEXT);
      this.describe(table.address, index, buffer, flags, index + 1);
    }
    const head = this.nextDescriptor;
    this.describe(this.desc(queue), head, table, DESC_INDIRECT, 0);
    this.nextDescriptor = (head + 1) % this.size;
    this.publish(queue, head);
    return head;
  }

  /** Puts a head into the available ring. */
  publish(queue: number, head: number): void {
    const { bytes } = this.memory;
    const index = read16(bytes, this.driver(queue) + 2);
    write16(bytes, this.driver(queue) + 4 + 2 * (index % this.size), head);
    write16(bytes, this.driver(queue) + 2, index + 1);
  }

  kick(queue: number): void {
    this.setCommon(0x16, 2, queue);
    const at = this.structures.get(CAP_NOTIFY)! + this.common(0x1e, 2) * this.multiplier;
    this.pci.writeBar(4, at, 2, queue);
  }

  /** What the device has given back since it was last asked. */
  used(queue: number): Used[] {
    const { bytes } = this.memory;
    const ring = this.device(queue);
    const list: Used[] = [];
    for (
      ;
      this.seen[queue] !== read16(bytes, ring + 2);
      this.seen[queue]! = (this.seen[queue]! + 1) & 0xffff
    ) {
      const entry = ring + 4 + 8 * (this.seen[queue]! % this.size);
      list.push({ head: read32(bytes, entry), written: read32(bytes, entry + 4) });
    }
    // used_event: the driver wants to hear of the next one.
    write16(bytes, this.driver(queue) + 4 + 2 * this.size, this.seen[queue]!);
    return list;
  }

  /** A request: kicked, and whole when it comes back. */
  request(queue: number, buffers: readonly Buffer[]): number {
    const head = this.add(queue, buffers);
    this.kick(queue);
    const used = this.used(queue);
    if (used.length !== 1 || used[0]!.head !== head) throw new Error('the request did not come back');
    return used[0]!.written;
  }
}
