/** System calls on the tree: open, stat, directories, links, names. */
import { EBADF, EEXIST, EFAULT, EINVAL, EISDIR, ENOTDIR } from 'xen';
import { alloc, dispose, free } from 'kernel/memory/heap';
import * as abi from '../abi';
import { setSyscall } from '../syscall-table';
import { copyInString, copyOut } from '../user-memory';
import { currentRoot, descriptors } from './descriptors';
import { openNode } from './devices';
import { VnodeFile } from './file';
import { parentOfMount, syncAll } from './mount';
import { lengthOf } from './names';
import { lastLength, lastName, resolve, resolveParent } from './path';
import { DirectoryEntry, failure, Vnode } from './vnode';

export function initTreeCalls(): void {
  setSyscall(abi.SYS_open, open);
  setSyscall(abi.SYS_stat, (path: u64, to: u64, c: u64, d: u64, e: u64, f: u64): i64 =>
    statPath(path, to, true),
  );
  setSyscall(abi.SYS_lstat, (path: u64, to: u64, c: u64, d: u64, e: u64, f: u64): i64 =>
    statPath(path, to, false),
  );
  setSyscall(abi.SYS_fstat, fstat);
  setSyscall(abi.SYS_access, access);
  setSyscall(abi.SYS_truncate, truncate);
  setSyscall(abi.SYS_chdir, (path: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 => enter(path, false));
  setSyscall(abi.SYS_chroot, (path: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 => enter(path, true));
  setSyscall(abi.SYS_getcwd, getcwd);
  setSyscall(abi.SYS_getdents64, getdents);
  setSyscall(abi.SYS_mkdir, (path: u64, mode: u64, c: u64, d: u64, e: u64, f: u64): i64 =>
    make(path, abi.S_IFDIR | ((<u32>mode) & 0o7777), 0),
  );
  setSyscall(abi.SYS_mknod, (path: u64, mode: u64, device: u64, d: u64, e: u64, f: u64): i64 =>
    make(path, <u32>mode, <u32>device),
  );
  setSyscall(abi.SYS_unlink, (path: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 => remove(path, false));
  setSyscall(abi.SYS_rmdir, (path: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 => remove(path, true));
  setSyscall(abi.SYS_rename, rename);
  setSyscall(abi.SYS_link, link);
  setSyscall(abi.SYS_symlink, symlink);
  setSyscall(abi.SYS_readlink, readlink);
  setSyscall(abi.SYS_chmod, chmod);
  setSyscall(abi.SYS_sync, (a: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 => syncAll());
}

/** A path of the process's in the kernel's memory, to be freed; 0: `pathError` says why. */
export function takePath(from: u64): usize {
  const path = alloc(abi.PATH_MAX);
  pathError = copyInString(path, from, abi.PATH_MAX);
  if (pathError >= 0) return path;
  free(path);
  return 0;
}
export let pathError: i32 = 0;

/** The node at a path of the process's, held; null: `failure()` or, for a bad address, `pathError`. */
function nodeAt(from: u64, follow: bool): Vnode | null {
  const path = takePath(from);
  if (path == 0) return null;
  const node = resolve(path, follow);
  free(path);
  if (node == null) pathError = failure();
  return node;
}

function open(from: u64, flags: u64, mode: u64, d: u64, e: u64, f: u64): i64 {
  const path = takePath(from);
  if (path == 0) return pathError;
  const node = openPath(path, <i32>flags, <u32>mode);
  free(path);
  if (node == null) return failure();
  const bad = checkOpen(node, <i32>flags);
  if (bad < 0) {
    node.put();
    return bad;
  }
  const file = openNode(node, (<i32>flags) & ~(abi.O_CREAT | abi.O_EXCL | abi.O_TRUNC | abi.O_CLOEXEC));
  if (file == null) return failure();
  const fd = descriptors().add(file, 0);
  if (fd >= 0) descriptors().setCloseOnExec(fd, ((<i32>flags) & abi.O_CLOEXEC) != 0);
  return fd;
}

/** Finds the node of a path, or makes it where that is asked for. */
function openPath(path: usize, flags: i32, mode: u32): Vnode | null {
  if ((flags & abi.O_CREAT) == 0) return resolve(path, true);
  const directory = resolveParent(path);
  // What has no last name (a directory by `.` or `/`) is there already.
  if (directory == null) return flags & abi.O_EXCL ? null : resolve(path, true);
  let node = directory.create(lastName, lastLength, abi.S_IFREG | (mode & 0o7777), 0);
  directory.put();
  if (node == null && failure() == -EEXIST && (flags & abi.O_EXCL) == 0) node = resolve(path, true);
  return node;
}

function checkOpen(node: Vnode, flags: i32): i32 {
  const writes = (flags & abi.O_ACCMODE) != abi.O_RDONLY;
  if (node.isDirectory && writes) return -EISDIR;
  if ((flags & abi.O_DIRECTORY) != 0 && !node.isDirectory) return -ENOTDIR;
  return (flags & abi.O_TRUNC) != 0 && node.isRegular && writes ? node.truncate(0) : 0;
}

const statBuffer: usize = memory.data(144, 8);
const BLOCK: u64 = 512;

function fillStat(node: Vnode): void {
  memory.fill(statBuffer, 0, abi.stat.SIZE);
  store<u64>(statBuffer, node.fileSystem().number, abi.stat.st_dev);
  store<u64>(statBuffer, node.ino, abi.stat.st_ino);
  store<u64>(statBuffer, node.links, abi.stat.st_nlink);
  store<u32>(statBuffer, node.mode, abi.stat.st_mode);
  store<u64>(statBuffer, node.device, abi.stat.st_rdev);
  store<u64>(statBuffer, node.size, abi.stat.st_size);
  store<u64>(statBuffer, node.fileSystem().blockSize, abi.stat.st_blksize);
  store<u64>(statBuffer, (node.size + BLOCK - 1) / BLOCK, abi.stat.st_blocks);
  store<u64>(statBuffer, node.modified, abi.stat.st_atime);
  store<u64>(statBuffer, node.modified, abi.stat.st_mtime);
  store<u64>(statBuffer, node.modified, abi.stat.st_ctime);
}

function statPath(path: u64, to: u64, follow: bool): i64 {
  const node = nodeAt(path, follow);
  if (node == null) return pathError;
  fillStat(node);
  node.put();
  return copyOut(to, statBuffer, abi.stat.SIZE);
}

function fstat(fd: u64, to: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const file = descriptors().at(<i32>fd);
  if (file == null) return -EBADF;
  const node = file.node();
  if (node != null) fillStat(node);
  else {
    memory.fill(statBuffer, 0, abi.stat.SIZE);
    store<u32>(statBuffer, abi.S_IFIFO | 0o600, abi.stat.st_mode);
  }
  return copyOut(to, statBuffer, abi.stat.SIZE);
}

function access(path: u64, mode: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const node = nodeAt(path, true);
  if (node == null) return pathError;
  node.put();
  return 0;
}

function truncate(path: u64, bytes: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const node = nodeAt(path, true);
  if (node == null) return pathError;
  const result = node.truncate(bytes);
  node.put();
  return result;
}

function chmod(path: u64, mode: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const node = nodeAt(path, true);
  if (node == null) return pathError;
  node.mode = (node.mode & abi.S_IFMT) | ((<u32>mode) & 0o7777);
  node.put();
  return 0;
}

/** A directory becomes the process's own, or its root. */
function enter(path: u64, isRoot: bool): i64 {
  const node = nodeAt(path, true);
  if (node == null) return pathError;
  if (!node.isDirectory) {
    node.put();
    return -ENOTDIR;
  }
  if (isRoot) descriptors().changeRoot(node);
  else descriptors().change(node);
  return 0;
}

function make(from: u64, mode: u32, device: u32): i64 {
  const path = takePath(from);
  if (path == 0) return pathError;
  const directory = resolveParent(path);
  let result = 0;
  if (directory == null) result = failure();
  else {
    const node = directory.create(lastName, lastLength, mode, device);
    if (node == null) result = failure();
    else node.put();
    directory.put();
  }
  free(path);
  return result;
}

function remove(from: u64, isDirectory: bool): i64 {
  const path = takePath(from);
  if (path == 0) return pathError;
  const directory = resolveParent(path);
  const result = directory == null ? failure() : directory.remove(lastName, lastLength, isDirectory);
  if (directory != null) directory.put();
  free(path);
  return result;
}

function rename(from: u64, to: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const oldPath = takePath(from);
  if (oldPath == 0) return pathError;
  const newPath = takePath(to);
  let result: i32 = pathError;
  if (newPath != 0) {
    const source = resolveParent(oldPath);
    const name = lastName;
    const length = lastLength;
    if (source == null) result = failure();
    else {
      const target = resolveParent(newPath);
      if (target == null) result = failure();
      else {
        result = source.rename(name, length, target, lastName, lastLength);
        target.put();
      }
      source.put();
    }
  }
  free(oldPath);
  free(newPath);
  return result;
}

function link(from: u64, to: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const node = nodeAt(from, true);
  if (node == null) return pathError;
  const path = takePath(to);
  let result = pathError;
  if (path != 0) {
    const directory = resolveParent(path);
    if (directory == null) result = failure();
    else {
      result = node.isDirectory ? -EISDIR : directory.link(lastName, lastLength, node);
      directory.put();
    }
    free(path);
  }
  node.put();
  return result;
}

function symlink(targetAt: u64, from: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const target = takePath(targetAt);
  if (target == 0) return pathError;
  const path = takePath(from);
  let result = pathError;
  if (path != 0) {
    const directory = resolveParent(path);
    if (directory == null) result = failure();
    else {
      result = directory.symlink(lastName, lastLength, target, lengthOf(target));
      directory.put();
    }
    free(path);
  }
  free(target);
  return result;
}

function readlink(path: u64, to: u64, bytes: u64, d: u64, e: u64, f: u64): i64 {
  const node = nodeAt(path, false);
  if (node == null) return pathError;
  const buffer = alloc(abi.PATH_MAX);
  let result = node.readLink(buffer, <usize>min(bytes, <u64>abi.PATH_MAX));
  node.put();
  if (result > 0 && copyOut(to, buffer, result) < 0) result = -EFAULT;
  free(buffer);
  return result;
}

/** Writes the names from the root down, back to front, into the end of a buffer. Where they begin; 0: too long, or gone. */
function pathOf(directory: Vnode, buffer: usize, room: usize): usize {
  const entry = new DirectoryEntry();
  let at = buffer + room - 1;
  store<u8>(at, 0);
  let node = directory.get();
  const root = currentRoot();
  while (at != 0 && node != root) {
    let here = node;
    for (let covered = parentOfMount(here); covered != null; covered = parentOfMount(here)) here = covered;
    const above = here.lookup(DOTS, 2);
    // Above the tree's own root is none: the process's is elsewhere.
    at = above == null || above == here ? 0 : prepend(above, here, entry, buffer, at);
    node.put();
    if (above == null) {
      dispose(entry);
      return 0;
    }
    node = above;
  }
  node.put();
  dispose(entry);
  if (at != 0 && load<u8>(at) == 0) store<u8>(--at, SLASH);
  return at;
}

const DOTS: usize = memory.data<u8>([0x2e, 0x2e]);
const SLASH: u8 = 0x2f;

/** Puts `/` and the name of `node` in `directory` before `at`. */
function prepend(directory: Vnode, node: Vnode, entry: DirectoryEntry, buffer: usize, at: usize): usize {
  let place: u64 = 0;
  while (directory.entryAt(place, entry) > 0) {
    place = entry.next;
    if (entry.ino != node.ino) continue;
    if (at < buffer + entry.length + 1) return 0;
    at -= entry.length;
    memory.copy(at, entry.name, entry.length);
    store<u8>(--at, SLASH);
    return at;
  }
  return 0;
}

function getcwd(to: u64, bytes: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const buffer = alloc(abi.PATH_MAX);
  const at = pathOf(descriptors().directory, buffer, abi.PATH_MAX);
  let result: i64 = at == 0 ? -EINVAL : buffer + abi.PATH_MAX - at;
  if (result > <i64>bytes) result = -EINVAL;
  if (result > 0 && copyOut(to, at, <usize>result) < 0) result = -EFAULT;
  free(buffer);
  return result;
}

const RECORD_ROOM: usize = 288;
const record: usize = memory.data(288, 8);

function getdents(fd: u64, to: u64, bytes: u64, d: u64, e: u64, f: u64): i64 {
  const file = descriptors().at(<i32>fd);
  if (file == null) return -EBADF;
  const node = file.node();
  if (node == null || !node.isDirectory) return -ENOTDIR;
  const directory = <VnodeFile>file;
  const entry = new DirectoryEntry();
  let done: i64 = 0;
  for (;;) {
    const got = node.entryAt(directory.offset, entry);
    if (got <= 0) {
      if (got < 0 && done == 0) done = got;
      break;
    }
    const length = (abi.dirent64.d_name + entry.length + 8) & ~7;
    if (length > RECORD_ROOM || done + length > <i64>bytes) {
      if (done == 0) done = -EINVAL;
      break;
    }
    fillRecord(entry, length);
    if (copyOut(to + done, record, length) < 0) {
      done = -EFAULT;
      break;
    }
    done += length;
    directory.offset = entry.next;
  }
  dispose(entry);
  return done;
}

function fillRecord(entry: DirectoryEntry, length: usize): void {
  memory.fill(record, 0, length);
  store<u64>(record, entry.ino, abi.dirent64.d_ino);
  store<u64>(record, entry.next, abi.dirent64.d_off);
  store<u16>(record, <u16>length, abi.dirent64.d_reclen);
  store<u8>(record, <u8>(entry.mode >> 12), abi.dirent64.d_type);
  memory.copy(record + abi.dirent64.d_name, entry.name, entry.length);
}
