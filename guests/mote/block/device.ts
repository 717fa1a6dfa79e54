/** Block devices: memory in sectors of 512 bytes, read and written some at a time. */

export const SECTOR: u32 = 512;

export abstract class BlockDevice {
  sectors: u64 = 0;
  readOnly: bool = false;

  /** Reads or writes `count` sectors from `sector` on, to or from memory that begins on a sector's boundary. 0, or -EIO. */
  abstract transfer(write: bool, sector: u64, at: usize, count: u32): i32;
  /** What was written is safe. */
  abstract sync(): i32;
  /** Nobody uses it any more. */
  abstract close(): void;
}
