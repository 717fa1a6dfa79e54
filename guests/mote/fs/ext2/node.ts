/** A node of an ext2 file system, as the rest of the kernel sees it: what it does, it does with the volume locked. */
import {
  EBUSY,
  EEXIST,
  EINVAL,
  EIO,
  EISDIR,
  EMLINK,
  ENOENT,
  ENOSPC,
  ENOTDIR,
  ENOTEMPTY,
  EROFS,
  EXDEV,
} from 'xen';
import { dispose } from 'kernel/memory/heap';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT } from '../../abi';
import { DirectoryEntry, fail, failure, FileSystem, Vnode } from '../vnode';
import { allocateInode } from './allocation';
import { readData, setLength, setSize, sizeOf, writeData } from './data';
import { addEntry, directoryBlock, directoryBlocks, DOTS, findEntry, isEmpty } from './directory';
import { modeOfType, Place, removeEntry, replaceEntry } from './directory';
import { Ext2 } from './file-system';
import { eraseInode, makeInode } from './inodes';
import { dir_entry, FAST_LINK, inode, ROOT_INO } from './format';
import { InodeRecord } from './record';
import { seconds, Volume } from './volume';

const MAX_LINKS: u32 = 32000;
const LINK_BYTES: u64 = 4096;

export class Ext2Node extends Vnode {
  private owner: Ext2;
  record: InodeRecord;
  next: Ext2Node | null = null;

  /** Takes over the record, which has been read. */
  constructor(owner: Ext2, record: InodeRecord) {
    super();
    this.owner = owner;
    this.record = record;
    this.ino = record.number;
    this.mode = record.get16(inode.i_mode);
    this.refresh();
    const isDevice = this.type == S_IFCHR || this.type == S_IFBLK;
    if (isDevice) this.device = load<u32>(record.blocksAt);
  }

  private get volume(): Volume {
    return this.owner.volume;
  }

  fileSystem(): FileSystem {
    return this.owner;
  }

  /** What others look at follows what the record says. */
  private refresh(): void {
    this.size = sizeOf(this.record);
    this.links = this.record.get16(inode.i_links_count);
    this.modified = this.record.get32(inode.i_mtime);
  }

  private lock(): void {
    this.volume.lock.take();
  }
  /** The end of every operation: gives its result. */
  private done(result: i32): i32 {
    this.refresh();
    this.record.write();
    this.volume.lock.give();
    return result;
  }

  /** Nobody has it open: one without a name is gone. */
  protected inactive(): void {
    this.lock();
    // Permissions may have been changed.
    if (this.mode != this.record.get16(inode.i_mode)) this.record.set16(inode.i_mode, this.mode);
    let failed = this.links == 0 && !this.volume.readOnly ? eraseInode(this.record) : 0;
    if (failed == 0) failed = this.record.write();
    // There is nobody who could be told: the volume is.
    if (failed < 0) this.volume.damaged('inode', this.record.number, 'it cannot be written or erased');
    this.owner.forget(this);
    this.volume.lock.give();
    this.record.release();
    dispose(this);
  }

  // Files.

  read(offset: u64, to: usize, bytes: usize): i32 {
    if (this.isDirectory) return -EISDIR;
    this.lock();
    return this.done(readData(this.record, offset, to, bytes));
  }
  write(offset: u64, from: usize, bytes: usize): i32 {
    if (this.isDirectory) return -EISDIR;
    if (this.volume.readOnly) return -EROFS;
    this.lock();
    return this.done(writeData(this.record, offset, from, bytes));
  }
  truncate(size: u64): i32 {
    if (this.isDirectory) return -EISDIR;
    if (this.volume.readOnly) return -EROFS;
    this.lock();
    return this.done(setLength(this.record, size));
  }
  readLink(to: usize, bytes: usize): i32 {
    if (!this.isLink) return -EINVAL;
    if (this.size > LINK_BYTES) return this.volume.damaged('link', this.record.number, 'it is too long');
    if (this.record.get32(inode.i_blocks) > 0 || this.size >= FAST_LINK) {
      this.lock();
      return this.done(readData(this.record, 0, to, bytes));
    }
    const count = min(bytes, <usize>this.size);
    memory.copy(to, this.record.blocksAt, count);
    return <i32>count;
  }
  sync(): i32 {
    return this.owner.sync();
  }

  // Directories.

  lookup(name: usize, length: i32): Vnode | null {
    if (!this.isDirectory) return fail(-ENOTDIR);
    this.lock();
    const place = new Place();
    const result = findEntry(this.record, name, length, place);
    let number: u32 = 0;
    if (result > 0) {
      number = load<u32>(place.address);
      place.put();
    }
    dispose(place);
    let node: Ext2Node | null = null;
    if (number != 0) node = this.owner.node(number);
    this.done(0);
    if (result <= 0) return fail(result == 0 ? -ENOENT : result);
    return node == null ? fail(-EIO) : node;
  }

