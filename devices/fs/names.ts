/** 9P messages that change directories: lcreate, mkdir, symlink, link, renameat, unlinkat, and what they replaced. */
import * as errno from './errno.ts';
import { directoryOf, handler, O_EXCL, O_TRUNC } from './handler.ts';
import type { AnyHandler } from './handler.ts';
import type { Creation, DirectoryNode, Node } from './node.ts';
import type { Session } from './session.ts';
import type { Writer } from './wire.ts';

const AT_REMOVEDIR = 0x200;
const LINK_MODE = 0o777;

/** Makes something in the directory that a fid means, and answers with its qid. */
function make(
  session: Session,
  where: { readonly fid: number; readonly mode: number; readonly gid: number },
  writer: Writer,
  create: (parent: DirectoryNode, creation: Creation) => Node | number,
): number {
  const parent = directoryOf(session, where.fid);
  if (typeof parent === 'number') return parent;
  const { uid } = session.fid(where.fid)!;
  const made = create(parent, { mode: where.mode, uid, gid: where.gid, now: session.now });
  if (typeof made === 'number') return made;
  writer.qid(made);
  return errno.OK;
}

interface Lcreate {
  readonly fid: number;
  readonly name: string;
  readonly flags: number;
  readonly mode: number;
  readonly gid: number;
}

/** The fid means the new file afterwards, and is open. A file that is there is opened, unless O_EXCL forbids it. */
function lcreate(session: Session, call: Lcreate, writer: Writer): number {
  const fid = session.fid(call.fid);
  if (fid === null || fid.flags !== null) return errno.EBADF;
  let file: Node = fid.node;
  const error = make(session, call, writer, (parent, creation) => {
    const there = parent.entries.get(call.name)?.node;
    const made = there ?? session.tree.createFile(parent, call.name, creation);
    if (typeof made === 'number') return made;
    if (there !== undefined && (made.kind !== 'file' || (call.flags & O_EXCL) !== 0)) return errno.EEXIST;
    if (made.kind === 'file' && (call.flags & O_TRUNC) !== 0) session.tree.resize(made, 0, session.now);
    file = made;
    return made;
  });
  if (error !== errno.OK) return error;
  session.move(fid, file);
  fid.flags = call.flags;
  writer.u32(0);
  return errno.OK;
}

/** The name that a node has in the directory above it; links may have several: any will do, as they are one file. */
function nameOf(session: Session, node: Node): { parent: DirectoryNode; name: string } | null {
  const pending: DirectoryNode[] = [session.tree.root];
  for (let parent = pending.pop(); parent !== undefined; parent = pending.pop())
    for (const [name, entry] of parent.entries) {
      if (entry.node === node) return { parent, name };
      if (entry.node.kind === 'directory') pending.push(entry.node);
    }
  return null;
}

/** Tremove: the fid is gone, whatever else happens. */
function remove(session: Session, number: number): number {
  const fid = session.fid(number);
  if (fid === null) return errno.EBADF;
  const { node } = fid;
  const named = nameOf(session, node);
  const error =
    named === null
      ? errno.ENOENT
      : session.tree.unlink(named.parent, named.name, node.kind === 'directory', session.now);
  session.clunk(number);
  return error;
}

export const nameHandlers: readonly [number, AnyHandler][] = [
  // Tlcreate
  handler(
    14,
    (reader) => ({
      fid: reader.u32(),
      name: reader.text(),
      flags: reader.u32(),
      mode: reader.u32(),
      gid: reader.u32(),
    }),
    lcreate,
  ),
  // Tsymlink
  handler(
    16,
    (reader) => ({
      fid: reader.u32(),
      name: reader.text(),
      target: reader.text(),
      gid: reader.u32(),
      mode: LINK_MODE,
    }),
    (session, call, writer) =>
      make(session, call, writer, (parent, creation) =>
        session.tree.createLink(parent, call.name, call.target, creation),
      ),
  ),
  // Trename
  handler(
    20,
    (reader) => ({ fid: reader.u32(), to: reader.u32(), name: reader.text() }),
    (session, { fid, to, name }) => {
      const node = session.fid(fid)?.node;
      const parent = directoryOf(session, to);
      if (node === undefined) return errno.EBADF;
      if (typeof parent === 'number') return parent;
      const named = nameOf(session, node);
      return named === null
        ? errno.ENOENT
        : session.tree.rename(named.parent, named.name, parent, name, session.now);
    },
  ),
  // Tlink
  handler(
    70,
    (reader) => ({ directory: reader.u32(), fid: reader.u32(), name: reader.text() }),
    (session, { directory, fid, name }) => {
      const parent = directoryOf(session, directory);
      const node = session.fid(fid)?.node;
      if (typeof parent === 'number') return parent;
      return node === undefined ? errno.EBADF : session.tree.link(parent, name, node, session.now);
    },
  ),
  // Tmkdir
  handler(
    72,
    (reader) => ({ fid: reader.u32(), name: reader.text(), mode: reader.u32(), gid: reader.u32() }),
    (session, call, writer) =>
      make(session, call, writer, (parent, creation) =>
        session.tree.createDirectory(parent, call.name, creation),
      ),
  ),
  // Trenameat
  handler(
    74,
    (reader) => ({ from: reader.u32(), name: reader.text(), to: reader.u32(), newName: reader.text() }),
    (session, { from, name, to, newName }) => {
      const [source, target] = [directoryOf(session, from), directoryOf(session, to)];
      if (typeof source === 'number') return source;
      if (typeof target === 'number') return target;
      return session.tree.rename(source, name, target, newName, session.now);
    },
  ),
  // Tunlinkat
  handler(
    76,
    (reader) => ({ fid: reader.u32(), name: reader.text(), flags: reader.u32() }),
    (session, { fid, name, flags }) => {
      const parent = directoryOf(session, fid);
      if (typeof parent === 'number') return parent;
      return session.tree.unlink(parent, name, (flags & AT_REMOVEDIR) !== 0, session.now);
    },
  ),
  // Tremove
  handler(122, (reader) => reader.u32(), remove),
];
