/** 9P messages about what is in files: lopen, read, write, readdir, readlink, fsync. */
import * as errno from './errno.ts';
import { handler, O_ACCMODE, O_APPEND, O_DIRECTORY, O_RDONLY, O_TRUNC, openFile } from './handler.ts';
import type { AnyHandler } from './handler.ts';
import type { Node } from './node.ts';
import type { Session } from './session.ts';
import { QID_BYTES, qidType } from './wire.ts';
import type { Writer } from './wire.ts';

interface Range {
  readonly fid: number;
  readonly offset: number;
  readonly count: number;
}

function lopen(
  session: Session,
  { fid: number, flags }: { fid: number; flags: number },
  writer: Writer,
): number {
  const fid = session.fid(number);
  if (fid === null || fid.flags !== null) return errno.EBADF;
  const { node } = fid;
  if (node.kind === 'link') return errno.EINVAL;
  if (node.kind === 'directory' && (flags & O_ACCMODE) !== O_RDONLY) return errno.EISDIR;
  if (node.kind === 'file' && (flags & O_DIRECTORY) !== 0) return errno.ENOTDIR;
  if (node.kind === 'file' && (flags & O_TRUNC) !== 0) session.tree.resize(node, 0, session.now);
  fid.flags = flags;
  writer.qid(node);
  writer.u32(0);
  return errno.OK;
}

/** Before data: count[4]. It is never more than fits. */
function roomFor(count: number, writer: Writer): number {
  return Math.max(Math.min(count, writer.room - 4), 0);
}

function read(session: Session, { fid, offset, count }: Range, writer: Writer): number {
  const file = openFile(session, fid, false);
  if (typeof file === 'number') return file;
  const bytes = session.tree.read(file.node, offset, roomFor(count, writer));
  writer.u32(bytes.length);
  writer.data(bytes);
  return errno.OK;
}

function write(session: Session, call: Range & { readonly data: Uint8Array }, writer: Writer): number {
  const file = openFile(session, call.fid, true);
  if (typeof file === 'number') return file;
  const offset = (file.flags & O_APPEND) !== 0 ? file.node.size : call.offset;
  const error = session.tree.write(file.node, offset, call.data, session.now);
  if (error !== errno.OK) return error;
  writer.u32(call.data.length);
  return errno.OK;
}

/** An entry: qid[13] offset[8] type[1] name[s]; the offset is where the next call goes on. */
const ENTRY_BYTES = QID_BYTES + 8 + 1 + 2;
/** `.` and `..` come first; then every entry at its cookie behind these. */
const DOTS = 2;
const DT_DIR = 4;
const DT_REG = 8;
const DT_LNK = 10;

function writeEntry(writer: Writer, node: Node, offset: number, name: string): void {
  writer.qid(node);
  writer.u64(offset);
  writer.u8(qidType(node) === 0 ? DT_REG : node.kind === 'directory' ? DT_DIR : DT_LNK);
  writer.text(name);
}

function readdir(session: Session, { fid: number, offset, count }: Range, writer: Writer): number {
  const fid = session.fid(number);
  if (fid === null || fid.flags === null) return errno.EBADF;
  const { node } = fid;
  if (node.kind !== 'directory') return errno.ENOTDIR;
  const countAt = writer.length;
  const end = countAt + 4 + roomFor(count, writer);
  writer.u32(0);
  const entries: [string, number, Node][] = [
    ['.', 1, node],
    ['..', DOTS, node.parent],
    ...[...node.entries].map(([name, entry]): [string, number, Node] => [
      name,
      DOTS + entry.cookie,
      entry.node,
    ]),
  ];
  for (const [name, at, entry] of entries) {
    if (at <= offset) continue;
    if (writer.length + ENTRY_BYTES + new TextEncoder().encode(name).length > end) break;
    writeEntry(writer, entry, at, name);
  }
  const bytes = writer.length - countAt - 4;
  writer.length = countAt;
  writer.u32(bytes);
  writer.length += bytes;
  return errno.OK;
}

export const fileHandlers: readonly [number, AnyHandler][] = [
  // Tlopen
  handler(12, (reader) => ({ fid: reader.u32(), flags: reader.u32() }), lopen),
  // Treadlink
  handler(
    22,
    (reader) => reader.u32(),
    (session, number, writer) => {
      const node = session.fid(number)?.node;
      if (node === undefined) return errno.EBADF;
      if (node.kind !== 'link') return errno.EINVAL;
      writer.text(node.target);
      return errno.OK;
    },
  ),
  // Treaddir
  handler(40, (reader) => ({ fid: reader.u32(), offset: reader.u64(), count: reader.u32() }), readdir),
  // Tfsync: what was written is there.
  handler(
    50,
    (reader) => ({ fid: reader.u32(), dataOnly: reader.u32() }),
    (session, { fid }) => (session.fid(fid) === null ? errno.EBADF : errno.OK),
  ),
  // Tread
  handler(116, (reader) => ({ fid: reader.u32(), offset: reader.u64(), count: reader.u32() }), read),
  // Twrite
  handler(
    118,
    (reader) => {
      const [fid, offset, count] = [reader.u32(), reader.u64(), reader.u32()];
      return { fid, offset, count, data: reader.data(count) };
    },
    write,
  ),
];