  create(name: usize, length: i32, mode: u32, device: u32): Vnode | null {
    if (!this.isDirectory) return fail(-ENOTDIR);
    this.lock();
    const failed = this.mayAdd(name, length);
    let node: Ext2Node | null = null;
    if (failed == 0) node = this.make(name, length, mode, device);
    this.done(0);
    if (failed < 0) return fail(failed);
    return node == null ? fail(this.owner.makeFailure) : node;
  }

  /** Whether an entry may be made: 0; -EROFS, -EEXIST, -ENOENT: the directory is gone, -EIO. */
  private mayAdd(name: usize, length: i32): i32 {
    if (this.volume.readOnly) return -EROFS;
    if (this.links == 0) return -ENOENT;
    const place = new Place();
    const result = findEntry(this.record, name, length, place);
    if (result > 0) place.put();
    dispose(place);
    return result > 0 ? -EEXIST : result;
  }

  /** Makes a node and its entry; null: the owner's `makeFailure`. */
  private make(name: usize, length: i32, mode: u32, device: u32): Ext2Node | null {
    const number = allocateInode(this.volume, this.record.number, (mode & S_IFMT) == S_IFDIR);
    if (number < 0) {
      this.owner.makeFailure = <i32>number;
      return null;
    }
    const record = new InodeRecord(this.volume, <u32>number);
    const failed = makeInode(this.record, record, name, length, mode, device);
    this.owner.makeFailure = failed;
    if (failed == 0) return this.owner.adopt(record);
    record.release();
    return null;
  }

  symlink(name: usize, length: i32, target: usize, targetLength: i32): i32 {
    this.lock();
    let result = this.mayAdd(name, length);
    let node: Ext2Node | null = null;
    if (result == 0) node = this.make(name, length, S_IFLNK | 0o777, 0);
    if (result == 0 && node == null) result = this.owner.makeFailure;
    if (node != null) {
      const record = node.record;
      if (<u32>targetLength < FAST_LINK) {
        memory.copy(record.blocksAt, target, targetLength);
        setSize(record, targetLength);
      } else {
        const wrote = writeData(record, 0, target, targetLength);
        // Some of a link leads elsewhere.
        result = wrote < 0 ? wrote : wrote < targetLength ? -ENOSPC : 0;
      }
      node.refresh();
      if (result < 0) this.drop(name, length, node);
      node.put();
    }
    return this.done(result);
  }

  /** Takes back what was just made. */
  private drop(name: usize, length: i32, node: Ext2Node): void {
    if (this.takeEntry(name, length) < 0) return;
    node.record.set16(inode.i_links_count, 0);
    node.links = 0;
  }

  /** Takes an entry out: 0, or -EIO. */
  private takeEntry(name: usize, length: i32): i32 {
    const place = new Place();
    const result = findEntry(this.record, name, length, place);
    if (result > 0) removeEntry(this.record, place);
    dispose(place);
    return min(result, 0);
  }

  link(name: usize, length: i32, node: Vnode): i32 {
    if (node.fileSystem() != this.owner) return -EXDEV;
    const other = <Ext2Node>node;
    if (other.links >= MAX_LINKS) return -EMLINK;
    this.lock();
    let result = this.mayAdd(name, length);
    if (result == 0) result = addEntry(this.record, name, length, other.record.number, other.mode);
    if (result == 0) other.addLinks(1);
    return this.done(result);
  }

  private addLinks(by: i32): void {
    this.record.set16(inode.i_links_count, this.record.get16(inode.i_links_count) + by);
    this.record.set32(inode.i_ctime, seconds());
    this.record.write();
    this.refresh();
  }

  remove(name: usize, length: i32, directory: bool): i32 {
    this.lock();
    return this.done(this.volume.readOnly ? -EROFS : this.unlink(name, length, directory));
  }

  private unlink(name: usize, length: i32, directory: bool): i32 {
    const place = new Place();
    const result = findEntry(this.record, name, length, place);
    if (result <= 0) {
      dispose(place);
      return result == 0 ? -ENOENT : result;
    }
    const node = this.owner.node(load<u32>(place.address));
    const failed = node == null ? -EIO : node.mayGo(directory);
    if (failed < 0) place.put();
    else {
      removeEntry(this.record, place);
      if (directory) this.addLinks(-1);
      node!.addLinks(directory ? -(<i32>node!.links) : -1);
    }
    dispose(place);
    if (node != null) node.put();
    return failed;
  }

  /** Whether it may lose its name: as a directory, or as anything else. */
  private mayGo(directory: bool): i32 {
    if (directory && !this.isDirectory) return -ENOTDIR;
    if (!directory) return this.isDirectory ? -EISDIR : this.links == 0 ? -EIO : 0;
    if (this.record.number == ROOT_INO || this.covered != null) return -EBUSY;
    const empty = isEmpty(this.record);
    return empty < 0 ? empty : empty == 0 ? -ENOTEMPTY : 0;
  }

