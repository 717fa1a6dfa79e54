/**
 * Copy on write: what is written lies over a base that stays as it is, and that many overlays may share. A block that is
 * written in part is copied from the base first.
 */
import { BLOCK_BYTES, BLOCK_SECTORS, pieces } from './blocks.ts';
import type { Piece } from './blocks.ts';
import { SECTOR_BYTES } from './disk.ts';
import type { Disk } from './disk.ts';

export class Overlay implements Disk {
  readonly sectors: number;
  readonly readOnly = false;
  readonly base: Disk;
  /** What was written, by block number. */
  readonly blocks = new Map<number, Uint8Array>();

  constructor(base: Disk) {
    this.base = base;
    this.sectors = base.sectors;
  }

  /** A read needs the base where nothing lies over it; a write where it covers a block in part. */
  ready(sector: number, count: number, write: boolean): boolean {
    return pieces(sector, count * SECTOR_BYTES)
      .filter((piece) => !this.blocks.has(piece.block) && !(write && this.covers(piece)))
      .map(({ block }) => this.base.ready(block * BLOCK_SECTORS, this.blockSectors(block), false))
      .every((ready) => ready);
  }

  /** The last block of a disk may be short. */
  private blockSectors(block: number): number {
    return Math.min(BLOCK_SECTORS, this.sectors - block * BLOCK_SECTORS);
  }

  private covers({ block, bytes }: Piece): boolean {
    return bytes === this.blockSectors(block) * SECTOR_BYTES;
  }

  read(sector: number, into: Uint8Array): void {
    for (const { block, within, done, bytes } of pieces(sector, into.length)) {
      const part = into.subarray(done, done + bytes);
      const held = this.blocks.get(block);
      if (held === undefined) this.base.read(sector + done / SECTOR_BYTES, part);
      else part.set(held.subarray(within, within + bytes));
    }
  }

  /** A block that is there is replaced, not written to: whoever saves the disk may keep it as it is. */
  write(sector: number, from: Uint8Array): void {
    for (const piece of pieces(sector, from.length)) {
      const block = this.blocks.get(piece.block)?.slice() ?? this.copy(piece);
      block.set(from.subarray(piece.done, piece.done + piece.bytes), piece.within);
      this.blocks.set(piece.block, block);
    }
  }

  private copy(piece: Piece): Uint8Array {
    const { block } = piece;
    const copy = new Uint8Array(BLOCK_BYTES);
    if (!this.covers(piece))
      this.base.read(block * BLOCK_SECTORS, copy.subarray(0, this.blockSectors(block) * SECTOR_BYTES));
    return copy;
  }
}
