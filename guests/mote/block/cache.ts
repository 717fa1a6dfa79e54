/**
 * Blocks of a device in memory. A block is read once, used by whoever holds it, and written back when it must make room, or
 * with `sync`. The one that has not been used for longest makes room first.
 */
import { EIO } from 'xen';
import { alloc, dispose, free } from 'kernel/memory/heap';
import { BlockDevice, SECTOR } from './device';

/** Blocks that a cache keeps. All of them held at once would be a mistake. */
const BUFFERS: i32 = 64;
const NO_BLOCK: u64 = ~0;

export class Buffer {
  block: u64 = NO_BLOCK;
  /** The block's bytes. */
  at: usize;
  /** They differ from the device's. */
  dirty: bool = false;
  holds: i32 = 0;
  /** When it was last used, by a count. */
  used: u64 = 0;

  constructor(bytes: u32) {
    this.at = alloc(bytes);
  }

  put(): void {
    assert(this.holds > 0, 'a block is put back once too often');
    this.holds--;
  }
}

export class BlockCache {
  private device: BlockDevice;
  private sectorsPerBlock: u32;
  private buffers: StaticArray<Buffer> = new StaticArray<Buffer>(BUFFERS);
  private uses: u64 = 0;
  readonly blockBytes: u32;

  constructor(device: BlockDevice, blockBytes: u32) {
    this.device = device;
    this.blockBytes = blockBytes;
    this.sectorsPerBlock = blockBytes / SECTOR;
    for (let index = 0; index < BUFFERS; index++) this.buffers[index] = new Buffer(blockBytes);
  }

  /** A block, held; null: it cannot be read. */
  get(block: u64): Buffer | null {
    return this.find(block, true);
  }

  /** A block that is to be written whole: zeroes, held; null: there is no room, for another one cannot be written. */
  getNew(block: u64): Buffer | null {
    const buffer = this.find(block, false);
    if (buffer == null) return null;
    memory.fill(buffer.at, 0, this.blockBytes);
    buffer.dirty = true;
    return buffer;
  }

  private find(block: u64, reads: bool): Buffer | null {
    let oldest: Buffer | null = null;
    for (let index = 0; index < BUFFERS; index++) {
      const each = this.buffers[index];
      if (each.block == block) return this.hold(each);
      if (each.holds == 0 && (oldest == null || each.used < oldest.used)) oldest = each;
    }
    assert(oldest != null, 'all blocks of a cache are held');
    const chosen = oldest!;
    // Held while the device works: others may come in meanwhile, and must not take it.
    this.hold(chosen);
    const failed = this.write(chosen) < 0 || (reads && !this.read(chosen, block));
    if (failed) {
      chosen.put();
      return null;
    }
    chosen.block = block;
    return chosen;
  }

  private hold(buffer: Buffer): Buffer {
    buffer.holds++;
    buffer.used = ++this.uses;
    return buffer;
  }

  private read(buffer: Buffer, block: u64): bool {
    buffer.block = NO_BLOCK;
    return this.device.transfer(false, block * this.sectorsPerBlock, buffer.at, this.sectorsPerBlock) == 0;
  }

  private write(buffer: Buffer): i32 {
    if (!buffer.dirty) return 0;
    const sector = buffer.block * this.sectorsPerBlock;
    if (this.device.transfer(true, sector, buffer.at, this.sectorsPerBlock) < 0) return -EIO;
    buffer.dirty = false;
    return 0;
  }

  /** Forgets a block that nobody wants any more: it need not be written. */
  forget(block: u64): void {
    for (let index = 0; index < BUFFERS; index++) {
      const each = this.buffers[index];
      if (each.block != block || each.holds > 0) continue;
      each.block = NO_BLOCK;
      each.dirty = false;
      each.used = 0;
    }
  }

  /** Writes all that has changed, in the order of the blocks. 0, or -EIO. */
  sync(): i32 {
    let result = 0;
    let next: u64 = 0;
    while (true) {
      let first: Buffer | null = null;
      for (let index = 0; index < BUFFERS; index++) {
        const each = this.buffers[index];
        if (each.dirty && each.block >= next && (first == null || each.block < first.block)) first = each;
      }
      if (first == null) break;
      next = first.block + 1;
      if (this.write(first) < 0) result = -EIO;
    }
    return this.device.sync() < 0 ? -EIO : result;
  }

  release(): void {
    for (let index = 0; index < BUFFERS; index++) {
      free(this.buffers[index].at);
      dispose(this.buffers[index]);
    }
    dispose(this.buffers);
    dispose(this);
  }
}
