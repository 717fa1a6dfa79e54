/**
 * An ext2 volume: a disk cut into groups of blocks, each with a map of its free blocks, a map of its free inodes, and a table
 * of inodes. The superblock, at the beginning, says how large all that is; its numbers are believed only once they agree.
 *
 * One process at a time works on a volume: while one waits for the disk, others wait for the lock.
 */
import { EINVAL, EIO } from 'xen';
import { alloc, dispose, free } from 'kernel/memory/heap';
import { print, printNumber } from 'kernel/console/print';
import { SECOND, wallClock } from 'kernel/events/clock';
import { BlockCache, Buffer } from '../../block/cache';
import { BlockDevice, SECTOR } from '../../block/device';
import { Lock } from '../lock';
import {
  FIRST_INO,
  group_desc,
  INCOMPAT_FILETYPE,
  MAGIC,
  RO_COMPAT_LARGE_FILE,
  RO_COMPAT_SPARSE_SUPER,
} from './format';
import { Group } from './group';
import { STATE_CLEAN, STATE_ERRORS, SUPERBLOCK, super_block, SUPERBLOCK_BYTES, inode } from './format';

const KNOWN_INCOMPAT: u32 = INCOMPAT_FILETYPE;
const KNOWN_RO_COMPAT: u32 = RO_COMPAT_SPARSE_SUPER | RO_COMPAT_LARGE_FILE;
const MAX_LOG_BLOCK: u32 = 2;

/** Seconds since 1970. */
export function seconds(): u32 {
  return <u32>(wallClock() / SECOND);
}

export class Volume {
  device: BlockDevice;
  readOnly: bool;
  lock: Lock = new Lock();
  cache: BlockCache | null = null;
  private group: Group = new Group();
  /** The superblock as it is to be written. */
  private super_: usize = alloc(SUPERBLOCK_BYTES);
  private superDirty: bool = false;
  blockBytes: u32 = 0;
  blocks: u32 = 0;
  inodes: u32 = 0;
  blocksPerGroup: u32 = 0;
  inodesPerGroup: u32 = 0;
  inodeBytes: u32 = 0;
  firstInode: u32 = 0;
  firstBlock: u32 = 0;
  groups: u32 = 0;
  /** Entries of directories tell the kind of what they name. */
  hasTypes: bool = false;
  /** It was clean when it was mounted, and may be called so again. */
  private wasClean: bool = false;

  constructor(device: BlockDevice, readOnly: bool) {
    this.device = device;
    device.hold();
    this.readOnly = readOnly || device.readOnly;
  }

  // The superblock.

  field(at: usize): u32 {
    return load<u32>(this.super_ + at);
  }
  setField(at: usize, value: u32): void {
    store<u32>(this.super_ + at, value);
    this.superDirty = true;
  }

  /** Reads and checks it. 0, or -EINVAL, -EIO: what is wrong has been said. */
  open(): i32 {
    const sectors = SUPERBLOCK_BYTES / SECTOR;
    if (this.device.sectors < SUPERBLOCK / SECTOR + sectors) return refuse('it is too small');
    if (this.device.transfer(false, SUPERBLOCK / SECTOR, this.super_, sectors) < 0) return -EIO;
    if (load<u16>(this.super_ + super_block.s_magic) != MAGIC) return refuse('there is no ext2 on it');
    const failed = this.checkFeatures();
    if (failed < 0) return failed;
    const log = this.field(super_block.s_log_block_size);
    if (log > MAX_LOG_BLOCK) return refuse('its blocks are larger than 4096 bytes');
    this.blockBytes = 1024 << log;
    this.readGeometry();
    if (!this.isSound()) return refuse('its superblock is damaged');
    this.cache = new BlockCache(this.device, this.blockBytes);
    const groups = this.groupsAreSound();
    if (groups < 0) return groups;
    if (groups == 0) return refuse('the descriptor of a group is damaged');
    this.wasClean = (load<u16>(this.super_ + super_block.s_state) & STATE_CLEAN) != 0;
    if (!this.wasClean) tell('it was not unmounted; e2fsck should look at it');
    return this.readOnly ? 0 : this.begin();
  }

