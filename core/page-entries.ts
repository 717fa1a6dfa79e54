/** Page tables as memory has them: 512 entries of 64 bits in a frame, four levels (SDM vol. 3, 4.5). */

const FRAME_WORDS = 1024;
/** By level, 4 to 1: what an entry of it maps, in bytes. */
const MAPPED_BYTES = [0, 2 ** 12, 2 ** 21, 2 ** 30, 2 ** 39] as const;

/** What an entry of a level maps, in bytes. */
export function mappedBytes(level: number): number {
  return MAPPED_BYTES[level]!;
}

/** Index in 32-bit words of memory of the entry, in the table of a level (4 to 1) in a frame, that a virtual address goes by. */
export function entryWord(frame: number, level: number, va: number): number {
  return frame * FRAME_WORDS + (Math.floor(va / MAPPED_BYTES[level]!) & 511) * 2;
}
