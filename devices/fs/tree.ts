/**
 * A file tree in memory, with a limit to what it holds: directories, files and symbolic links. Operations answer with what
 * they were asked for, or with a Linux error number. Permissions are kept and told, not enforced: who mounts the tree does
 * that.
 */
import * as errno from './errno.ts';
import type { Creation, DirectoryNode, FileNode, LinkNode, Node, Timestamp } from './node.ts';

const NAME_BYTES = 255;
/** Of a symbolic link: Linux's PATH_MAX without the final zero. */
const TARGET_BYTES = 4095;
const LEAST_CAPACITY = 512;

export interface TreeOptions {
  /** Bytes of all files, and how many names. */
  readonly limitBytes: number;
  readonly limitNames: number;
}

export const DEFAULT_LIMITS: TreeOptions = { limitBytes: 1 << 28, limitNames: 65_536 };

const BEGINNING: Timestamp = { seconds: 0, ns: 0 };

/** 0, or why a name cannot be given to anything. */
export function checkName(name: string): number {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) return errno.EINVAL;
  return new TextEncoder().encode(name).length > NAME_BYTES ? errno.ENAMETOOLONG : errno.OK;
}

export class FileTree {
  readonly options: TreeOptions;
  readonly root: DirectoryNode;
  usedBytes = 0;
  names = 0;
  private nextIno = 1;

  constructor(options: TreeOptions = DEFAULT_LIMITS) {
    this.options = options;
    const attributes = this.attributes({ mode: 0o755, uid: 0, gid: 0, now: BEGINNING });
    const root = { ...attributes, kind: 'directory' as const, entries: new Map(), nextCookie: 0, links: 1 };
    // Its own parent: what is made here is a DirectoryNode from the next line on.
    this.root = root as unknown as DirectoryNode;
    this.root.parent = this.root;
  }

  private attributes({ mode, uid, gid, now }: Creation): Omit<LinkNode, 'kind' | 'target'> {
    const ino = this.nextIno++;
    const times = { accessed: now, modified: now, changed: now };
    return { ino, mode: mode & 0o7777, uid, gid, ...times, version: 0, links: 0, holders: 0 };
  }

  createFile(parent: DirectoryNode, name: string, creation: Creation): FileNode | number {
    const error = this.mayAdd(parent, name);
    if (error !== errno.OK) return error;
    const node: FileNode = {
      ...this.attributes(creation),
      kind: 'file',
      data: new Uint8Array(0),
      size: 0,
    };
    return this.made(parent, name, node, creation.now);
  }

  createDirectory(parent: DirectoryNode, name: string, creation: Creation): DirectoryNode | number {
    const error = this.mayAdd(parent, name);
    if (error !== errno.OK) return error;
    const kind = 'directory';
    const node: DirectoryNode = {
      ...this.attributes(creation),
      kind,
      parent,
      entries: new Map(),
      nextCookie: 0,
    };
    return this.made(parent, name, node, creation.now);
  }

  createLink(parent: DirectoryNode, name: string, target: string, creation: Creation): LinkNode | number {
    if (new TextEncoder().encode(target).length > TARGET_BYTES) return errno.ENAMETOOLONG;
    const error = this.mayAdd(parent, name);
    if (error !== errno.OK) return error;
    return this.made(parent, name, { ...this.attributes(creation), kind: 'link', target }, creation.now);
  }

  private mayAdd(parent: DirectoryNode, name: string): number {
    // A directory that was removed may still be held, but takes nothing any more.
    if (parent.links === 0) return errno.ENOENT;
    if (parent.entries.has(name)) return errno.EEXIST;
    return this.names >= this.options.limitNames ? errno.ENOSPC : checkName(name);
  }

  private made<T extends Node>(parent: DirectoryNode, name: string, node: T, now: Timestamp): T {
    this.enter(parent, name, node, now);
    return node;
  }

  private enter(parent: DirectoryNode, name: string, node: Node, now: Timestamp): void {
    this.names++;
    parent.entries.set(name, { cookie: ++parent.nextCookie, node });
    node.links++;
    touch(parent, now);
  }

  private leave(parent: DirectoryNode, name: string, node: Node, now: Timestamp): void {
    this.names--;
    parent.entries.delete(name);
    node.links--;
    node.changed = now;
    touch(parent, now);
    this.reclaim(node);
  }

  /** Another name for a file. */
  link(parent: DirectoryNode, name: string, node: Node, now: Timestamp): number {
    if (node.kind === 'directory') return errno.EPERM;
    if (node.links === 0) return errno.ENOENT;
    const error = this.mayAdd(parent, name);
    if (error === errno.OK) this.enter(parent, name, node, now);
    return error;
  }

