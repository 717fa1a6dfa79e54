/** Free blocks and free inodes: a bit each in the maps of their groups, and counts in the descriptors and the superblock. */
import { EIO, ENOSPC } from 'xen';
import { Buffer } from '../../block/cache';
import { group_desc, super_block } from './format';
import { Volume } from './volume';

/** What a block allocation gave, where it did not fail. */
export let allocated: u32 = 0;

/** Finds a clear bit among the first `bits`, from `from` on and then from the start; -1: there is none. */
function findClear(map: usize, bits: u32, from: u32): i32 {
  for (let count: u32 = 0; count < bits; count++) {
    let bit = from + count;
    if (bit >= bits) bit -= bits;
    // Whole bytes that are full are passed at once.
    if ((bit & 7) == 0 && load<u8>(map + (bit >> 3)) == 0xff && bit + 8 <= bits) {
      count += 7;
      continue;
    }
    if (((load<u8>(map + (bit >> 3)) >> (bit & 7)) & 1) == 0) return bit;
  }
  return -1;
}

function isSet(map: usize, bit: u32): bool {
  return ((load<u8>(map + (bit >> 3)) >> (bit & 7)) & 1) != 0;
}

function flip(buffer: Buffer, bit: u32): void {
  const at = buffer.at + (bit >> 3);
  store<u8>(at, load<u8>(at) ^ (<u8>((<u32>1) << (bit & 7))));
  buffer.dirty = true;
}

/** Adds to a count of 16 bits of a group's descriptor. */
function count(volume: Volume, group: u32, field: usize, by: i32): i32 {
  const buffer = volume.descriptor(group);
  if (buffer == null) return -EIO;
  const at = volume.descriptorAt(buffer, group) + field;
  store<u16>(at, <u16>(load<u16>(at) + by));
  buffer.dirty = true;
  buffer.put();
  return 0;
}

function countInSuper(volume: Volume, field: usize, by: i32): void {
  volume.setField(field, volume.field(field) + by);
}

/** The map of a group, held: of its blocks or its inodes. */
function mapOf(volume: Volume, group: u32, field: usize): Buffer | null {
  const buffer = volume.descriptor(group);
  if (buffer == null) return null;
  const block = load<u32>(volume.descriptorAt(buffer, group) + field);
  buffer.put();
  return volume.cache!.get(block);
}

function blocksIn(volume: Volume, group: u32): u32 {
  return min(volume.blocksPerGroup, volume.blocks - volume.firstBlock - group * volume.blocksPerGroup);
}

/** Takes a free block, near another one if that can be: 0 and `allocated`; -ENOSPC, -EIO. */
export function allocateBlock(volume: Volume, near: u32): i32 {
  const start = near > volume.firstBlock && near < volume.blocks ? near - volume.firstBlock : 0;
  for (let step: u32 = 0; step < volume.groups; step++) {
    const group = (start / volume.blocksPerGroup + step) % volume.groups;
    const map = mapOf(volume, group, group_desc.bg_block_bitmap);
    if (map == null) return -EIO;
    const bit = findClear(map.at, blocksIn(volume, group), step == 0 ? start % volume.blocksPerGroup : 0);
    if (bit >= 0) {
      flip(map, bit);
      map.put();
      allocated = volume.firstBlock + group * volume.blocksPerGroup + bit;
      if (!volume.isData(allocated))
        return volume.damaged('block', allocated, 'it is in use and its bit says that it is free');
      countInSuper(volume, super_block.s_free_blocks_count, -1);
      return count(volume, group, group_desc.bg_free_blocks_count, -1);
    }
    map.put();
  }
  return -ENOSPC;
}

/** Gives a block back. 0, or -EIO. */
export function freeBlock(volume: Volume, block: u32): i32 {
  if (!volume.isData(block)) return volume.damaged('block', block, 'it cannot belong to a file');
  const group = (block - volume.firstBlock) / volume.blocksPerGroup;
  const bit = (block - volume.firstBlock) % volume.blocksPerGroup;
  const map = mapOf(volume, group, group_desc.bg_block_bitmap);
  if (map == null) return -EIO;
  const wasUsed = isSet(map.at, bit);
  if (wasUsed) flip(map, bit);
  map.put();
  if (!wasUsed) return volume.damaged('block', block, 'it belongs to a file and is free');
  volume.cache!.forget(block);
  countInSuper(volume, super_block.s_free_blocks_count, 1);
  return count(volume, group, group_desc.bg_free_blocks_count, 1);
}

/** Takes a free inode, in the group of another one if that can be: its number, or 0: there is none. */
export function allocateInode(volume: Volume, near: u32, directory: bool): u32 {
  for (let step: u32 = 0; step < volume.groups; step++) {
    const group = ((near - 1) / volume.inodesPerGroup + step) % volume.groups;
    const map = mapOf(volume, group, group_desc.bg_inode_bitmap);
    if (map == null) return 0;
    const first = group == 0 ? volume.firstInode - 1 : 0;
    const bit = findClear(map.at, volume.inodesPerGroup, first);
    // What it finds before the first one is the volume's own: the map is damaged, or there is none.
    if (bit < <i32>first) {
      map.put();
      continue;
    }
    flip(map, bit);
    map.put();
    countInSuper(volume, super_block.s_free_inodes_count, -1);
    count(volume, group, group_desc.bg_free_inodes_count, -1);
    if (directory) count(volume, group, group_desc.bg_used_dirs_count, 1);
    return group * volume.inodesPerGroup + bit + 1;
  }
  return 0;
}

/** Gives an inode back. 0, or -EIO. */
export function freeInode(volume: Volume, number: u32, directory: bool): i32 {
  const group = (number - 1) / volume.inodesPerGroup;
  const bit = (number - 1) % volume.inodesPerGroup;
  const map = mapOf(volume, group, group_desc.bg_inode_bitmap);
  if (map == null) return -EIO;
  const wasUsed = isSet(map.at, bit);
  if (wasUsed) flip(map, bit);
  map.put();
  if (!wasUsed) return volume.damaged('inode', number, 'it is in use and its bit says that it is free');
  countInSuper(volume, super_block.s_free_inodes_count, 1);
  if (directory) count(volume, group, group_desc.bg_used_dirs_count, -1);
  return count(volume, group, group_desc.bg_free_inodes_count, 1);
}
