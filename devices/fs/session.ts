/** What one client of a file tree has: its fids (Plan 9's intro(5)), and the length of message agreed on. */
import * as errno from './errno.ts';
import type { Node, Timestamp } from './node.ts';
import type { FileTree } from './tree.ts';

/** A client keeps one for every file that it remembers. */
const FIDS = 65_536;

/** The longest message: what a client may choose at most, and at least. */
export const MOST_BYTES = 1 << 19;
export const LEAST_BYTES = 4096;

export interface Fid {
  node: Node;
  readonly uid: number;
  /** The access mode and flags it was opened with; null while it is not open. */
  flags: number | null;
}

export class Session {
  readonly tree: FileTree;
  messageBytes = MOST_BYTES;
  /** The wall clock, at the message that is being answered. */
  now: Timestamp = { seconds: 0, ns: 0 };
  private readonly fids = new Map<number, Fid>();

  constructor(tree: FileTree) {
    this.tree = tree;
  }

  fid(number: number): Fid | null {
    return this.fids.get(number) ?? null;
  }

  /** Gives a number to a node. */
  assign(number: number, node: Node, uid: number): number {
    if (this.fids.has(number)) return errno.EBADF;
    if (this.fids.size >= FIDS) return errno.EMFILE;
    this.tree.hold(node);
    this.fids.set(number, { node, uid, flags: null });
    return errno.OK;
  }

  /** Lets a fid mean another node. */
  move(fid: Fid, node: Node): void {
    this.tree.hold(node);
    this.tree.release(fid.node);
    fid.node = node;
  }

  clunk(number: number): boolean {
    const fid = this.fids.get(number);
    if (fid === undefined) return false;
    this.fids.delete(number);
    this.tree.release(fid.node);
    return true;
  }

  /** A session begins: nothing is open. */
  begin(messageBytes: number): void {
    for (const number of [...this.fids.keys()]) this.clunk(number);
    this.messageBytes = messageBytes;
  }
}
