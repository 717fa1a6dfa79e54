/** Inodes come and go, whole or not at all: each with its record held, so that its map and what it says never disagree. */
import { S_IFDIR, S_IFMT } from '../../abi';
import { freeInode } from './allocation';
import { freeFrom } from './blocks';
import { setSize, touch } from './data';
import { addEntry, makeDirectory } from './directory';
import { inode } from './format';
import { InodeRecord } from './record';
import { seconds } from './volume';

/** Writes what an inode that was just taken is, and its entry in a directory. 0; or an error, and it is given back. */
export function makeInode(
  directory: InodeRecord,
  record: InodeRecord,
  name: usize,
  length: i32,
  mode: u32,
  device: u32,
): i32 {
  let failed = record.hold();
  if (failed == 0) failed = fill(directory, record, name, length, mode, device);
  if (failed < 0) unmake(record, (mode & S_IFMT) == S_IFDIR);
  record.letGo();
  return failed;
}

function fill(
  directory: InodeRecord,
  record: InodeRecord,
  name: usize,
  length: i32,
  mode: u32,
  device: u32,
): i32 {
  const isDirectory = (mode & S_IFMT) == S_IFDIR;
  record.clear();
  record.set16(inode.i_mode, mode);
  record.set16(inode.i_links_count, isDirectory ? 2 : 1);
  record.set32(inode.i_atime, seconds());
  touch(record);
  if (device != 0) store<u32>(record.blocksAt, device);
  let failed = isDirectory ? makeDirectory(record, directory.number) : 0;
  if (failed == 0) failed = addEntry(directory, name, length, record.number, mode);
  if (failed < 0) return failed;
  if (isDirectory) directory.set16(inode.i_links_count, directory.get16(inode.i_links_count) + 1);
  return record.write();
}

/** Nothing is left of what could not be made. */
function unmake(record: InodeRecord, isDirectory: bool): void {
  let failed = record.get32(inode.i_blocks) > 0 ? freeFrom(record, 0) : 0;
  if (failed == 0) failed = freeInode(record.volume, record.number, isDirectory);
  if (failed < 0) record.volume.damaged('inode', record.number, 'it cannot be given back');
  record.set16(inode.i_links_count, 0);
  record.set32(inode.i_dtime, seconds());
  setSize(record, 0);
  record.write();
}

/** An inode without a name goes, with all its blocks. 0, or -EIO: some of it is there still. */
export function eraseInode(record: InodeRecord): i32 {
  const isDirectory = (record.get16(inode.i_mode) & S_IFMT) == S_IFDIR;
  let failed = record.hold();
  if (failed < 0) return failed;
  // A short link's text is no list of blocks.
  if (record.get32(inode.i_blocks) > 0) failed = freeFrom(record, 0);
  if (failed == 0) failed = freeInode(record.volume, record.number, isDirectory);
  if (failed == 0) {
    setSize(record, 0);
    record.set32(inode.i_dtime, seconds());
  }
  record.write();
  record.letGo();
  return failed;
}
