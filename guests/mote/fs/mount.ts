/** What is mounted where. The first file system is the root of the tree. */
import { EBUSY, EINVAL, ENOTDIR } from 'xen';
import { dispose } from 'kernel/memory/heap';
import { FileSystem, Vnode } from './vnode';

export class Mount {
  fileSystem: FileSystem;
  /** Its root, held; the directory it covers, held; null: the tree's root. */
  root: Vnode;
  point: Vnode | null;
  /** Where it came from and where it is, NUL-terminated, for /proc/mounts. */
  source: usize;
  path: usize;
  next: Mount | null = null;

  constructor(fileSystem: FileSystem, point: Vnode | null, source: usize, path: usize) {
    this.fileSystem = fileSystem;
    this.root = fileSystem.root();
    this.point = point;
    this.source = source;
    this.path = path;
  }
}

/** Of a root that is not in use: by its file system, by the mount, and by who unmounts it. */
const HOLDS: i32 = 3;

let first: Mount | null = null;

/** All mounts, the latest first. */
export function mounts(): Mount | null {
  return first;
}

/**
 * Mounts a file system on a directory, whose hold it takes over where it succeeds; null: as the tree's root. `source` and
 * `path` become its own. 0, or -ENOTDIR, -EBUSY.
 */
export function mount(fileSystem: FileSystem, point: Vnode | null, source: usize, path: usize): i32 {
  if (point != null) {
    if (!point.isDirectory) return -ENOTDIR;
    if (point.covered != null) return -EBUSY;
  }
  const made = new Mount(fileSystem, point, source, path);
  if (point != null) point.covered = made.root;
  made.next = first;
  first = made;
  return 0;
}

/**
 * Takes away the file system whose root this is, and with it the caller's hold. 0, or -EINVAL for another node, -EBUSY while
 * it is in use: the hold stays.
 */
export function unmount(root: Vnode): i32 {
  let before: Mount | null = null;
  let found = first;
  while (found != null && found.root != root) {
    before = found;
    found = found.next;
  }
  if (found == null || found.point == null) return -EINVAL;
  const fileSystem = found.fileSystem;
  if (root.users > HOLDS || fileSystem.busy()) return -EBUSY;
  const failed = fileSystem.unmount();
  if (failed < 0) return failed;
  if (before == null) first = found.next;
  else before.next = found.next;
  const point = found.point!;
  point.covered = null;
  point.put();
  // The caller's hold goes too: there is no root any more.
  root.put();
  root.put();
  fileSystem.release();
  heap.free(found.source);
  heap.free(found.path);
  dispose(found);
  return 0;
}

export function rootNode(): Vnode {
  let last: Mount = first!;
  for (let next = last.next; next != null; next = last.next) last = next;
  return last.root;
}

/** For the root of a mount: the directory that it covers. */
export function parentOfMount(node: Vnode): Vnode | null {
  let each = first;
  while (each != null) {
    if (each.root == node) return each.point;
    each = each.next;
  }
  return null;
}

/** Writes everything that waits to be written. */
export function syncAll(): i32 {
  let result = 0;
  let each = first;
  while (each != null) {
    const failed = each.fileSystem.sync();
    if (failed < 0) result = failed;
    each = each.next;
  }
  return result;
}
