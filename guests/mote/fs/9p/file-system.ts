/** The tree of a 9P server: its root, and the nodes that somebody has, each of them once. */
import { EBUSY, ENOENT, ENOTDIR } from 'xen';
import { dispose } from 'kernel/memory/heap';
import { lengthOf } from '../names';
import { fail, FileSystem, Vnode } from '../vnode';
import { Client } from './client';
import { NinePNode } from './node';
import { MAGIC, QTDIR } from './protocol';
import { findTransport } from './transport';

export class NineP extends FileSystem {
  client: Client;
  private first: NinePNode | null = null;
  /** The root, which the file system holds itself. */
  private top: NinePNode | null = null;

  /** A session that has begun, and the fid of its root, where the last walk has come to. */
  constructor(client: Client, root: u32, readOnly: bool) {
    super();
    this.client = client;
    this.readOnly = readOnly;
    this.magic = MAGIC;
    this.top = this.adopt(client.qidPath, root);
  }

  get name(): string {
    return '9p';
  }
  root(): Vnode {
    return this.top!.get();
  }
  refreshRoot(): i32 {
    return this.top!.refresh();
  }
  /** Nothing is kept back. */
  sync(): i32 {
    return 0;
  }

  private adopt(ino: u64, fid: u32): NinePNode {
    const made = new NinePNode(this, ino, fid);
    made.next = this.first;
    this.first = made;
    return made;
  }

  /** What has a name in the directory that a fid means, held; null: `failure()`. */
  reach(directory: u32, name: usize, length: i32): Vnode | null {
    const fid = this.client.walk(directory, name, length);
    if (fid < 0) return fail(fid);
    const ino = this.client.qidPath;
    let node = this.known(ino);
    if (node == null) node = this.adopt(ino, fid);
    else this.client.clunk(fid);
    const failed = node.refresh();
    if (failed == 0) return node;
    node.put();
    return fail(failed);
  }

  private known(ino: u64): NinePNode | null {
    for (let each = this.first; each != null; each = each!.next)
      if (each.ino == ino) return <NinePNode>each.get();
    return null;
  }

  /** A node is gone. */
  forget(gone: NinePNode): void {
    let before: NinePNode | null = null;
    let each = this.first;
    while (each != gone) {
      before = each;
      each = each!.next;
    }
    if (before == null) this.first = gone.next;
    else before.next = gone.next;
  }

  count(): void {
    const client = this.client;
    if (client.statfs(this.top!.fid) < 0) return;
    this.blockSize = client.blockSize;
    this.blocks = client.blocks;
    this.freeBlocks = client.freeBlocks;
    this.files = client.files;
    this.freeFiles = client.freeFiles;
  }

  /** A node that goes is still being clunked when nobody has it any more. */
  busy(): bool {
    return this.first != this.top || this.top!.next != null || this.client.isBusy;
  }

  release(): void {
    this.top!.put();
    this.client.release();
    dispose(this);
  }
}

/** The tree of the server whose transport has a tag, NUL-terminated; null: `failure()`. */
export function openNineP(tag: usize, readOnly: bool): NineP | null {
  const transport = findTransport(tag, lengthOf(tag));
  if (transport == null || transport.isMounted) {
    fail(transport == null ? -ENOENT : -EBUSY);
    return null;
  }
  const client = new Client(transport);
  const root = client.attach();
  if (root < 0 || client.qidType != QTDIR) {
    client.release();
    fail(root < 0 ? root : -ENOTDIR);
    return null;
  }
  const made = new NineP(client, root, readOnly);
  const failed = made.refreshRoot();
  if (failed == 0) return made;
  made.release();
  fail(failed);
  return null;
}
