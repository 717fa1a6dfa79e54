/**
 * mke2fs [-j] FILE [KIB]: makes an empty ext2 file system on a disk or in a file, which is made so large first where KIB says so; -j: with
 * a journal, which makes it ext3.
 */
import { O_CREAT, O_RDWR, O_TRUNC, SEEK_END, SEEK_SET } from 'mote/abi';
import { dir_entry, FIRST_INO, group_desc, INCOMPAT_FILETYPE, inode, MAGIC } from 'mote/fs/ext2/format';
import { ROOT_INO, STATE_CLEAN, super_block } from 'mote/fs/ext2/format';
import { close, open, seek, truncate, writeAll } from 'programs/lib/calls';
import { complain, complainOf } from 'programs/lib/io';
import { bad, number } from 'programs/lib/text';
import { takeOptions } from 'programs/lib/options';

const BLOCK: u32 = 1024;
/** As many as a bitmap of one block has bits. */
const BLOCKS_PER_GROUP: u32 = 8192;
const FIRST_BLOCK: u32 = 1;
const INODE_BYTES: u32 = 128;
/** There is an inode for so many bytes. */
const BYTES_PER_INODE: u32 = 4096;
/** A last group with less room than this is left out. */
const LEAST_ROOM: u32 = 32;
const LEAST_BLOCKS: i64 = 64;
const S_IFDIR: u16 = 0o040000;
const TYPE_DIRECTORY: u8 = 2;
const LOST_FOUND = 'lost+found';

let fd = -1;
let blocks: u32 = 0;
let groups: u32 = 0;
let inodesPerGroup: u32 = 0;
/** Blocks of all descriptors, and of a group's part of the inodes. */
let descriptorBlocks: u32 = 0;
let tableBlocks: u32 = 0;
let failed: i32 = 0;

const block = new ArrayBuffer(<i32>BLOCK);
const at = changetype<usize>(block);

export function main(args: string[]): i32 {
  const options = takeOptions(args, 'j', 'mke2fs [-j] FILE [KIB]');
  if (options == null) return 2;
  const kib = args.length == 3 ? number(args[2]) : 0;
  if (args.length < 2 || args.length > 3 || (args.length == 3 && (bad || kib < LEAST_BLOCKS))) {
    complain('usage: mke2fs [-j] FILE [KIB]');
    return 2;
  }
  fd = open(args[1], args.length == 3 ? O_RDWR | O_CREAT | O_TRUNC : O_RDWR);
  if (fd < 0) return complainOf(args[1], fd);
  if (args.length == 3) failed = truncate(args[1], kib * BLOCK);
  const bytes = failed < 0 ? 0 : seek(fd, 0, SEEK_END);
  if (failed == 0 && bytes < LEAST_BLOCKS * BLOCK) {
    complain(args[1] + ': it is too small for a file system');
    return 1;
  }
  if (failed == 0) make(<u32>min<i64>(bytes / BLOCK, i32.MAX_VALUE), options.includes('j'));
  close(fd);
  return failed < 0 ? complainOf(args[1], failed) : 0;
}

/** What a group has besides data. */
function overhead(): u32 {
  return 1 + descriptorBlocks + 2 + tableBlocks;
}

function plan(count: u32): void {
  blocks = count;
  groups = (blocks - FIRST_BLOCK + BLOCKS_PER_GROUP - 1) / BLOCKS_PER_GROUP;
  const inodes = max(blocks / (BYTES_PER_INODE / BLOCK), 2 * FIRST_INO);
  inodesPerGroup = ((inodes + groups - 1) / groups + 7) & ~7;
  descriptorBlocks = (groups * group_desc.SIZE + BLOCK - 1) / BLOCK;
  tableBlocks = (inodesPerGroup * INODE_BYTES + BLOCK - 1) / BLOCK;
}

function make(count: u32, withJournal: bool): void {
  plan(count);
  const rest = (blocks - FIRST_BLOCK) % BLOCKS_PER_GROUP;
  if (rest > 0 && groups > 1 && rest < overhead() + LEAST_ROOM) plan(blocks - rest);
  if (withJournal) planJournal();
  for (let group: u32 = 0; group < groups; group++) {
    writeCopies(group);
    writeMaps(group);
    writeTable(group);
  }
  writeRoot();
  if (journalBlocks > 0) writeJournal();
}

function clear(): void {
  memory.fill(at, 0, BLOCK);
}

function put(index: u32): void {
  if (failed < 0) return;
  const place = seek(fd, <i64>index * BLOCK, SEEK_SET);
  failed = place < 0 ? <i32>place : min(writeAll(fd, block, <i32>BLOCK), 0);
}

function groupStart(group: u32): u32 {
  return FIRST_BLOCK + group * BLOCKS_PER_GROUP;
}
function groupBlocks(group: u32): u32 {
  return min(BLOCKS_PER_GROUP, blocks - groupStart(group));
}
/** Blocks that are in use from the start: the root and lost+found have one each, in the first group, which has the journal, too. */
function usedBlocks(group: u32): u32 {
  return overhead() + (group == 0 ? 2 + wholeJournal() : 0);
}
function usedInodes(group: u32): u32 {
  return group == 0 ? FIRST_INO : 0;
}
function bitmapBlock(group: u32): u32 {
  return groupStart(group) + 1 + descriptorBlocks;
}

