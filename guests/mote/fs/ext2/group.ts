/**
 * What a volume says of a group: its descriptor, and one of its maps. Both are held before either is changed, so that a disk
 * that fails leaves no block or inode taken that nobody has, and no count that is not true.
 */
import { Buffer } from '../../block/cache';

export class Group {
  private descriptor: Buffer | null = null;
  private map: Buffer | null = null;
  /** Where the descriptor stands. */
  private at: usize = 0;

  /** Takes over both, which are held. */
  open(descriptor: Buffer, at: usize, map: Buffer): void {
    assert(this.map == null, 'two groups of a volume are open');
    this.descriptor = descriptor;
    this.at = at;
    this.map = map;
  }

  close(): void {
    this.map!.put();
    this.descriptor!.put();
    this.map = null;
    this.descriptor = null;
  }

  /** The map. */
  get bits(): usize {
    return this.map!.at;
  }

  flip(bit: u32): void {
    const at = this.bits + (bit >> 3);
    store<u8>(at, load<u8>(at) ^ (<u8>((<u32>1) << (bit & 7))));
    this.map!.dirty = true;
  }

  /** Adds to a count of 16 bits of the descriptor. */
  count(field: usize, by: i32): void {
    store<u16>(this.at + field, <u16>(load<u16>(this.at + field) + by));
    this.descriptor!.dirty = true;
  }
}
