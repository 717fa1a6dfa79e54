/** A node of a 9P file system. It keeps a fid that means it, and, once something was read or written, one that is open. */
import { EBUSY, EINVAL, EISDIR, ENOTDIR, EPERM, EROFS, EXDEV } from 'xen';
import { dispose } from 'kernel/memory/heap';
import { SECOND, wallClock } from 'kernel/events/clock';
import { O_EXCL, O_RDONLY, O_RDWR, S_IFDIR, S_IFMT, S_IFREG } from '../../abi';
import { isDot } from '../names';
import { DirectoryEntry, fail, failure, FileSystem, Vnode } from '../vnode';
import { Client } from './client';
import { NineP } from './file-system';
import { Listing } from './listing';
import { AT_REMOVEDIR, NO_FID } from './protocol';

const PERMISSIONS: u32 = 0o7777;

export class NinePNode extends Vnode {
  private owner: NineP;
  fid: u32;
  private openFid: u32 = NO_FID;
  private listing: Listing | null = null;
  /** The mode as the server has it: permissions are changed here without a call. */
  private toldMode: u32 = 0;
  next: NinePNode | null = null;

  /** Takes over the fid. What the server knows of the node comes with `refresh`. */
  constructor(owner: NineP, ino: u64, fid: u32) {
    super();
    this.owner = owner;
    this.ino = ino;
    this.fid = fid;
  }

  private get client(): Client {
    return this.owner.client;
  }
  fileSystem(): FileSystem {
    return this.owner;
  }

  /** Asks the server how it is: 0, or a negative errno. */
  refresh(): i32 {
    this.tellMode();
    const client = this.client;
    const failed = client.getAttributes(this.fid);
    if (failed < 0) return failed;
    this.mode = client.mode;
    this.toldMode = client.mode;
    this.links = <u32>client.links;
    this.size = client.size;
    this.modified = client.modified;
    return 0;
  }

  private tellMode(): void {
    if (this.mode == this.toldMode) return;
    this.toldMode = this.mode;
    if (!this.owner.readOnly) this.client.setMode(this.fid, this.mode & PERMISSIONS);
  }

  /** Nobody has it: who looks it up from now on gets another one. */
  protected inactive(): void {
    this.owner.forget(this);
    this.tellMode();
    const listing = this.listing;
    if (listing != null) listing.release();
    if (this.openFid != NO_FID) this.client.clunk(this.openFid);
    this.client.clunk(this.fid);
    dispose(this);
  }

  /** Sees to it that there is an open fid: 0, or a negative errno. */
  private open(): i32 {
    if (this.openFid != NO_FID) return 0;
    const fid = this.client.walk(this.fid, 0, 0);
    if (fid < 0) return fid;
    const reads = this.isDirectory || this.owner.readOnly;
    const failed = this.client.openFile(fid, reads ? O_RDONLY : O_RDWR);
    // Somebody else may have been faster.
    if (failed == 0 && this.openFid == NO_FID) this.openFid = fid;
    else this.client.clunk(fid);
    return failed;
  }

  // Files.

  read(offset: u64, to: usize, bytes: usize): i32 {
    if (!this.isRegular) return this.isDirectory ? -EISDIR : -EINVAL;
    const failed = this.open();
    if (failed < 0) return failed;
    let done: usize = 0;
    while (done < bytes) {
      const wanted = min(<u32>(bytes - done), this.client.payload);
      const got = this.client.read(this.openFid, offset + done, to + done, wanted);
      if (got < 0) return done > 0 ? <i32>done : got;
      done += got;
      // Less than asked for is the end, unless the file is known to go on.
      if (got == 0 || (<u32>got < wanted && offset + done >= this.size)) break;
    }
    return <i32>done;
  }

  write(offset: u64, from: usize, bytes: usize): i32 {
    if (!this.isRegular) return this.isDirectory ? -EISDIR : -EINVAL;
    if (this.owner.readOnly) return -EROFS;
    const failed = this.open();
    if (failed < 0) return failed;
    let done: usize = 0;
    while (done < bytes) {
      const part = min(<u32>(bytes - done), this.client.payload);
      const put = this.client.write(this.openFid, offset + done, from + done, part);
      if (put < 0 && done == 0) return put;
      if (put <= 0) break;
      done += put;
    }
    this.size = max(this.size, offset + done);
    this.modified = wallClock() / SECOND;
    return <i32>done;
  }

