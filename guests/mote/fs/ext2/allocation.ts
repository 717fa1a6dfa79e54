/** Free blocks and free inodes: a bit each in the maps of their groups, and counts in the descriptors and the superblock. */
import { EIO, ENOSPC } from 'xen';
import { findClear, isSet } from './bitmap';
import { Group } from './group';
import { group_desc, super_block } from './format';
import { Volume } from './volume';

function countInSuper(volume: Volume, field: usize, by: i32): void {
  volume.setField(field, volume.field(field) + by);
}

function blocksIn(volume: Volume, group: u32): u32 {
  return min(volume.blocksPerGroup, volume.blocks - volume.firstBlock - group * volume.blocksPerGroup);
}

/** Takes a free block, near another one if that can be: its number; -ENOSPC, -EIO. */
export function allocateBlock(volume: Volume, near: u32): i64 {
  const start = near > volume.firstBlock && near < volume.blocks ? near - volume.firstBlock : 0;
  for (let step: u32 = 0; step < volume.groups; step++) {
    const number = (start / volume.blocksPerGroup + step) % volume.groups;
    const taken = takeBlock(volume, number, step == 0 ? start % volume.blocksPerGroup : 0);
    if (taken != -ENOSPC) return taken;
  }
  return -ENOSPC;
}

function takeBlock(volume: Volume, number: u32, from: u32): i64 {
  const group = volume.openGroup(number, group_desc.bg_block_bitmap);
  if (group == null) return -EIO;
  const bit = findClear(group.bits, blocksIn(volume, number), from);
  const result = bit < 0 ? -ENOSPC : takeBit(volume, group, number, bit);
  group.close();
  return result;
}

function takeBit(volume: Volume, group: Group, number: u32, bit: u32): i64 {
  const block = volume.firstBlock + number * volume.blocksPerGroup + bit;
  const isData = volume.isData(block);
  if (isData < 0) return isData;
  if (isData == 0) return volume.damaged('block', block, 'it is in use and its bit says that it is free');
  group.flip(bit);
  group.count(group_desc.bg_free_blocks_count, -1);
  countInSuper(volume, super_block.s_free_blocks_count, -1);
  return block;
}

/** Gives a block back. 0, or -EIO: it is as it was. */
export function freeBlock(volume: Volume, block: u32): i32 {
  const isData = volume.isData(block);
  if (isData < 0) return isData;
  if (isData == 0) return volume.damaged('block', block, 'it cannot belong to a file');
  const bit = (block - volume.firstBlock) % volume.blocksPerGroup;
  const number = (block - volume.firstBlock) / volume.blocksPerGroup;
  const group = volume.openGroup(number, group_desc.bg_block_bitmap);
  if (group == null) return -EIO;
  const wasUsed = isSet(group.bits, bit);
  if (wasUsed) {
    group.flip(bit);
    group.count(group_desc.bg_free_blocks_count, 1);
    countInSuper(volume, super_block.s_free_blocks_count, 1);
    volume.cache!.forget(block);
  }
  group.close();
  return wasUsed ? 0 : volume.damaged('block', block, 'it belongs to a file and is free');
}

/** Takes a free inode, in the group of another one if that can be: its number; -ENOSPC, -EIO. */
export function allocateInode(volume: Volume, near: u32, directory: bool): i64 {
  for (let step: u32 = 0; step < volume.groups; step++) {
    const taken = takeInode(volume, ((near - 1) / volume.inodesPerGroup + step) % volume.groups, directory);
    if (taken != -ENOSPC) return taken;
  }
  return -ENOSPC;
}

function takeInode(volume: Volume, number: u32, directory: bool): i64 {
  const group = volume.openGroup(number, group_desc.bg_inode_bitmap);
  if (group == null) return -EIO;
  const first = number == 0 ? volume.firstInode - 1 : 0;
  const bit = findClear(group.bits, volume.inodesPerGroup, first);
  // What it finds before the first one is the volume's own: the map is damaged, or there is none.
  const isFree = bit >= <i32>first;
  if (isFree) {
    group.flip(bit);
    countInode(volume, group, directory, 1);
  }
  group.close();
  return isFree ? number * volume.inodesPerGroup + bit + 1 : -ENOSPC;
}

/** One more in use, or one less. */
function countInode(volume: Volume, group: Group, directory: bool, by: i32): void {
  group.count(group_desc.bg_free_inodes_count, -by);
  if (directory) group.count(group_desc.bg_used_dirs_count, by);
  countInSuper(volume, super_block.s_free_inodes_count, -by);
}

/** Gives an inode back. 0, or -EIO: it is as it was. */
export function freeInode(volume: Volume, number: u32, directory: bool): i32 {
  const bit = (number - 1) % volume.inodesPerGroup;
  const group = volume.openGroup((number - 1) / volume.inodesPerGroup, group_desc.bg_inode_bitmap);
  if (group == null) return -EIO;
  const wasUsed = isSet(group.bits, bit);
  if (wasUsed) {
    group.flip(bit);
    countInode(volume, group, directory, -1);
  }
  group.close();
  return wasUsed ? 0 : volume.damaged('inode', number, 'it is in use and its bit says that it is free');
}
