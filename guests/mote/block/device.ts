/** Block devices: memory in sectors of 512 bytes, read and written some at a time. */

import { ENOTTY } from '../abi';

export const SECTOR: u32 = 512;
export const SERIAL_BYTES: u32 = 20;

export abstract class BlockDevice {
  sectors: u64 = 0;
  readOnly: bool = false;
  /** How many use it: `hold` and `close`. */
  users: i32 = 0;
  /** Of a disk: its partitions. Of a partition: the next one. */
  parts: BlockDevice | null = null;

  /** Whether it was taken away, whoever used it: nothing that waits to be written ever will be. */
  get isGone(): bool {
    return false;
  }

  /** Somebody uses it from now on. */
  hold(): void {
    this.users++;
  }

  /** Reads or writes `count` sectors from `sector` on, to or from memory that begins on a sector's boundary. 0, or -EIO. */
  abstract transfer(write: bool, sector: u64, at: usize, count: u32): i32;
  /** What was written is safe. */
  abstract sync(): i32;
  /** What it calls itself, which no other disk does: SERIAL_BYTES of text, NUL-filled. 0, or a negative errno: it calls itself nothing. */
  serial(to: usize): i32 {
    return -ENOTTY;
  }
  /** Who held it uses it no more. */
  close(): void {
    this.users--;
  }
}
