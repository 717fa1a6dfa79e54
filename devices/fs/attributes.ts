/** 9P messages about attributes: getattr, setattr, statfs. */
import * as errno from './errno.ts';
import { handler } from './handler.ts';
import type { AnyHandler } from './handler.ts';
import { modeOf, sizeOf } from './node.ts';
import type { Node, Timestamp } from './node.ts';
import type { Session } from './session.ts';
import type { Reader, Writer } from './wire.ts';

/** All that stat(2) tells: P9_STATS_BASIC. */
const GETATTR_BASIC = 0x7ff;

const SETATTR_MODE = 0x001;
const SETATTR_UID = 0x002;
const SETATTR_GID = 0x004;
const SETATTR_SIZE = 0x008;
const SETATTR_ATIME = 0x010;
const SETATTR_MTIME = 0x020;
const SETATTR_ATIME_SET = 0x080;
const SETATTR_MTIME_SET = 0x100;

const V9FS_MAGIC = 0x0102_1997;
const BLOCK_BYTES = 4096;
const NAME_BYTES = 255;

function writeTime(writer: Writer, { seconds, ns }: Timestamp): void {
  writer.u64(seconds);
  writer.u64(ns);
}

function getattr(session: Session, { fid }: { readonly fid: number }, writer: Writer): number {
  const node = session.fid(fid)?.node;
  if (node === undefined) return errno.EBADF;
  const size = sizeOf(node);
  writer.u64(GETATTR_BASIC);
  writer.qid(node);
  writer.u32(modeOf(node));
  writer.u32(node.uid);
  writer.u32(node.gid);
  writer.u64(linksOf(node));
  writer.u64(0);
  writer.u64(size);
  writer.u64(BLOCK_BYTES);
  writer.u64(Math.ceil(size / 512));
  for (const time of [node.accessed, node.modified, node.changed, { seconds: 0, ns: 0 }])
    writeTime(writer, time);
  // gen and data_version: nobody asks for them.
  writer.u64(0);
  writer.u64(0);
  return errno.OK;
}

/** st_nlink: a directory is named by itself and by those in it, too. */
function linksOf(node: Node): number {
  if (node.kind !== 'directory') return node.links;
  const inside = [...node.entries.values()].filter((entry) => entry.node.kind === 'directory').length;
  return node.links === 0 ? 0 : 2 + inside;
}

interface Setattr {
  readonly fid: number;
  readonly valid: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly accessed: Timestamp;
  readonly modified: Timestamp;
}

function readTime(reader: Reader): Timestamp {
  return { seconds: reader.u64(), ns: reader.u64() };
}

function setattr(session: Session, call: Setattr): number {
  const node = session.fid(call.fid)?.node;
  if (node === undefined) return errno.EBADF;
  const has = (bit: number): boolean => (call.valid & bit) !== 0;
  if (has(SETATTR_SIZE)) {
    if (node.kind !== 'file') return node.kind === 'directory' ? errno.EISDIR : errno.EINVAL;
    const error = session.tree.resize(node, call.size, session.now);
    if (error !== errno.OK) return error;
  }
  if (has(SETATTR_MODE)) node.mode = call.mode & 0o7777;
  if (has(SETATTR_UID)) node.uid = call.uid;
  if (has(SETATTR_GID)) node.gid = call.gid;
  // Without a time of its own, a time is now.
  if (has(SETATTR_ATIME)) node.accessed = has(SETATTR_ATIME_SET) ? call.accessed : session.now;
  if (has(SETATTR_MTIME)) node.modified = has(SETATTR_MTIME_SET) ? call.modified : session.now;
  node.changed = session.now;
  return errno.OK;
}

function statfs(session: Session, fid: number, writer: Writer): number {
  if (session.fid(fid) === null) return errno.EBADF;
  const { options, usedBytes, names } = session.tree;
  const blocks = Math.floor(options.limitBytes / BLOCK_BYTES);
  const free = Math.floor((options.limitBytes - usedBytes) / BLOCK_BYTES);
  writer.u32(V9FS_MAGIC);
  writer.u32(BLOCK_BYTES);
  for (const value of [blocks, free, free, options.limitNames, options.limitNames - names, 0])
    writer.u64(value);
  writer.u32(NAME_BYTES);
  return errno.OK;
}

export const attributeHandlers: readonly [number, AnyHandler][] = [
  // Tstatfs
  handler(8, (reader) => reader.u32(), statfs),
  // Tgetattr
  handler(24, (reader) => ({ fid: reader.u32(), mask: reader.u64() }), getattr),
  // Tsetattr
  handler(
    26,
    (reader) => ({
      fid: reader.u32(),
      valid: reader.u32(),
      mode: reader.u32(),
      uid: reader.u32(),
      gid: reader.u32(),
      size: reader.u64(),
      accessed: readTime(reader),
      modified: readTime(reader),
    }),
    setattr,
  ),
];
