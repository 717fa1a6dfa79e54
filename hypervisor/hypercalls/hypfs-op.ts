/**
 * hypfs_op(command, path, path bytes, buffer, buffer bytes): Xen's own file system, by what `xenhypfs` and `xl set-parameters`
 * read. Paths begin with a slash and end with a zero; what is read is its xen_hypfs_direntry with its content behind.
 *
 * Gives 0, or the version of this interface, or: -EPERM not domain 0; -EINVAL no such path can be, or not even the entry fits;
 * -EFAULT; -ENOENT; -ENOBUFS the entry was written, and its content does not fit; -EACCES nothing can be written; -EOPNOTSUPP no
 * such command. Compare common/hypfs.c.
 */
import { EACCES, EFAULT, EINVAL, ENOBUFS, ENOENT, EOPNOTSUPP, EPERM } from '../abi/errno.ts';
import * as abi from '../abi/hypfs.ts';
import { namesOf } from '../abi/names.ts';
import { HYPERVISOR_hypfs_op } from '../abi/xen.ts';
import { GuestStruct } from '../memory/guest-struct.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';
import { CHANGESET, COMPILE_INFO, EXTRA, MAJOR, MINOR } from './xen-version.ts';

/** A directory, by names in their order; a string; a number. */
type Node = ReadonlyMap<string, Node> | string | number;

const directory = (entries: Readonly<Record<string, Node>>): Node =>
  new Map(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Of Xen's parameters none can be changed while it runs, and it does not keep how it was configured. */
const ROOT = directory({
  buildinfo: directory({
    changeset: CHANGESET,
    compileinfo: directory(COMPILE_INFO),
    version: directory({ extra: EXTRA, major: MAJOR, minor: MINOR }),
  }),
  cpupool: directory({ '0': directory({ 'sched-gran': 'cpu' }) }),
  params: directory({}),
});

const SLASH = 0x2f;
/** Names in a directory are filled up to whole multiples. */
const ALIGN = 4;
const { size: ENTRY_BYTES } = abi.xen_hypfs_direntry;

function typeOf(node: Node): number {
  if (typeof node === 'string') return abi.XEN_HYPFS_TYPE_STRING;
  return typeof node === 'number' ? abi.XEN_HYPFS_TYPE_UINT : abi.XEN_HYPFS_TYPE_DIR;
}

function contentOf(node: Node): Uint8Array {
  if (typeof node === 'string') return new TextEncoder().encode(`${node}\0`);
  if (typeof node === 'number') return new Uint8Array(Uint32Array.of(node).buffer);
  const entries = [...node].map(([name, each]) => listEntry(name, each));
  const bytes = new Uint8Array(entries.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const [index, entry] of entries.entries()) {
    if (index < entries.length - 1)
      new DataView(entry.buffer).setUint16(abi.DIRLISTENTRY_OFF_NEXT, entry.length, true);
    bytes.set(entry, at);
    at += entry.length;
  }
  return bytes;
}

function entryOf(node: Node): Uint8Array {
  const entry = new GuestStruct(abi.xen_hypfs_direntry, 0);
  entry.set('type', typeOf(node));
  entry.set('encoding', abi.XEN_HYPFS_ENC_PLAIN);
  entry.set('content_len', contentOf(node).length);
  return entry.bytes;
}

function listEntry(name: string, node: Node): Uint8Array {
  const named = Math.ceil((name.length + 1) / ALIGN) * ALIGN;
  const bytes = new Uint8Array(abi.DIRLISTENTRY_NAME + named);
  bytes.set(entryOf(node));
  bytes.set(new TextEncoder().encode(name), abi.DIRLISTENTRY_NAME);
  return bytes;
}

/** The node of a path from the root on, which may end with a slash or have several; null: there is none. */
function find(path: string): Node | null {
  let node: Node = ROOT;
  for (const name of path.split('/')) {
    if (name === '') continue;
    const next: Node | undefined = node instanceof Map ? node.get(name) : undefined;
    if (next === undefined) return null;
    node = next;
  }
  return node;
}

/** Works on the node of the path that the caller gives. */
type Work = (context: HypercallContext, node: Node, buffer: number, count: number) => number;

const OPERATIONS: Readonly<Record<number, Work>> = {
  [abi.XEN_HYPFS_OP_read](context, node, buffer, count) {
    const content = contentOf(node);
    // A count is unsigned: a negative one is large.
    if (count >= 0 && count < ENTRY_BYTES) return -EINVAL;
    if (!context.writeBytes(buffer, entryOf(node))) return -EFAULT;
    if (count >= 0 && count < ENTRY_BYTES + content.length) return -ENOBUFS;
    return context.writeBytes(buffer + ENTRY_BYTES, content) ? 0 : -EFAULT;
  },
  [abi.XEN_HYPFS_OP_write_contents]: () => -EACCES,
};

export const hypfsOp: Hypercall = {
  number: HYPERVISOR_hypfs_op,
  name: 'hypfs_op',
  args: [
    { name: 'command', kind: 'command', commands: namesOf(abi, 'XEN_HYPFS_OP_') },
    { name: 'path', kind: 'va' },
    { name: 'path_bytes', kind: 'unsigned' },
    { name: 'buffer', kind: 'va' },
    { name: 'buffer_bytes', kind: 'unsigned' },
  ],
  handler(context, command, path, pathBytes, buffer, bufferBytes) {
    if (!context.domain.isPrivileged) return -EPERM;
    if (command === abi.XEN_HYPFS_OP_get_version)
      return path === 0 && pathBytes === 0 && buffer === 0 && bufferBytes === 0
        ? abi.XEN_HYPFS_VERSION
        : -EINVAL;
    if (pathBytes < 0 || pathBytes > abi.XEN_HYPFS_MAX_PATHLEN) return -EINVAL;
    const bytes = new Uint8Array(pathBytes);
    if (!context.readBytes(path, bytes)) return -EFAULT;
    if (pathBytes === 0 || bytes.indexOf(0) !== pathBytes - 1 || bytes[0] !== SLASH) return -EINVAL;
    const node = find(new TextDecoder('latin1').decode(bytes.subarray(0, -1)));
    if (node === null) return -ENOENT;
    return OPERATIONS[command]?.(context, node, buffer, bufferBytes) ?? -EOPNOTSUPP;
  },
};