  private checkFeatures(): i32 {
    if (this.field(super_block.s_rev_level) == 0) return 0;
    const unknown = this.field(super_block.s_feature_incompat) & ~KNOWN_INCOMPAT;
    if (unknown != 0) {
      print('ext2: features of this file system are not known here: incompat ');
      printNumber(unknown);
      print('\n');
      return -EINVAL;
    }
    this.hasTypes = (this.field(super_block.s_feature_incompat) & INCOMPAT_FILETYPE) != 0;
    if ((this.field(super_block.s_feature_ro_compat) & ~KNOWN_RO_COMPAT) != 0 && !this.readOnly) {
      tell('it has features that are not known here: it is mounted read-only');
      this.readOnly = true;
    }
    return 0;
  }

  private readGeometry(): void {
    const isOld = this.field(super_block.s_rev_level) == 0;
    this.blocks = this.field(super_block.s_blocks_count);
    this.inodes = this.field(super_block.s_inodes_count);
    this.blocksPerGroup = this.field(super_block.s_blocks_per_group);
    this.inodesPerGroup = this.field(super_block.s_inodes_per_group);
    this.firstBlock = this.field(super_block.s_first_data_block);
    this.inodeBytes = isOld ? inode.SIZE : <u32>load<u16>(this.super_ + super_block.s_inode_size);
    this.firstInode = isOld ? FIRST_INO : this.field(super_block.s_first_ino);
  }

  /** Whether the numbers agree with each other and with the device. */
  private isSound(): bool {
    const bits = this.blockBytes * 8;
    if (this.blocksPerGroup == 0 || this.blocksPerGroup > bits) return false;
    if (this.inodesPerGroup == 0 || this.inodesPerGroup > bits) return false;
    if (this.inodeBytes < inode.SIZE || this.inodeBytes > this.blockBytes) return false;
    if ((this.inodeBytes & (this.inodeBytes - 1)) != 0) return false;
    if (this.firstBlock != (this.blockBytes == 1024 ? 1 : 0) || this.blocks <= this.firstBlock) return false;
    if (<u64>this.blocks * (this.blockBytes / SECTOR) > this.device.sectors) return false;
    this.groups = (this.blocks - this.firstBlock + this.blocksPerGroup - 1) / this.blocksPerGroup;
    return <u64>this.groups * this.inodesPerGroup == this.inodes && this.inodes >= this.firstInode;
  }

  /** Whether all groups have their maps and tables inside the volume: 1 or 0; or -EIO. */
  private groupsAreSound(): i32 {
    const table = this.tableBlocks;
    for (let group: u32 = 0; group < this.groups; group++) {
      const buffer = this.descriptor(group);
      if (buffer == null) return -EIO;
      const at = this.descriptorAt(buffer, group);
      const map = load<u32>(at + group_desc.bg_block_bitmap);
      const inodeMap = load<u32>(at + group_desc.bg_inode_bitmap);
      const first = load<u32>(at + group_desc.bg_inode_table);
      buffer.put();
      if (!this.isInside(map) || !this.isInside(inodeMap) || !this.isInside(first)) return 0;
      if (!this.isInside(first + table - 1) || first + table < first) return 0;
    }
    return 1;
  }

  private isInside(block: u32): bool {
    return block > this.firstBlock && block < this.blocks;
  }

  /** Blocks of a group's table of inodes. */
  get tableBlocks(): u32 {
    return (this.inodesPerGroup * this.inodeBytes + this.blockBytes - 1) / this.blockBytes;
  }

  // Groups.

  /** The block with the descriptor of a group, held; null: -EIO. */
  descriptor(group: u32): Buffer | null {
    const perBlock = this.blockBytes / group_desc.SIZE;
    return this.cache!.get(this.firstBlock + 1 + group / perBlock);
  }
  descriptorAt(buffer: Buffer, group: u32): usize {
    return buffer.at + (group % (this.blockBytes / group_desc.SIZE)) * group_desc.SIZE;
  }

