/**
 * Which block of the disk has which block of a file: a tree whose root is in the inode. Twelve pointers lead to blocks; the
 * others to blocks full of pointers, one, two and three levels of them. A pointer of 0 is a hole, which reads as zeroes.
 */
import { EIO } from 'xen';
import { Buffer } from '../../block/cache';
import { EFBIG } from '../../abi';
import { allocateBlock, freeBlock } from './allocation';
import { DIRECT, inode } from './format';
import { InodeRecord } from './record';
import { Volume } from './volume';

const POINTER: u32 = 4;
const LEVELS: u32 = 3;
const UNIT: u32 = 512;

/** How many blocks a pointer of a level leads to: 1, a block of pointers' worth, that squared. */
function span(volume: Volume, level: u32): u64 {
  let blocks: u64 = 1;
  for (; level > 0; level--) blocks *= volume.blockBytes / POINTER;
  return blocks;
}

/** Blocks that a file may have. */
export function maxBlocks(volume: Volume): u64 {
  // i_blocks counts units of 512 bytes in 32 bits.
  const tree = DIRECT + span(volume, 1) + span(volume, 2) + span(volume, 3);
  return min(tree, <u64>(u32.MAX_VALUE / (volume.blockBytes / UNIT)) - 2 * (volume.blockBytes / POINTER));
}

function countBlock(record: InodeRecord, by: i32): void {
  const units = <i32>(record.volume.blockBytes / UNIT);
  record.set32(inode.i_blocks, record.get32(inode.i_blocks) + by * units);
}

/** Takes a block for a file, as zeroes: its number, or an error. */
function grow(record: InodeRecord, near: u32): i64 {
  const volume = record.volume;
  const block = allocateBlock(volume, near);
  if (block < 0) return block;
  const buffer = volume.cache!.getNew(block);
  if (buffer == null) {
    // Nobody has it.
    freeBlock(volume, <u32>block);
    return -EIO;
  }
  buffer.put();
  countBlock(record, 1);
  return block;
}

/**
 * Where a pointer leads, 0: nowhere; or an error. `make`: it gets a block where it has none. It stands in `holder`, or, null,
 * in the inode.
 */
function follow(record: InodeRecord, at: usize, holder: Buffer | null, make: bool, near: u32): i64 {
  const block = load<u32>(at);
  if (block == 0) return make ? extend(record, at, holder, near) : 0;
  const isData = record.volume.isData(block);
  if (isData < 0) return isData;
  if (isData > 0) return block;
  return record.volume.damaged('inode', record.number, "a pointer leads to a block that is no file's");
}

function extend(record: InodeRecord, at: usize, holder: Buffer | null, near: u32): i64 {
  const block = grow(record, near);
  if (block < 0) return block;
  store<u32>(at, <u32>block);
  if (holder == null) record.blocksChanged();
  else holder.dirty = true;
  return block;
}

/** The block of the disk that has a block of the file, 0: a hole; -EIO, -ENOSPC, -EFBIG. `make`: holes are filled. */
export function findBlock(record: InodeRecord, index: u64, make: bool): i64 {
  const volume = record.volume;
  const near = record.get32(inode.i_block) + <u32>min(index, <u64>0xffff);
  let slot: u32 = <u32>index;
  let level: u32 = 0;
  if (index >= DIRECT) {
    let rest = index - DIRECT;
    level = 1;
    while (level <= LEVELS && rest >= span(volume, level)) rest -= span(volume, level++);
    if (level > LEVELS) return -EFBIG;
    slot = DIRECT + level - 1;
    index = rest;
  }
  let block = follow(record, record.blocksAt + slot * POINTER, null, make, near);
  for (; block > 0 && level > 0; level--) {
    const buffer = volume.cache!.get(block);
    if (buffer == null) return -EIO;
    const below = span(volume, level - 1);
    block = follow(record, buffer.at + <u32>(index / below) * POINTER, buffer, make, near);
    buffer.put();
    index %= below;
  }
  return block;
}

/** Frees all blocks of the file from `first` on. 0, or -EIO. */
export function freeFrom(record: InodeRecord, first: u64): i32 {
  const volume = record.volume;
  let base: u64 = 0;
  for (let slot: u32 = 0; slot < DIRECT + LEVELS; slot++) {
    const level = slot < DIRECT ? 0 : slot - DIRECT + 1;
    const blocks = span(volume, level);
    const at = record.blocksAt + slot * POINTER;
    if (base + blocks > first && load<u32>(at) != 0) {
      const failed = prune(record, at, level, first > base ? first - base : 0);
      record.blocksChanged();
      if (failed < 0) return failed;
    }
    base += blocks;
  }
  return 0;
}

/** Frees what a pointer leads to, from the block `first` of it on; the pointer too where nothing is left. */
function prune(record: InodeRecord, at: usize, level: u32, first: u64): i32 {
  const volume = record.volume;
  const block = load<u32>(at);
  const isData = volume.isData(block);
  if (isData < 0) return isData;
  if (isData == 0)
    return volume.damaged('inode', record.number, "a pointer leads to a block that is no file's");
  if (level > 0) {
    const buffer = volume.cache!.get(block);
    if (buffer == null) return -EIO;
    const failed = pruneBlock(record, buffer, level, first);
    buffer.put();
    if (failed < 0) return failed;
  }
  if (first > 0) return 0;
  // What cannot be given back stays the file's.
  const failed = freeBlock(volume, block);
  if (failed < 0) return failed;
  store<u32>(at, 0);
  countBlock(record, -1);
  return 0;
}

function pruneBlock(record: InodeRecord, buffer: Buffer, level: u32, first: u64): i32 {
  const below = span(record.volume, level - 1);
  const pointers = record.volume.blockBytes / POINTER;
  for (let index = <u32>(first / below); index < pointers; index++) {
    const at = buffer.at + index * POINTER;
    if (load<u32>(at) == 0) continue;
    const base = <u64>index * below;
    const failed = prune(record, at, level - 1, first > base ? first - base : 0);
    buffer.dirty = true;
    if (failed < 0) return failed;
  }
  return 0;
}
