/** Sectors kept in blocks by number: only blocks that were written take memory. */
import { SECTOR_BYTES } from './disk.ts';

export const BLOCK_SECTORS = 8;
export const BLOCK_BYTES = BLOCK_SECTORS * SECTOR_BYTES;

/** The part of an access that lies in one block: byte offsets in the block and in the access, and its length. */
export interface Piece {
  readonly block: number;
  readonly within: number;
  readonly done: number;
  readonly bytes: number;
}

/** Cuts an access of `bytes` bytes at `sector` at the borders of blocks. */
export function pieces(sector: number, bytes: number): Piece[] {
  const list: Piece[] = [];
  for (let done = 0; done < bytes;) {
    const at = sector * SECTOR_BYTES + done;
    const within = at % BLOCK_BYTES;
    const length = Math.min(BLOCK_BYTES - within, bytes - done);
    list.push({ block: (at - within) / BLOCK_BYTES, within, done, bytes: length });
    done += length;
  }
  return list;
}
