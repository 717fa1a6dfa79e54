/** The store as a connection sees it: reading and writing with permissions and quotas, by itself or in a transaction. */
import { EACCES, EAGAIN, EINVAL, ENOENT, ENOSPC } from 'xen';
import { countOwned, find, namesOf, Node, parentOf, Permission, remove, replace } from './tree';

/** What a domain may have (C xenstored's defaults); domain 0 has no limits. */
const MAX_NODES: i32 = 1000;
const MAX_VALUE: i32 = 2048;
const MAX_PERMISSIONS: i32 = 5;

let generation: u64 = 1;
export let root: Node = new Node('', '', [new Permission('n', 0)], [], 0);

/** A request that changes: what a transaction does again where others have changed other things meanwhile. */
class Operation {
  constructor(
    public kind: i32,
    public path: string,
    public value: string,
    public permissions: Permission[],
  ) {}
}
const WRITE: i32 = 0;
const MAKE: i32 = 1;
const REMOVE: i32 = 2;
const PERMIT: i32 = 3;

/** Something that was done to a path, in the order it was done. */
export class Change {
  constructor(
    public path: string,
    /** The node at it was taken away, with all below. */
    public removed: Node | null,
  ) {}
}

/** Roots, what was read and written, and what is to be told to those who watch. */
export class View {
  root: Node = root;
  changes: Change[] = [];
  /** Paths that were looked at, and the generation of what was there then (0: nothing). */
  private seen: Map<string, u64> = new Map<string, u64>();
  private before: Node = root;
  private operations: Operation[] = [];

  constructor(public domid: u32) {}

  get isPrivileged(): bool {
    return this.domid == 0;
  }

  private look(path: string): Node | null {
    if (!this.seen.has(path)) {
      const was = find(this.before, path);
      this.seen.set(path, was == null ? 0 : was.generation + 1);
    }
    return find(this.root, path);
  }

  private may(node: Node, write: bool): bool {
    if (this.isPrivileged || node.owner == this.domid) return true;
    for (let n = 1; n < node.permissions.length; n++) {
      const each = node.permissions[n];
      if (each.domid == this.domid) return write ? each.mayWrite : each.mayRead;
    }
    return write ? node.permissions[0].mayWrite : node.permissions[0].mayRead;
  }

  /** What is at a path; null: `failure`. A missing node is told only to who may read where it would be. */
  failure: i32 = 0;
  read(path: string): Node | null {
    const node = this.look(path);
    if (node != null) {
      this.failure = this.may(node, false) ? 0 : -EACCES;
      return this.failure == 0 ? node : null;
    }
    this.failure = this.may(this.nearest(path), false) ? -ENOENT : -EACCES;
    return null;
  }

  /** The nearest node above a path that is not there. */
  private nearest(path: string): Node {
    let at = parentOf(path);
    while (at != '/') {
      const node = this.look(at);
      if (node != null) return node;
      at = parentOf(at);
    }
    return this.root;
  }

  /** Notes what has been done. */
  private done(kind: i32, path: string, value: string, permissions: Permission[], result: i32): i32 {
    if (result == 0) this.operations.push(new Operation(kind, path, value, permissions));
    return result;
  }

  write(path: string, value: string): i32 {
    return this.done(WRITE, path, value, [], this.writeNow(path, value));
  }
  makeDirectory(path: string): i32 {
    return this.done(MAKE, path, '', [], this.makeNow(path));
  }
  remove(path: string): i32 {
    return this.done(REMOVE, path, '', [], this.removeNow(path));
  }
  /** Only its owner may change a node's permissions, and only domain 0 its owner. */
  setPermissions(path: string, permissions: Permission[]): i32 {
    return this.done(PERMIT, path, '', permissions, this.permitNow(path, permissions));
  }