  /** A group with the map that a field of its descriptor names, until it is closed; null: -EIO. */
  openGroup(group: u32, field: usize): Group | null {
    const descriptor = this.descriptor(group);
    if (descriptor == null) return null;
    const at = this.descriptorAt(descriptor, group);
    const map = this.cache!.get(load<u32>(at + field));
    if (map == null) {
      descriptor.put();
      return null;
    }
    this.group.open(descriptor, at, map);
    return this.group;
  }

  /** Whether a pointer may lead to this block: it is inside, and nothing of the volume's own. 1 or 0; or -EIO. */
  isData(block: u32): i32 {
    const descriptors = (this.groups * group_desc.SIZE + this.blockBytes - 1) / this.blockBytes;
    if (block <= this.firstBlock + descriptors || block >= this.blocks) return 0;
    const group = (block - this.firstBlock) / this.blocksPerGroup;
    const buffer = this.descriptor(group);
    if (buffer == null) return -EIO;
    const at = this.descriptorAt(buffer, group);
    const first = load<u32>(at + group_desc.bg_inode_table);
    const isMap =
      block == load<u32>(at + group_desc.bg_block_bitmap) ||
      block == load<u32>(at + group_desc.bg_inode_bitmap);
    buffer.put();
    return !isMap && (block < first || block >= first + this.tableBlocks) ? 1 : 0;
  }

  // The state on the disk.

  /** From here on the volume is not clean, until `end`. 0, or -EIO. */
  private begin(): i32 {
    const state = load<u16>(this.super_ + super_block.s_state) & ~STATE_CLEAN;
    store<u16>(this.super_ + super_block.s_state, state);
    const mounts = load<u16>(this.super_ + super_block.s_mnt_count) + 1;
    store<u16>(this.super_ + super_block.s_mnt_count, mounts);
    this.setField(super_block.s_mtime, seconds());
    return this.writeSuper();
  }

  private writeSuper(): i32 {
    if (!this.superDirty) return 0;
    store<u32>(this.super_ + super_block.s_wtime, seconds());
    // It lies in a block that the cache may have.
    const block = SUPERBLOCK / this.blockBytes;
    const buffer = this.cache!.get(block);
    if (buffer == null) return -EIO;
    memory.copy(buffer.at + <usize>(SUPERBLOCK % this.blockBytes), this.super_, SUPERBLOCK_BYTES);
    buffer.dirty = true;
    buffer.put();
    this.superDirty = false;
    return 0;
  }

  sync(): i32 {
    if (this.readOnly) return 0;
    const failed = this.writeSuper();
    const result = this.cache!.sync();
    return failed < 0 ? failed : result;
  }

  /** The volume is not used any more: clean, where it was when that began. */
  end(): i32 {
    if (this.readOnly) return 0;
    if (this.wasClean) {
      const state = load<u16>(this.super_ + super_block.s_state) | STATE_CLEAN;
      store<u16>(this.super_ + super_block.s_state, state);
      this.superDirty = true;
    }
    return this.sync();
  }

  /** Gives everything back, the device too. */
  release(): void {
    const cache = this.cache;
    if (cache != null) cache.release();
    this.device.close();
    free(this.super_);
    this.lock.release();
    dispose(this.group);
    dispose(this);
  }

  /**
   * Something on the disk is wrong: it is said, noted on the disk, and nothing is written any more, for that could make it
   * worse. Gives -EIO.
   */
  damaged(what: string, which: u32, how: string): i32 {
    print('ext2: ');
    print(what);
    print(' ');
    printNumber(which);
    print(': ');
    print(how);
    if (this.readOnly) {
      print('\n');
      return -EIO;
    }
    print('; it is read-only from now on\n');
    const state = load<u16>(this.super_ + super_block.s_state) | STATE_ERRORS;
    store<u16>(this.super_ + super_block.s_state, state);
    this.wasClean = false;
    this.superDirty = true;
    this.sync();
    this.readOnly = true;
    return -EIO;
  }
}

function tell(what: string): void {
  print('ext2: ');
  print(what);
  print('\n');
}

function refuse(why: string): i32 {
  tell(why);
  return -EINVAL;
}
