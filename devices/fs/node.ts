/** What a file tree is made of. Plain data. */

/** Seconds since 1970, and nanoseconds of the second. */
export interface Timestamp {
  readonly seconds: number;
  readonly ns: number;
}

interface Attributes {
  /** The inode number: never used twice in a tree. */
  readonly ino: number;
  /** Permission bits. */
  mode: number;
  uid: number;
  gid: number;
  accessed: Timestamp;
  modified: Timestamp;
  changed: Timestamp;
  /** Goes up with every change of the content. */
  version: number;
  /** How many names it has. */
  links: number;
  /** How many hold it open; without names too its bytes are free. */
  holders: number;
}

export interface FileNode extends Attributes {
  readonly kind: 'file';
  /** At least `size` bytes; what is behind them is zero. */
  data: Uint8Array;
  size: number;
}

export interface Entry {
  /** Where readdir goes on: it grows with every entry that is made. */
  readonly cookie: number;
  readonly node: Node;
}

export interface DirectoryNode extends Attributes {
  readonly kind: 'directory';
  /** The root is its own. */
  parent: DirectoryNode;
  /** In the order they were made. */
  readonly entries: Map<string, Entry>;
  nextCookie: number;
}

export interface LinkNode extends Attributes {
  readonly kind: 'link';
  readonly target: string;
}

export type Node = FileNode | DirectoryNode | LinkNode;

/** Who makes something, and when. */
export interface Creation {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly now: Timestamp;
}

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

/** st_mode: the kind and the permissions. */
export function modeOf(node: Node): number {
  const kinds = { directory: S_IFDIR, file: S_IFREG, link: S_IFLNK };
  return kinds[node.kind] | node.mode;
}

/** st_size */
export function sizeOf(node: Node): number {
  if (node.kind === 'file') return node.size;
  return node.kind === 'link' ? new TextEncoder().encode(node.target).length : 0;
}
