/** Little-endian reading from an untrusted image: whatever offset it is asked for, an ImageError is the worst answer. */
import { ImageError } from './image-error.ts';

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

export class ImageReader {
  readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Throws unless all of `what`, `length` bytes at `offset`, is inside the image. */
  require(what: string, offset: number, length: number): void {
    if (offset >= 0 && length >= 0 && offset + length <= this.bytes.length) return;
    const end = `the image ends at byte ${hex(this.bytes.length)}`;
    throw new ImageError('truncated', `${what} is at byte ${hex(offset)}, ${hex(length)} long; ${end}`);
  }

  u8(what: string, offset: number): number {
    this.require(what, offset, 1);
    return this.view.getUint8(offset);
  }

  u16(what: string, offset: number): number {
    this.require(what, offset, 2);
    return this.view.getUint16(offset, true);
  }

  u32(what: string, offset: number): number {
    this.require(what, offset, 4);
    return this.view.getUint32(offset, true);
  }

  /** A 64-bit value read as signed: exact for canonical addresses and for any size an image can have. */
  i64(what: string, offset: number): number {
    this.require(what, offset, 8);
    return Number(this.view.getBigInt64(offset, true));
  }

  slice(what: string, offset: number, length: number): Uint8Array {
    this.require(what, offset, length);
    return this.bytes.subarray(offset, offset + length);
  }

  /** The text from `offset` to its NUL, or to `end`. One character a byte. */
  text(what: string, offset: number, end: number): string {
    const bytes = this.slice(what, offset, end - offset);
    const nul = bytes.indexOf(0);
    return String.fromCharCode(...bytes.subarray(0, Math.min(nul < 0 ? bytes.length : nul, 4096)));
  }

  /** Whether the image has these bytes at `offset`. */
  has(magic: readonly number[], offset: number): boolean {
    return magic.every((byte, index) => this.bytes[offset + index] === byte);
  }
}
