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

/** Most messages are no longer: a writer begins with so much. */
const FIRST_BYTES = 256;

/** Writes a message. Data that finds no room is left out, and `bad` stays set; the few numbers before it always fit. */
export class Writer {
  bad = false;
  bytes = new Uint8Array(FIRST_BYTES);
  length: number;
  private readonly limit: number;

  /** Begins behind `length` bytes that are written last; with them there are `limit` at most. */
  constructor(limit: number, length: number) {
    this.limit = limit;
    this.length = length;
  }

  get room(): number {
    return this.limit - this.length;
  }

  /** Where the next `count` bytes go; `bytes` has room for them from then on. */
  private take(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, 2 * this.bytes.length));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    return at;
  }

  u8(value: number): void {
    const at = this.take(1);
    this.bytes[at] = value;
  }
  u16(value: number): void {
    const at = this.take(2);
    write16(this.bytes, at, value);
  }
  u32(value: number): void {
    const at = this.take(4);
    write32(this.bytes, at, value);
  }
  u64(value: number): void {
    const at = this.take(8);
    write64(this.bytes, at, value);
  }
  data(bytes: Uint8Array): void {
    if (bytes.length > this.room) {
      this.bad = true;
      return;
    }
    const at = this.take(bytes.length);
    this.bytes.set(bytes, at);
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
