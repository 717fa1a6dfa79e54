/** A program's file, as exec reads it and as its regions keep it. */
import { EACCES } from 'xen';
import { fail, failure, Vnode } from './fs/vnode';
import { resolve } from './fs/path';
import { Backing } from './region';
import { dispose } from 'kernel/memory/heap';

class NodeBacking extends Backing {
  private node: Vnode;

  constructor(node: Vnode) {
    super();
    this.node = node;
  }
  read(offset: u64, to: usize, bytes: usize): i32 {
    return this.node.read(offset, to, bytes);
  }
  close(): void {
    this.node.put();
    dispose(this);
  }
}

/** Opens the program at a path (NUL-terminated, the kernel's); null: `failure()`. */
export function openImage(path: usize): Backing | null {
  const node = resolve(path, true);
  if (node == null) return null;
  if (node.isRegular) return new NodeBacking(node);
  node.put();
  fail(-EACCES);
  return null;
}

export { failure };
