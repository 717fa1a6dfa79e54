/**
 * An open file: what a descriptor stands for. Shared by descriptors (dup) and processes (fork), which count as its users.
 * Bytes go to and from the kernel's memory; the system calls copy.
 */
import { EINVAL } from 'xen';
import { dispose } from 'kernel/memory/heap';
import {
  ENOTTY,
  ESPIPE,
  O_ACCMODE,
  O_APPEND,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
  POLLIN,
  POLLOUT,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
} from '../abi';
import { Vnode } from './vnode';

export abstract class File {
  users: i32 = 1;
  /** O_*. */
  flags: i32;

  constructor(flags: i32) {
    this.flags = flags;
  }

  get mayRead(): bool {
    return (this.flags & O_ACCMODE) != O_WRONLY;
  }
  get mayWrite(): bool {
    return (this.flags & O_ACCMODE) != O_RDONLY;
  }
  /** Whether it may sleep for what it is asked. */
  get mayWait(): bool {
    return (this.flags & O_NONBLOCK) == 0;
  }

  get(): this {
    this.users++;
    return this;
  }
  put(): void {
    if (--this.users > 0) return;
    this.close();
    dispose(this);
  }

  /** Bytes read; 0: the end. */
  abstract read(to: usize, bytes: usize): i32;
  /** Bytes written. */
  abstract write(from: usize, bytes: usize): i32;
  /** The last user is gone. */
  protected abstract close(): void;

  /** Whether much goes through it at once, so that it is worth a longer buffer. */
  get isLong(): bool {
    const node = this.node();
    return node != null && node.isRegular;
  }

  /** What stands behind it in the tree, for fstat; null: nothing. */
  node(): Vnode | null {
    return null;
  }
  seek(offset: i64, whence: i32): i64 {
    return -ESPIPE;
  }
  control(request: i32, argument: u64): i32 {
    return -ENOTTY;
  }
  /** What can be done at once: POLL*. */
  poll(): i32 {
    return POLLIN | POLLOUT;
  }
}

/** A file or directory of the tree, with a place in it. */
export class VnodeFile extends File {
  private vnode: Vnode;
  offset: u64 = 0;

  /** Takes over the caller's hold of the node. */
  constructor(vnode: Vnode, flags: i32) {
    super(flags);
    this.vnode = vnode;
  }

  node(): Vnode | null {
    return this.vnode;
  }

  read(to: usize, bytes: usize): i32 {
    const got = this.vnode.read(this.offset, to, bytes);
    if (got > 0) this.offset += got;
    return got;
  }

  write(from: usize, bytes: usize): i32 {
    if (this.flags & O_APPEND) this.offset = this.vnode.size;
    const put = this.vnode.write(this.offset, from, bytes);
    if (put > 0) this.offset += put;
    return put;
  }

  seek(offset: i64, whence: i32): i64 {
    let from: i64 = 0;
    if (whence == SEEK_CUR) from = this.offset;
    else if (whence == SEEK_END) from = this.vnode.size;
    else if (whence != SEEK_SET) return -EINVAL;
    if (from + offset < 0) return -EINVAL;
    this.offset = from + offset;
    return this.offset;
  }

  control(request: i32, argument: u64): i32 {
    return this.vnode.control(request, argument);
  }

  protected close(): void {
    this.vnode.put();
  }
}