/** The superblock and the descriptors of all groups: every group begins with a copy. */
function writeCopies(group: u32): void {
  clear();
  let free: u32 = 0;
  for (let each: u32 = 0; each < groups; each++) free += groupBlocks(each) - usedBlocks(each);
  store<u32>(at + super_block.s_inodes_count, inodesPerGroup * groups);
  store<u32>(at + super_block.s_blocks_count, blocks);
  store<u32>(at + super_block.s_free_blocks_count, free);
  store<u32>(at + super_block.s_free_inodes_count, inodesPerGroup * groups - FIRST_INO);
  store<u32>(at + super_block.s_first_data_block, FIRST_BLOCK);
  store<u32>(at + super_block.s_blocks_per_group, BLOCKS_PER_GROUP);
  store<u32>(at + super_block.s_frags_per_group, BLOCKS_PER_GROUP);
  store<u32>(at + super_block.s_inodes_per_group, inodesPerGroup);
  store<u16>(at + super_block.s_max_mnt_count, 0xffff);
  store<u16>(at + super_block.s_magic, MAGIC);
  store<u16>(at + super_block.s_state, STATE_CLEAN);
  store<u16>(at + super_block.s_errors, 1);
  store<u32>(at + super_block.s_rev_level, 1);
  store<u32>(at + super_block.s_first_ino, FIRST_INO);
  store<u16>(at + super_block.s_inode_size, <u16>INODE_BYTES);
  store<u16>(at + super_block.s_block_group_nr, <u16>group);
  store<u32>(at + super_block.s_feature_incompat, INCOMPAT_FILETYPE);
  if (journalBlocks > 0) {
    store<u32>(at + FEATURE_COMPAT, HAS_JOURNAL);
    store<u32>(at + JOURNAL_INUM, JOURNAL_INO);
  }
  put(groupStart(group));
  const perBlock = BLOCK / group_desc.SIZE;
  for (let index: u32 = 0; index < descriptorBlocks; index++) {
    clear();
    for (let each: u32 = 0; each < perBlock && index * perBlock + each < groups; each++)
      describe(at + each * group_desc.SIZE, index * perBlock + each);
    put(groupStart(group) + 1 + index);
  }
}

function describe(to: usize, group: u32): void {
  store<u32>(to + group_desc.bg_block_bitmap, bitmapBlock(group));
  store<u32>(to + group_desc.bg_inode_bitmap, bitmapBlock(group) + 1);
  store<u32>(to + group_desc.bg_inode_table, bitmapBlock(group) + 2);
  store<u16>(to + group_desc.bg_free_blocks_count, <u16>(groupBlocks(group) - usedBlocks(group)));
  store<u16>(to + group_desc.bg_free_inodes_count, <u16>(inodesPerGroup - usedInodes(group)));
  store<u16>(to + group_desc.bg_used_dirs_count, group == 0 ? 2 : 0);
}

/** Sets bits of the block in memory. */
function setBits(from: u32, to: u32): void {
  for (let bit = from; bit < to; bit++)
    store<u8>(at + bit / 8, load<u8>(at + bit / 8) | ((<u8>1) << ((<u8>bit) & 7)));
}

/** Which blocks and inodes are in use; what is behind the last counts as used. */
function writeMaps(group: u32): void {
  clear();
  setBits(0, usedBlocks(group));
  setBits(groupBlocks(group), BLOCK * 8);
  put(bitmapBlock(group));
  clear();
  setBits(0, usedInodes(group));
  setBits(inodesPerGroup, BLOCK * 8);
  put(bitmapBlock(group) + 1);
}

function firstData(): u32 {
  return groupStart(0) + overhead();
}

function writeTable(group: u32): void {
  for (let index: u32 = 0; index < tableBlocks; index++) {
    clear();
    const first = index * (BLOCK / INODE_BYTES) + 1;
    if (group == 0) {
      putDirectory(ROOT_INO, first, 3, firstData());
      putDirectory(FIRST_INO, first, 2, firstData() + 1);
      putJournal(first);
    }
    put(bitmapBlock(group) + 2 + index);
  }
}

/** Puts a directory's inode into the block in memory, whose first inode is `first`, if it belongs there. */
function putDirectory(ino: u32, first: u32, links: u16, data: u32): void {
  if (ino < first || ino >= first + BLOCK / INODE_BYTES) return;
  const to = at + (ino - first) * INODE_BYTES;
  store<u16>(to + inode.i_mode, S_IFDIR | (ino == ROOT_INO ? 0o755 : 0o700));
  store<u32>(to + inode.i_size, BLOCK);
  store<u16>(to + inode.i_links_count, links);
  store<u32>(to + inode.i_blocks, BLOCK / 512);
  store<u32>(to + inode.i_block, data);
}