  private writeNow(path: string, value: string): i32 {
    if (!this.isPrivileged && value.length > MAX_VALUE) return -ENOSPC;
    const node = this.look(path);
    if (node == null) return this.make(path, value);
    if (!this.may(node, true)) return -EACCES;
    return this.put(path, new Node(node.name, value, node.permissions, node.children, this.next()));
  }

  private makeNow(path: string): i32 {
    const node = this.look(path);
    if (node != null) return this.may(node, true) ? 0 : -EACCES;
    return this.make(path, '');
  }

  /** Makes a node and the parents that are missing, with the permissions of what was there. */
  private make(path: string, value: string): i32 {
    const above = this.nearest(path);
    if (!this.may(above, true)) return -EACCES;
    let at = path;
    const missing: string[] = [];
    while (at != '/' && find(this.root, at) == null) {
      missing.push(at);
      at = parentOf(at);
    }
    if (!this.isPrivileged && countOwned(this.root, this.domid) + missing.length > MAX_NODES) return -ENOSPC;
    let permissions = above.permissions;
    if (!this.isPrivileged) {
      permissions = permissions.slice(0);
      permissions[0] = new Permission(permissions[0].kind, this.domid);
    }
    for (let n = missing.length - 1; n >= 0; n--) {
      const names = namesOf(missing[n]);
      const text = n == 0 ? value : '';
      const node = new Node(names[names.length - 1], text, permissions, [], this.next());
      this.root = replace(this.root, missing[n], node, generation);
    }
    this.changes.push(new Change(path, null));
    return 0;
  }

  private put(path: string, node: Node): i32 {
    this.root = path == '/' ? node : replace(this.root, path, node, generation);
    this.changes.push(new Change(path, null));
    return 0;
  }

  private next(): u64 {
    return ++generation;
  }

  private removeNow(path: string): i32 {
    if (path == '/') return -EINVAL;
    const node = this.look(path);
    if (node == null) {
      const parent = this.look(parentOf(path));
      if (parent == null) return -ENOENT;
      return this.may(parent, true) ? 0 : -EACCES;
    }
    if (!this.may(node, true)) return -EACCES;
    this.root = remove(this.root, path, this.next());
    this.changes.push(new Change(path, node));
    return 0;
  }

  private permitNow(path: string, permissions: Permission[]): i32 {
    const node = this.look(path);
    if (node == null) return this.read(path) == null ? this.failure : -ENOENT;
    if (!this.isPrivileged && node.owner != this.domid) return -EACCES;
    if (!this.isPrivileged && permissions[0].domid != node.owner) return -EACCES;
    if (!this.isPrivileged && permissions.length > MAX_PERMISSIONS) return -ENOSPC;
    return this.put(path, new Node(node.name, node.value, permissions, node.children, this.next()));
  }

  /** Makes what was done everybody's. -EAGAIN: others have changed what this view has looked at. */
  commit(): i32 {
    if (this.operations.length == 0) return 0;
    if (root != this.before) {
      if (!this.isUndisturbed()) return -EAGAIN;
      const again = new View(this.domid);
      for (let n = 0; n < this.operations.length; n++)
        if (again.repeat(this.operations[n]) < 0) return -EAGAIN;
      this.root = again.root;
      this.changes = again.changes;
    }
    root = this.root;
    return 0;
  }

  private repeat(operation: Operation): i32 {
    if (operation.kind == WRITE) return this.writeNow(operation.path, operation.value);
    if (operation.kind == MAKE) return this.makeNow(operation.path);
    if (operation.kind == REMOVE) return this.removeNow(operation.path);
    return this.permitNow(operation.path, operation.permissions);
  }

  /** Whether all that was looked at is as it was, though other things have changed. */
  private isUndisturbed(): bool {
    const paths = this.seen.keys();
    for (let n = 0; n < paths.length; n++) {
      const now = find(root, paths[n]);
      if ((now == null ? 0 : now.generation + 1) != this.seen.get(paths[n])) return false;
    }
    return true;
  }
}