  truncate(size: u64): i32 {
    if (this.isDirectory) return -EISDIR;
    if (this.owner.readOnly) return -EROFS;
    const failed = this.client.setSize(this.fid, size);
    return failed < 0 ? failed : this.refresh();
  }

  readLink(to: usize, bytes: usize): i32 {
    return this.isLink ? this.client.readLink(this.fid, to, bytes) : -EINVAL;
  }

  sync(): i32 {
    return this.openFid == NO_FID || this.isDirectory ? 0 : this.client.sync(this.openFid);
  }

  // Directories.

  lookup(name: usize, length: i32): Vnode | null {
    if (!this.isDirectory) return fail(-ENOTDIR);
    return isDot(name, length) ? this.get() : this.owner.reach(this.fid, name, length);
  }

  create(name: usize, length: i32, mode: u32, device: u32): Vnode | null {
    if (!this.isDirectory) return fail(-ENOTDIR);
    if (this.owner.readOnly) return fail(-EROFS);
    const type = mode & S_IFMT;
    if (type == S_IFREG) return this.createFile(name, length, mode & PERMISSIONS);
    // The server has no devices.
    if (type != S_IFDIR) return fail(-EPERM);
    const failed = this.client.createDirectory(this.fid, name, length, mode & PERMISSIONS);
    return failed < 0 ? fail(failed) : this.owner.reach(this.fid, name, length);
  }

  private createFile(name: usize, length: i32, mode: u32): Vnode | null {
    const fid = this.client.walk(this.fid, 0, 0);
    if (fid < 0) return fail(fid);
    const failed = this.client.createFile(fid, name, length, O_RDWR | O_EXCL, mode);
    const made = failed < 0 ? fail(failed) : this.owner.reach(this.fid, name, length);
    // The new file's node keeps the fid, which is open.
    if (made == null || !(<NinePNode>made).keep(fid)) this.client.clunk(fid);
    return made;
  }

  /** Takes over an open fid, unless there is one. */
  private keep(fid: u32): bool {
    if (this.openFid != NO_FID) return false;
    this.openFid = fid;
    return true;
  }

  symlink(name: usize, length: i32, target: usize, targetLength: i32): i32 {
    if (this.owner.readOnly) return -EROFS;
    return this.client.createLink(this.fid, name, length, target, targetLength);
  }

  link(name: usize, length: i32, node: Vnode): i32 {
    if (node.fileSystem() != this.owner) return -EXDEV;
    if (this.owner.readOnly) return -EROFS;
    const other = <NinePNode>node;
    const failed = this.client.link(this.fid, other.fid, name, length);
    return failed < 0 ? failed : other.refresh();
  }

  remove(name: usize, length: i32, directory: bool): i32 {
    if (this.owner.readOnly) return -EROFS;
    if (!directory) return this.client.unlink(this.fid, name, length, 0);
    const node = this.lookup(name, length);
    if (node == null) return failure();
    const isCovered = node.covered != null;
    node.put();
    return isCovered ? -EBUSY : this.client.unlink(this.fid, name, length, AT_REMOVEDIR);
  }

  rename(name: usize, length: i32, to: Vnode, newName: usize, newLength: i32): i32 {
    if (to.fileSystem() != this.owner) return -EXDEV;
    if (this.owner.readOnly) return -EROFS;
    return this.client.rename(this.fid, name, length, (<NinePNode>to).fid, newName, newLength);
  }

  entryAt(place: u64, entry: DirectoryEntry): i32 {
    if (!this.isDirectory) return -ENOTDIR;
    const failed = this.open();
    if (failed < 0) return failed;
    let listing = this.listing;
    if (listing == null) {
      listing = new Listing(this.client, this.openFid);
      this.listing = listing;
    }
    return listing.entryAt(place, entry);
  }
}
