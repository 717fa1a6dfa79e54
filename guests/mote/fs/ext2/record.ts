/** An inode: a record in its group's table that says what a file is and where its blocks are. A copy is worked on here. */
import { EIO } from 'xen';
import { alloc, dispose, free } from 'kernel/memory/heap';
import { Buffer } from '../../block/cache';
import { group_desc, inode } from './format';
import { Volume } from './volume';

export class InodeRecord {
  volume: Volume;
  number: u32;
  private at: usize = alloc(inode.SIZE);
  private changed: bool = false;
  private held: Buffer | null = null;

  constructor(volume: Volume, number: u32) {
    this.volume = volume;
    this.number = number;
    memory.fill(this.at, 0, inode.SIZE);
  }

  get16(field: usize): u32 {
    return load<u16>(this.at + field);
  }
  get32(field: usize): u32 {
    return load<u32>(this.at + field);
  }
  set16(field: usize, value: u32): void {
    store<u16>(this.at + field, <u16>value);
    this.changed = true;
  }
  set32(field: usize, value: u32): void {
    store<u32>(this.at + field, value);
    this.changed = true;
  }
  /** Where i_block is: pointers, or the text of a short link. */
  get blocksAt(): usize {
    return this.at + inode.i_block;
  }
  blocksChanged(): void {
    this.changed = true;
  }

  /** Where it begins in the block that it stands in. */
  private get offset(): u32 {
    const volume = this.volume;
    const index = (this.number - 1) % volume.inodesPerGroup;
    return (index % (volume.blockBytes / volume.inodeBytes)) * volume.inodeBytes;
  }

  /** The block that it stands in, held; null: -EIO. */
  private find(): Buffer | null {
    const volume = this.volume;
    const group = (this.number - 1) / volume.inodesPerGroup;
    const index = (this.number - 1) % volume.inodesPerGroup;
    const descriptor = volume.descriptor(group);
    if (descriptor == null) return null;
    const table = load<u32>(volume.descriptorAt(descriptor, group) + group_desc.bg_inode_table);
    descriptor.put();
    const perBlock = volume.blockBytes / volume.inodeBytes;
    return volume.cache!.get(table + index / perBlock);
  }

  /** Keeps the block that it stands in: what is written until `letGo` cannot fail. 0, or -EIO. */
  hold(): i32 {
    this.held = this.find();
    return this.held == null ? -EIO : 0;
  }
  letGo(): void {
    const buffer = this.held;
    if (buffer != null) buffer.put();
    this.held = null;
  }

  /** 0, or -EIO. */
  read(): i32 {
    const buffer = this.find();
    if (buffer == null) return -EIO;
    memory.copy(this.at, buffer.at + this.offset, inode.SIZE);
    buffer.put();
    return 0;
  }

  /** Writes what has changed. 0, or -EIO. */
  write(): i32 {
    if (!this.changed || this.volume.readOnly) return 0;
    const buffer = this.find();
    if (buffer == null) return -EIO;
    memory.copy(buffer.at + this.offset, this.at, inode.SIZE);
    buffer.dirty = true;
    buffer.put();
    this.changed = false;
    return 0;
  }

  /** A new one: whatever stood there before is gone. */
  clear(): i32 {
    const buffer = this.find();
    if (buffer == null) return -EIO;
    memory.fill(buffer.at + this.offset, 0, this.volume.inodeBytes);
    buffer.dirty = true;
    buffer.put();
    this.changed = true;
    return 0;
  }

  release(): void {
    free(this.at);
    dispose(this);
  }
}
