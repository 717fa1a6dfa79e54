/** An empty disk of a given size that takes memory only for what is written to it. */
import { pieces, BLOCK_BYTES } from './blocks.ts';
import type { Disk } from './disk.ts';

export class SparseImage implements Disk {
  readonly sectors: number;
  readonly readOnly = false;
  /** By block number. */
  readonly blocks = new Map<number, Uint8Array>();

  constructor(sectors: number) {
    this.sectors = sectors;
  }

  ready(): boolean {
    return true;
  }

  read(sector: number, into: Uint8Array): void {
    for (const { block, within, done, bytes } of pieces(sector, into.length)) {
      const held = this.blocks.get(block);
      if (held === undefined) into.fill(0, done, done + bytes);
      else into.set(held.subarray(within, within + bytes), done);
    }
  }

  /** A block that is there is replaced, not written to: whoever saves the disk may keep it as it is. */
  write(sector: number, from: Uint8Array): void {
    for (const { block, within, done, bytes } of pieces(sector, from.length)) {
      const written = this.blocks.get(block)?.slice() ?? new Uint8Array(BLOCK_BYTES);
      written.set(from.subarray(done, done + bytes), within);
      this.blocks.set(block, written);
    }
  }
}
