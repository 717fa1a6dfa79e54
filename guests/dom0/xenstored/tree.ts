/**
 * The store's tree. Nodes never change: whoever writes makes new ones, up to a new root. So a transaction is a root that is
 * kept, and what has happened since is what differs between two roots.
 */
import { XENSTORE_ABS_PATH_MAX } from 'xen';

const SLASH: i32 = 0x2f;

/** Who may do what, as on the wire: `n`, `r`, `w` or `b`, and a domain. The first entry names the owner. */
export class Permission {
  constructor(
    public kind: string,
    public domid: u32,
  ) {}

  get mayRead(): bool {
    return this.kind == 'r' || this.kind == 'b';
  }
  get mayWrite(): bool {
    return this.kind == 'w' || this.kind == 'b';
  }
  get text(): string {
    return this.kind + this.domid.toString();
  }
}

export class Node {
  constructor(
    public name: string,
    /** Bytes, a character each. */
    public value: string,
    public permissions: Permission[],
    public children: Node[],
    /** When its own value, permissions or list of children were last changed: a count of changes of the store. */
    public generation: u64,
  ) {}

  get owner(): u32 {
    return this.permissions[0].domid;
  }

  child(name: string): Node | null {
    for (let n = 0; n < this.children.length; n++) if (this.children[n].name == name) return this.children[n];
    return null;
  }

  /** A copy with a child put in its place, or behind the others. */
  withChild(child: Node, generation: u64): Node {
    const children = this.children.slice(0);
    let n = 0;
    while (n < children.length && children[n].name != child.name) n++;
    const isNew = n == children.length;
    if (isNew) children.push(child);
    else children[n] = child;
    return new Node(this.name, this.value, this.permissions, children, isNew ? generation : this.generation);
  }

  withoutChild(name: string, generation: u64): Node {
    const children: Node[] = [];
    for (let n = 0; n < this.children.length; n++)
      if (this.children[n].name != name) children.push(this.children[n]);
    return new Node(this.name, this.value, this.permissions, children, generation);
  }
}

/** The names on a path; of the root none. */
export function namesOf(path: string): string[] {
  return path == '/' ? [] : path.substring(1).split('/');
}

/** Whether a path is one: absolute, of letters, digits and -/_@+, no empty names. */
export function isValidPath(path: string): bool {
  const length = path.length;
  if (length == 0 || length > XENSTORE_ABS_PATH_MAX || !path.startsWith('/')) return false;
  if (path == '/') return true;
  if (path.endsWith('/') || path.includes('//')) return false;
  for (let n = 0; n < length; n++) if (!isPathCode(path.charCodeAt(n))) return false;
  return true;
}

function isPathCode(code: i32): bool {
  const letter = code | 32;
  return (
    (letter >= 97 && letter <= 122) ||
    (code >= 45 && code <= 57 && code != 46) ||
    code == 95 ||
    code == 64 ||
    code == 43
  );
}

/** The node at a path below a root; null: there is none. Everything looks for nodes: it makes no strings. */
export function find(root: Node, path: string): Node | null {
  let node: Node | null = root;
  let start = 1;
  while (start < path.length && node != null) {
    let end = path.indexOf('/', start);
    if (end < 0) end = path.length;
    node = childAt(node, path, start, end);
    start = end + 1;
  }
  return node;
}

/** The child whose name is a part of a path. */
function childAt(node: Node, path: string, start: i32, end: i32): Node | null {
  const length = end - start;
  const part = changetype<usize>(path) + (<usize>start << 1);
  const children = node.children;
  for (let n = 0; n < children.length; n++) {
    const name = unchecked(children[n]).name;
    if (name.length == length && memory.compare(changetype<usize>(name), part, length << 1) == 0)
      return unchecked(children[n]);
  }
  return null;
}

/** Whether a path is another, or below it. */
export function isBelow(path: string, above: string): bool {
  if (above == '/') return true;
  if (!path.startsWith(above)) return false;
  return path.length == above.length || path.charCodeAt(above.length) == SLASH;
}

/** A root with another node at a path, whose parent is there. */
export function replace(root: Node, path: string, node: Node, generation: u64): Node {
  return replaceBelow(root, namesOf(path), 0, node, generation);
}

function replaceBelow(at: Node, names: string[], depth: i32, node: Node, generation: u64): Node {
  if (depth == names.length) return node;
  const below = at.child(names[depth]);
  const child = below == null ? node : replaceBelow(below, names, depth + 1, node, generation);
  return at.withChild(child, generation);
}

/** A root without what is at a path, which is not its own. */
export function remove(root: Node, path: string, generation: u64): Node {
  const at = path.lastIndexOf('/');
  const parentPath = at == 0 ? '/' : path.substring(0, at);
  const parent = find(root, parentPath);
  if (parent == null) return root;
  return replace(root, parentPath, parent.withoutChild(path.substring(at + 1), generation), generation);
}

/** Nodes of a subtree that a domain owns. */
export function countOwned(node: Node, domid: u32): i32 {
  let count = node.owner == domid ? 1 : 0;
  for (let n = 0; n < node.children.length; n++) count += countOwned(node.children[n], domid);
  return count;
}

/** The part of a path that names its parent. */
export function parentOf(path: string): string {
  const at = path.lastIndexOf('/');
  return at <= 0 ? '/' : path.substring(0, at);
}
