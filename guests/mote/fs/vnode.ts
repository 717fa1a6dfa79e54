/**
 * A node of the file system tree: a file, a directory, a device, a link. Each file system has classes of its own; what one
 * cannot do stays as it is here, an error.
 *
 * Calls give 0 or a number, or a negative errno. Those that give a node give null for a failure, which `failure()` names.
 * A node is counted by who holds it: `get` and `put`. Names are bytes and their count, not NUL-terminated.
 */
import { EINVAL, EISDIR, ENOENT, ENOTDIR, EROFS } from 'xen';
import { ENOTTY, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../abi';

let failed: i32 = 0;

/** Notes why there is no node. */
export function fail(errno: i32): Vnode | null {
  failed = errno;
  return null;
}

/** The errno, negative, of the call that last gave null. */
export function failure(): i32 {
  return failed;
}

/** What a directory tells of an entry. */
export class DirectoryEntry {
  ino: u64 = 0;
  /** S_IFMT bits of the mode. */
  mode: u32 = 0;
  /** The name's bytes, wherever the file system has them, until anything else is called. */
  name: usize = 0;
  length: i32 = 0;
  /** Where to go on. */
  next: u64 = 0;
}

export abstract class Vnode {
  users: i32 = 1;
  ino: u64 = 0;
  /** S_IF*, and the permissions that nobody checks: Mote has one user. */
  mode: u32 = 0;
  links: u32 = 1;
  size: u64 = 0;
  /** Seconds since 1970. */
  modified: u64 = 0;
  /** Major << 8 | minor, of a device. */
  device: u32 = 0;
  /** The root of the file system that is mounted here. */
  covered: Vnode | null = null;

  get type(): u32 {
    return this.mode & S_IFMT;
  }
  get isDirectory(): bool {
    return this.type == S_IFDIR;
  }
  get isLink(): bool {
    return this.type == S_IFLNK;
  }
  get isRegular(): bool {
    return this.type == S_IFREG;
  }

  get(): this {
    this.users++;
    return this;
  }

  put(): void {
    assert(this.users > 0, 'a node is put back once too often');
    if (--this.users == 0) this.inactive();
  }

  /** Nobody holds it any more. */
  protected abstract inactive(): void;
  /** The file system it belongs to. */
  abstract fileSystem(): FileSystem;

  /** Reads from a file: bytes, 0 behind its end. */
  read(offset: u64, to: usize, bytes: usize): i32 {
    return this.isDirectory ? -EISDIR : -EINVAL;
  }
  write(offset: u64, from: usize, bytes: usize): i32 {
    return this.isDirectory ? -EISDIR : -EROFS;
  }
  truncate(size: u64): i32 {
    return this.isDirectory ? -EISDIR : -EROFS;
  }
  /** Where a link leads: bytes. */
  readLink(to: usize, bytes: usize): i32 {
    return -EINVAL;
  }

  /** An entry of a directory; the caller holds what it gets. */
  lookup(name: usize, length: i32): Vnode | null {
    return fail(this.isDirectory ? -ENOENT : -ENOTDIR);
  }
  /** Makes an entry of a mode (file, directory, device); the caller holds the node. */
  create(name: usize, length: i32, mode: u32, device: u32): Vnode | null {
    return fail(-EROFS);
  }
  symlink(name: usize, length: i32, target: usize, targetLength: i32): i32 {
    return -EROFS;
  }
  link(name: usize, length: i32, node: Vnode): i32 {
    return -EROFS;
  }
  /** Takes away an entry: of a directory, which must be empty, where `directory`, of anything else where not. */
  remove(name: usize, length: i32, directory: bool): i32 {
    return -EROFS;
  }
  /** Moves an entry to another directory of the same file system, in place of what is there. */
  rename(name: usize, length: i32, to: Vnode, newName: usize, newLength: i32): i32 {
    return -EROFS;
  }
  /** The entry at a place: 0 is the first, `next` of an entry the one behind it. 1; 0 at the end; or an error. */
  entryAt(place: u64, entry: DirectoryEntry): i32 {
    return -ENOTDIR;
  }
  /** What the node wrote is safe. */
  sync(): i32 {
    return 0;
  }
  /** A device's own ways. */
  control(request: i32, argument: u64): i32 {
    return -ENOTTY;
  }
}

let made: u32 = 0;

export abstract class FileSystem {
  /** Which one it is (st_dev): files with the same number of the same file system are the same. */
  readonly number: u32 = ++made;
  /** As `mount` names it. */
  abstract get name(): string;
  /** The root; the caller holds it, and so, once, does the file system itself until it is released. */
  abstract root(): Vnode;
  abstract sync(): i32;
  /** f_type of statfs. */
  magic: u64 = 0;
  /** Block size, blocks, free blocks. */
  blockSize: u64 = 4096;
  blocks: u64 = 0;
  freeBlocks: u64 = 0;
  /** Files that there may be, and may still be; 0: no matter. */
  files: u64 = 0;
  freeFiles: u64 = 0;
  readOnly: bool = false;
  /** Brings the numbers up to date. */
  count(): void {}
  /** Nothing of it is in use any more. */
  unmount(): i32 {
    return this.sync();
  }
  /** Whether somebody holds one of its nodes, but for the root. */
  abstract busy(): bool;
  /** It is gone: gives everything back. */
  abstract release(): void;
}
