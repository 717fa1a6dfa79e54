/** Bytes that grow, and a cursor over bytes that were written so. */
import { SnapshotError } from './errors.ts';

const INITIAL_BYTES = 1 << 16;

export class ByteWriter {
  private bytes = new Uint8Array(INITIAL_BYTES);
  private view = new DataView(this.bytes.buffer);
  private length = 0;

  byte(value: number): void {
    const at = this.reserve(1);
    this.bytes[at] = value;
  }

  /** LEB128 of an integer from 0 to 2^53 - 1. */
  count(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  number(value: number): void {
    const at = this.reserve(8);
    this.view.setFloat64(at, value, true);
  }

  raw(value: Uint8Array): void {
    const at = this.reserve(value.length);
    this.bytes.set(value, at);
  }

  /** Bytes with their count before them. */
  block(value: Uint8Array): void {
    this.count(value.length);
    this.raw(value);
  }

  text(value: string): void {
    this.block(new TextEncoder().encode(value));
  }

  /** A copy of what was written. */
  taken(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }

  private reserve(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, 2 * this.bytes.length));
      larger.set(this.bytes);
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    return at;
  }
}

/** Reads what a ByteWriter wrote. Throws SnapshotError at the end of the bytes. */
export class ByteReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  byte(): number {
    return this.bytes[this.take(1)]!;
  }

  count(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (!Number.isSafeInteger(value)) throw new SnapshotError('damaged: a count is too large');
      if (byte < 0x80) return value;
    }
  }

  /** A count of things that take a byte each at least. */
  countOf(what: string): number {
    const count = this.count();
    if (count > this.left) throw new SnapshotError(`damaged: it ends in the midst of ${what}`);
    return count;
  }

  number(): number {
    return this.view.getFloat64(this.take(8), true);
  }

  /** A view of the next bytes. */
  raw(length: number): Uint8Array {
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  block(): Uint8Array {
    return this.raw(this.countOf('bytes'));
  }

  text(): string {
    return new TextDecoder().decode(this.block());
  }

  private take(length: number): number {
    const { at } = this;
    if (length > this.left) throw new SnapshotError('damaged: it ends too early');
    this.at = at + length;
    return at;
  }
}