  rename(name: usize, length: i32, to: Vnode, newName: usize, newLength: i32): i32 {
    if (to.fileSystem() != this.owner) return -EXDEV;
    this.lock();
    const result = this.volume.readOnly ? -EROFS : this.move(name, length, <Ext2Node>to, newName, newLength);
    (<Ext2Node>to).record.write();
    return this.done(result);
  }

  private move(name: usize, length: i32, to: Ext2Node, newName: usize, newLength: i32): i32 {
    const found = this.lookup(name, length);
    if (found == null) return failure();
    const node = <Ext2Node>found;
    let result = node.isDirectory && node.isAbove(to) ? -EINVAL : 0;
    if (result == 0) result = this.clearTarget(node, to, newName, newLength);
    if (result == 0) result = addEntry(to.record, newName, newLength, node.record.number, node.mode);
    if (result == 0) {
      result = this.leave(name, length, to, node);
      // It has the new name too, and is not to have two.
      if (result < 0 && to.takeEntry(newName, newLength) < 0)
        this.volume.damaged('inode', node.record.number, 'it has two names');
    }
    node.put();
    // The same name means that it is there already, and all is done.
    return result == SAME ? 0 : result;
  }

  /** A node with a new name, in `to`, loses its old one. */
  private leave(name: usize, length: i32, to: Ext2Node, node: Ext2Node): i32 {
    const moves = node.isDirectory && to != this;
    let failed = moves ? node.setParent(to) : 0;
    if (failed < 0) return failed;
    failed = this.takeEntry(name, length);
    if (failed == 0 && moves) {
      this.addLinks(-1);
      to.addLinks(1);
    } else if (moves && node.setParent(this) < 0)
      this.volume.damaged('directory', node.record.number, 'it leads to the wrong one above');
    return failed;
  }

  /** Takes away what has the new name. 0; SAME: it is the node itself; or an error. */
  private clearTarget(node: Ext2Node, to: Ext2Node, newName: usize, newLength: i32): i32 {
    if (to.links == 0) return -ENOENT;
    const there = to.lookup(newName, newLength);
    if (there == null) return failure() == -ENOENT ? 0 : failure();
    const same = there == node;
    there.put();
    return same ? SAME : to.unlink(newName, newLength, node.isDirectory);
  }

  /** Whether it is a directory's own or lies above it. */
  private isAbove(directory: Ext2Node): bool {
    let each: Vnode = directory.get();
    // More steps than there are inodes would go in a circle.
    for (let steps: u32 = 0; steps < this.volume.inodes; steps++) {
      const number = <u32>each.ino;
      let above: Vnode | null = null;
      if (number != ROOT_INO && each != this) above = each.lookup(DOTS, 2);
      each.put();
      if (above == null) return number == this.record.number || number != ROOT_INO;
      each = above;
    }
    each.put();
    return true;
  }

  /** 0, or -EIO. */
  private setParent(parent: Ext2Node): i32 {
    const place = new Place();
    const result = findEntry(this.record, DOTS, 2, place);
    if (result > 0) replaceEntry(this.record, place, parent.record.number, S_IFDIR);
    dispose(place);
    this.record.write();
    return min(result, 0);
  }

  entryAt(offset: u64, entry: DirectoryEntry): i32 {
    if (!this.isDirectory) return -ENOTDIR;
    this.lock();
    return this.done(this.nextEntry(offset, entry));
  }

  /** The first entry at a place in bytes or behind it. */
  private nextEntry(offset: u64, entry: DirectoryEntry): i32 {
    const bytes = this.volume.blockBytes;
    const blocks = directoryBlocks(this.record);
    for (let index = offset / bytes; <i64>index < <i64>blocks; index++) {
      const buffer = directoryBlock(this.record, <u32>index);
      if (buffer == null) return -EIO;
      // From the block's beginning: an entry may have gone since.
      for (let at: u32 = 0; at < bytes;) {
        const here = buffer.at + at;
        const next = at + load<u16>(here + dir_entry.rec_len);
        if (index * bytes + at >= offset && load<u32>(here) != 0) {
          this.describe(here, entry);
          entry.next = index * bytes + next;
          buffer.put();
          return 1;
        }
        at = next;
      }
      buffer.put();
    }
    return min(blocks, 0);
  }

  private describe(from: usize, entry: DirectoryEntry): void {
    const length = load<u8>(from + dir_entry.name_len);
    memory.copy(nameBuffer, from + dir_entry.name, length);
    entry.ino = load<u32>(from);
    entry.mode = this.volume.hasTypes ? modeOfType(load<u8>(from + dir_entry.file_type)) : 0;
    entry.name = nameBuffer;
    entry.length = length;
  }
}

const nameBuffer: usize = memory.data(256);
const SAME: i32 = 1;
