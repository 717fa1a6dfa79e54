/**
 * Directories: files of entries, each an inode's number and a name, that fill every block exactly. An entry that goes gives
 * its room to the one before it in its block; one that comes takes the room that another one does not need.
 */
import { EIO } from 'xen';
import { Buffer } from '../../block/cache';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from '../../abi';
import { equal } from '../names';
import { findBlock } from './blocks';
import { setSize, sizeOf, touch } from './data';
import { dir_entry, entryBytes, FLAG_INDEX, inode } from './format';
import { InodeRecord } from './record';

/** File types of entries, by their numbers. */
const TYPES: StaticArray<u32> = [0, S_IFREG, S_IFDIR, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK, S_IFLNK];

/** S_IF* of an entry's type; 0: it does not say. */
export function modeOfType(type: u8): u32 {
  return type < 8 ? TYPES[type] : 0;
}
function typeOfMode(mode: u32): u8 {
  for (let type: u8 = 1; type < 8; type++) if (TYPES[type] == (mode & S_IFMT)) return type;
  return 0;
}

/** Where an entry was found: its block, held, its place in it and that of the one before it (the same: it is the first). */
export class Place {
  buffer: Buffer | null = null;
  at: u32 = 0;
  before: u32 = 0;

  get address(): usize {
    return this.buffer!.at + this.at;
  }
  put(): void {
    this.buffer!.put();
    this.buffer = null;
  }
}

/** The number of blocks of a directory; its size is a multiple of theirs, or it is damaged. */
export function directoryBlocks(record: InodeRecord): i32 {
  const size = sizeOf(record);
  if (size % record.volume.blockBytes == 0 && size / record.volume.blockBytes <= 0xffff)
    return <i32>(size / record.volume.blockBytes);
  return record.volume.damaged('directory', record.number, 'its size is impossible');
}

/** A block of a directory, held, with all its entries checked; null: -EIO. */
export function directoryBlock(record: InodeRecord, index: u32): Buffer | null {
  const volume = record.volume;
  const found = findBlock(record, index, false);
  if (found < 0) return null;
  if (found == 0) {
    volume.damaged('directory', record.number, 'it has a hole');
    return null;
  }
  const buffer = volume.cache!.get(found);
  if (buffer == null || isSound(record, buffer.at)) return buffer;
  buffer.put();
  volume.damaged('directory', record.number, 'an entry is damaged');
  return null;
}

function isSound(record: InodeRecord, block: usize): bool {
  const bytes = record.volume.blockBytes;
  let at: u32 = 0;
  while (at < bytes) {
    if (at + dir_entry.name > bytes) return false;
    const length = <u32>load<u16>(block + at + dir_entry.rec_len);
    const name = load<u8>(block + at + dir_entry.name_len);
    if (length < dir_entry.name || (length & 3) != 0 || at + length > bytes) return false;
    const number = load<u32>(block + at);
    if (number != 0 && (entryBytes(name) > length || name == 0 || number > record.volume.inodes))
      return false;
    at += length;
  }
  return true;
}

/** Looks a name up: 1 and its place, held; 0: it is not there; or -EIO. */
export function findEntry(record: InodeRecord, name: usize, length: i32, place: Place): i32 {
  const blocks = directoryBlocks(record);
  for (let index = 0; index < blocks; index++) {
    const buffer = directoryBlock(record, index);
    if (buffer == null) return -EIO;
    let before: u32 = 0;
    for (
      let at: u32 = 0;
      at < record.volume.blockBytes;
      at += load<u16>(buffer.at + at + dir_entry.rec_len)
    ) {
      const entry = buffer.at + at;
      const known = load<u8>(entry + dir_entry.name_len);
      if (load<u32>(entry) != 0 && equal(entry + dir_entry.name, known, name, length)) {
        place.buffer = buffer;
        place.at = at;
        place.before = before;
        return 1;
      }
      before = at;
    }
    buffer.put();
  }
  return min(blocks, 0);
}

function putEntry(record: InodeRecord, entry: usize, number: u32, mode: u32, name: usize, length: i32): void {
  store<u32>(entry, number);
  store<u8>(entry + dir_entry.name_len, <u8>length);
  store<u8>(entry + dir_entry.file_type, record.volume.hasTypes ? typeOfMode(mode) : 0);
  memory.copy(entry + dir_entry.name, name, length);
}

