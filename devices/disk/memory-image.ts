/**
 * A disk whose content is there as bytes: an image file that was read, say. It is for reading: what is written lies over it
 * (overlay.ts). A last sector in part ends in zeroes.
 */
import { SECTOR_BYTES, sectorsOf } from './disk.ts';
import type { Disk } from './disk.ts';

export class MemoryImage implements Disk {
  readonly sectors: number;
  readonly readOnly = true;
  private readonly bytes: Uint8Array;

  /** Of `bytes`, which must stay as they are. */
  constructor(bytes: Uint8Array) {
    this.sectors = sectorsOf(bytes.length);
    // Whatever kind of array it is (Node's Buffer): what is saved is of one kind.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  ready(): boolean {
    return true;
  }

  read(sector: number, into: Uint8Array): void {
    const at = sector * SECTOR_BYTES;
    const part = this.bytes.subarray(at, at + into.length);
    into.set(part);
    into.fill(0, part.length);
  }

  write(): void {
    // Read-only: nobody writes.
  }
}
