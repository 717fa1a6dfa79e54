/** The numbers and strings of 9P messages (Plan 9's intro(5)): little-endian, strings with their length before them. */
import { read16, read32, read64, write16, write32, write64 } from '../little-endian.ts';
import type { Node } from './node.ts';

/** Reads a message. What is not there reads as 0 or empty, and `bad` stays set. */
export class Reader {
  bad = false;
  private readonly bytes: Uint8Array;
  private at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  /** The next bytes of the message. */
  data(count: number): Uint8Array {
    const { at } = this;
    if (at + count > this.bytes.length) {
      this.bad = true;
      return new Uint8Array(Math.min(count, 8));
    }
    this.at += count;
    return this.bytes.subarray(at, this.at);
  }

  u8(): number {
    return this.data(1)[0]!;
  }
  u16(): number {
    return read16(this.data(2), 0);
  }
  u32(): number {
    return read32(this.data(4), 0);
  }
  u64(): number {
    return read64(this.data(8), 0);
  }
  /** A string; what is no UTF-8 is bad. */
  text(): string {
    const bytes = this.data(this.u16());
    try {
      return this.bad ? '' : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      this.bad = true;
      return '';
    }
  }
}

const QID_DIRECTORY = 0x80;
const QID_LINK = 0x02;
export const QID_BYTES = 13;

/** Writes a message. Data that finds no room is left out, and `bad` stays set; the few numbers before it always fit. */
export class Writer {
  bad = false;
  readonly bytes: Uint8Array;
  length: number;

  /** Begins behind `length` bytes that are written last. */
  constructor(capacity: number, length: number) {
    this.bytes = new Uint8Array(capacity);
    this.length = length;
  }

  get room(): number {
    return this.bytes.length - this.length;
  }

  private take(count: number): number {
    const at = this.length;
    this.length += count;
    return at;
  }

  u8(value: number): void {
    this.bytes[this.take(1)] = value;
  }
  u16(value: number): void {
    write16(this.bytes, this.take(2), value);
  }
  u32(value: number): void {
    write32(this.bytes, this.take(4), value);
  }
  u64(value: number): void {
    write64(this.bytes, this.take(8), value);
  }
  data(bytes: Uint8Array): void {
    if (bytes.length > this.room) this.bad = true;
    else this.bytes.set(bytes, this.take(bytes.length));
  }
  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.u16(bytes.length);
    this.data(bytes);
  }
  qid(node: Node): void {
    this.u8(qidType(node));
    this.u32(node.version);
    this.u64(node.ino);
  }
}

export function qidType(node: Node): number {
  return node.kind === 'directory' ? QID_DIRECTORY : node.kind === 'link' ? QID_LINK : 0;
}