/** Adds an entry; the name is not there yet. 0, -ENOSPC, -EIO. */
export function addEntry(record: InodeRecord, name: usize, length: i32, number: u32, mode: u32): i32 {
  const blocks = directoryBlocks(record);
  if (blocks < 0) return blocks;
  const needed = entryBytes(length);
  for (let index = 0; index < blocks; index++) {
    const buffer = directoryBlock(record, index);
    if (buffer == null) return -EIO;
    const entry = makeRoom(buffer, record.volume.blockBytes, needed);
    if (entry != 0) {
      putEntry(record, entry, number, mode, name, length);
      buffer.put();
      changed(record);
      return 0;
    }
    buffer.put();
  }
  return appendBlock(record, blocks, name, length, number, mode);
}

/** Finds room for an entry in a block: where it is to stand, its length set; 0: there is none. */
function makeRoom(buffer: Buffer, bytes: u32, needed: u32): usize {
  for (let at: u32 = 0; at < bytes; at += load<u16>(buffer.at + at + dir_entry.rec_len)) {
    const entry = buffer.at + at;
    const whole = <u32>load<u16>(entry + dir_entry.rec_len);
    const used: u32 = load<u32>(entry) == 0 ? 0 : entryBytes(load<u8>(entry + dir_entry.name_len));
    if (whole < used + needed) continue;
    buffer.dirty = true;
    if (used == 0) return entry;
    store<u16>(entry + dir_entry.rec_len, <u16>used);
    store<u16>(entry + used + dir_entry.rec_len, <u16>(whole - used));
    return entry + used;
  }
  return 0;
}

function appendBlock(record: InodeRecord, index: u32, name: usize, length: i32, number: u32, mode: u32): i32 {
  const volume = record.volume;
  const found = findBlock(record, index, true);
  if (found < 0) return <i32>found;
  const buffer = volume.cache!.getNew(found);
  if (buffer == null) return -EIO;
  store<u16>(buffer.at + dir_entry.rec_len, <u16>volume.blockBytes);
  putEntry(record, buffer.at, number, mode, name, length);
  buffer.put();
  setSize(record, <u64>(index + 1) * volume.blockBytes);
  changed(record);
  return 0;
}

/** Takes away the entry at a place, which is put back. */
export function removeEntry(record: InodeRecord, place: Place): void {
  const entry = place.address;
  if (place.before == place.at) store<u32>(entry, 0);
  else {
    const before = place.buffer!.at + place.before;
    store<u16>(
      before + dir_entry.rec_len,
      load<u16>(before + dir_entry.rec_len) + load<u16>(entry + dir_entry.rec_len),
    );
  }
  place.buffer!.dirty = true;
  place.put();
  changed(record);
}

/** Lets the entry at a place, which is put back, name another inode. */
export function replaceEntry(record: InodeRecord, place: Place, number: u32, mode: u32): void {
  store<u32>(place.address, number);
  store<u8>(place.address + dir_entry.file_type, record.volume.hasTypes ? typeOfMode(mode) : 0);
  place.buffer!.dirty = true;
  place.put();
  changed(record);
}

function changed(record: InodeRecord): void {
  touch(record);
  // The index, where there is one, is not kept up: without the flag nobody looks at it.
  record.set32(inode.i_flags, record.get32(inode.i_flags) & ~FLAG_INDEX);
}

/** Whether there is nothing in it but `.` and `..`: 1 or 0; or -EIO. */
export function isEmpty(record: InodeRecord): i32 {
  const blocks = directoryBlocks(record);
  for (let index = 0; index < blocks; index++) {
    const buffer = directoryBlock(record, index);
    if (buffer == null) return -EIO;
    for (
      let at: u32 = 0;
      at < record.volume.blockBytes;
      at += load<u16>(buffer.at + at + dir_entry.rec_len)
    ) {
      const entry = buffer.at + at;
      if (load<u32>(entry) == 0 || isDots(entry)) continue;
      buffer.put();
      return 0;
    }
    buffer.put();
  }
  return blocks < 0 ? blocks : 1;
}

const DOT: u8 = 0x2e;

function isDots(entry: usize): bool {
  const length = load<u8>(entry + dir_entry.name_len);
  if (length > 2 || load<u8>(entry + dir_entry.name) != DOT) return false;
  return length == 1 || load<u8>(entry + dir_entry.name + 1) == DOT;
}

/** Makes the first block of a new directory: `.` and `..`. 0, -ENOSPC, -EIO. */
export function makeDirectory(record: InodeRecord, parent: u32): i32 {
  const failed = appendBlock(record, 0, DOTS, 1, record.number, S_IFDIR);
  return failed < 0 ? failed : addEntry(record, DOTS, 2, parent, S_IFDIR);
}

export const DOTS: usize = memory.data<u8>([DOT, DOT]);