  /** Removes a name: of a directory, which must be empty, or of anything else. */
  unlink(parent: DirectoryNode, name: string, directory: boolean, now: Timestamp): number {
    const node = parent.entries.get(name)?.node;
    if (node === undefined) return errno.ENOENT;
    if (directory !== (node.kind === 'directory')) return directory ? errno.ENOTDIR : errno.EISDIR;
    if (node.kind === 'directory' && node.entries.size > 0) return errno.ENOTEMPTY;
    this.leave(parent, name, node, now);
    return errno.OK;
  }

  /** As rename(2): what has the new name gives way, if it is of the same kind and no directory with something in it. */
  rename(from: DirectoryNode, name: string, to: DirectoryNode, newName: string, now: Timestamp): number {
    const node = from.entries.get(name)?.node;
    if (node === undefined || to.links === 0) return errno.ENOENT;
    const error = checkName(newName);
    if (error !== errno.OK) return error;
    const there = to.entries.get(newName)?.node;
    if (there === node) return errno.OK;
    if (node.kind === 'directory' && isInside(to, node)) return errno.EINVAL;
    if (there !== undefined) {
      const removed = this.unlink(to, newName, node.kind === 'directory', now);
      if (removed !== errno.OK) return removed;
    }
    this.enter(to, newName, node, now);
    this.leave(from, name, node, now);
    if (node.kind === 'directory') node.parent = to;
    return errno.OK;
  }

  /** Someone keeps a node, or no longer does. */
  hold(node: Node): void {
    node.holders++;
  }
  release(node: Node): void {
    node.holders--;
    this.reclaim(node);
  }

  private reclaim(node: Node): void {
    if (node.links > 0 || node.holders > 0) return;
    if (node.kind === 'file') this.usedBytes -= node.size;
  }

  /** Up to `count` bytes. */
  read(node: FileNode, offset: number, count: number): Uint8Array {
    return node.data.subarray(Math.min(offset, node.size), Math.min(offset + count, node.size));
  }

  write(node: FileNode, offset: number, bytes: Uint8Array, now: Timestamp): number {
    if (bytes.length === 0) return errno.OK;
    const end = offset + bytes.length;
    const error = end > node.size ? this.resize(node, end, now) : errno.OK;
    if (error !== errno.OK) return error;
    node.data.set(bytes, offset);
    touch(node, now);
    return errno.OK;
  }

  /** Cuts a file, or lets it end in zeroes. */
  resize(node: FileNode, size: number, now: Timestamp): number {
    const used = this.usedBytes - node.size + size;
    if (size > node.size && used > this.options.limitBytes) return errno.ENOSPC;
    if (size > node.data.length) {
      const larger = new Uint8Array(
        Math.max(size, Math.min(2 * node.data.length, size + 2 ** 24), LEAST_CAPACITY),
      );
      larger.set(node.data);
      node.data = larger;
    } else if (size < node.size && size < node.data.length / 2) node.data = node.data.slice(0, size);
    else node.data.fill(0, size, node.size);
    this.usedBytes = used;
    node.size = size;
    touch(node, now);
    return errno.OK;
  }

  /** For who owns the tree: puts a file at a path, with the directories it needs. Gives an error number. */
  put(path: string, bytes: Uint8Array, mode = 0o644): number {
    const parts = path.split('/').filter((part) => part !== '');
    const name = parts.pop() ?? '';
    const creation = { mode: 0o755, uid: 0, gid: 0, now: BEGINNING };
    let parent = this.root;
    for (const part of parts) {
      const next = parent.entries.get(part)?.node ?? this.createDirectory(parent, part, creation);
      if (typeof next === 'number') return next;
      if (next.kind !== 'directory') return errno.ENOTDIR;
      parent = next;
    }
    const file = parent.entries.get(name)?.node ?? this.createFile(parent, name, { ...creation, mode });
    if (typeof file === 'number') return file;
    if (file.kind !== 'file') return errno.EISDIR;
    const cut = this.resize(file, 0, BEGINNING);
    return cut === errno.OK ? this.write(file, 0, bytes, BEGINNING) : cut;
  }

  /** The node at a path, links not followed; null when there is none. */
  find(path: string): Node | null {
    let node: Node = this.root;
    for (const part of path.split('/').filter((name) => name !== '')) {
      const next: Node | undefined = node.kind === 'directory' ? node.entries.get(part)?.node : undefined;
      if (next === undefined) return null;
      node = next;
    }
    return node;
  }
}

function touch(node: Node, now: Timestamp): void {
  node.modified = now;
  node.changed = now;
  node.version = (node.version + 1) >>> 0;
}

/** Whether a directory is another one, or below it. */
function isInside(directory: DirectoryNode, other: DirectoryNode): boolean {
  for (let at = directory; ; at = at.parent) {
    if (at === other) return true;
    if (at.parent === at) return false;
  }
}
