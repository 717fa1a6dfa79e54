/** A disk whose content is there as bytes: an image file that was read, say. A last sector in part is filled with zeroes. */
import { SECTOR_BYTES, sectorsOf } from './disk.ts';
import type { Disk } from './disk.ts';

export class MemoryImage implements Disk {
  readonly sectors: number;
  readonly readOnly: boolean;
  private readonly bytes: Uint8Array;

  /** A writable image is written in place, where `bytes` is whole sectors; else in a copy. */
  constructor(bytes: Uint8Array, readOnly: boolean) {
    this.sectors = sectorsOf(bytes.length);
    this.readOnly = readOnly;
    this.bytes = bytes;
    if (bytes.length % SECTOR_BYTES !== 0) {
      this.bytes = new Uint8Array(this.sectors * SECTOR_BYTES);
      this.bytes.set(bytes);
    }
  }

  ready(): boolean {
    return true;
  }

  read(sector: number, into: Uint8Array): void {
    const at = sector * SECTOR_BYTES;
    into.set(this.bytes.subarray(at, at + into.length));
  }

  write(sector: number, from: Uint8Array): void {
    this.bytes.set(from, sector * SECTOR_BYTES);
  }
}