/** Puts an entry of a directory: where the next one goes. */
function putEntry(offset: u32, ino: u32, name: string, bytes: u32): u32 {
  const to = at + offset;
  store<u32>(to + dir_entry.inode, ino);
  store<u16>(to + dir_entry.rec_len, <u16>bytes);
  store<u8>(to + dir_entry.name_len, <u8>name.length);
  store<u8>(to + dir_entry.file_type, TYPE_DIRECTORY);
  for (let n = 0; n < name.length; n++) store<u8>(to + dir_entry.name + n, <u8>name.charCodeAt(n));
  return offset + bytes;
}

function writeRoot(): void {
  clear();
  let end = putEntry(0, ROOT_INO, '.', 12);
  end = putEntry(end, ROOT_INO, '..', 12);
  putEntry(end, FIRST_INO, LOST_FOUND, BLOCK - end);
  put(firstData());
  clear();
  end = putEntry(0, FIRST_INO, '.', 12);
  putEntry(end, ROOT_INO, '..', BLOCK - end);
  put(firstData() + 1);
}

// The journal (Linux's include/linux/jbd2.h): a file with an inode of its own, empty but for its first block, which says so. Its numbers
// are big-endian.

const FEATURE_COMPAT: usize = 92;
const HAS_JOURNAL: u32 = 4;
const JOURNAL_INUM: usize = 224;
const JOURNAL_INO: u32 = 8;
/** As many blocks as it has at least. */
const LEAST_JOURNAL: u32 = 1024;
const S_IFREG: u16 = 0o100000;
const PER_BLOCK: u32 = BLOCK / 4;
const DIRECT: u32 = 12;
/** Blocks of pointers that so many blocks take: one, and one of three. */
const POINTER_BLOCKS: u32 = 5;
const JOURNAL_MAGIC: u32 = 0xc03b_3998;
const JOURNAL_SUPERBLOCK: u32 = 4;

let journalBlocks: u32 = 0;

function wholeJournal(): u32 {
  return journalBlocks == 0 ? 0 : journalBlocks + POINTER_BLOCKS;
}

/** The first group has it, or nobody. */
function planJournal(): void {
  const wanted = overhead() + 2 + LEAST_JOURNAL + POINTER_BLOCKS + LEAST_ROOM;
  if (groupBlocks(0) >= wanted) journalBlocks = LEAST_JOURNAL;
  else complain('it is too small for a journal: it becomes ext2');
}

function firstOfJournal(): u32 {
  return firstData() + 2;
}

/** Puts its inode, as `putDirectory` does. */
function putJournal(first: u32): void {
  if (journalBlocks == 0 || JOURNAL_INO < first || JOURNAL_INO >= first + BLOCK / INODE_BYTES) return;
  const to = at + (JOURNAL_INO - first) * INODE_BYTES;
  const pointers = firstOfJournal() + journalBlocks;
  store<u16>(to + inode.i_mode, S_IFREG | 0o600);
  store<u32>(to + inode.i_size, journalBlocks * BLOCK);
  store<u16>(to + inode.i_links_count, 1);
  store<u32>(to + inode.i_blocks, (wholeJournal() * BLOCK) / 512);
  for (let n: u32 = 0; n < DIRECT; n++) store<u32>(to + inode.i_block + n * 4, firstOfJournal() + n);
  store<u32>(to + inode.i_block + DIRECT * 4, pointers);
  store<u32>(to + inode.i_block + (DIRECT + 1) * 4, pointers + 1);
}

/** Puts a block of pointers to blocks of the journal from `from` on. */
function putPointers(index: u32, from: u32): void {
  clear();
  for (let n: u32 = 0; n < PER_BLOCK && from + n < journalBlocks; n++)
    store<u32>(at + n * 4, firstOfJournal() + from + n);
  put(index);
}

function writeJournal(): void {
  const pointers = firstOfJournal() + journalBlocks;
  putPointers(pointers, DIRECT);
  clear();
  for (let n: u32 = 0; n < POINTER_BLOCKS - 2; n++) store<u32>(at + n * 4, pointers + 2 + n);
  put(pointers + 1);
  for (let n: u32 = 0; n < POINTER_BLOCKS - 2; n++)
    putPointers(pointers + 2 + n, DIRECT + PER_BLOCK + n * PER_BLOCK);
  clear();
  store<u32>(at, bswap<u32>(JOURNAL_MAGIC));
  store<u32>(at, bswap<u32>(JOURNAL_SUPERBLOCK), 4);
  store<u32>(at, bswap<u32>(BLOCK), 12);
  store<u32>(at, bswap<u32>(journalBlocks), 16);
  // Its log begins behind this block, with number 1; nothing is in it.
  store<u32>(at, bswap<u32>(1), 20);
  store<u32>(at, bswap<u32>(1), 24);
  store<u32>(at, bswap<u32>(1), 64);
  put(firstOfJournal());
}
