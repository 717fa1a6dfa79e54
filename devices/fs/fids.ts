/** 9P messages about sessions and fids: version, attach, flush, clunk, walk. */
import * as errno from './errno.ts';
import { handler } from './handler.ts';
import type { AnyHandler } from './handler.ts';
import type { Node } from './node.ts';
import { LEAST_BYTES, MOST_BYTES } from './session.ts';
import type { Session } from './session.ts';
import { checkName } from './tree.ts';
import type { Reader, Writer } from './wire.ts';

const NO_FID = 0xffff_ffff;
const NO_UNAME = 0xffff_ffff;
/** Names in one walk (MAXWELEM). */
const WALK_NAMES = 16;
const VERSION = '9P2000.L';

interface Walk {
  readonly fid: number;
  readonly newFid: number;
  readonly names: readonly string[];
}

function readWalk(reader: Reader): Walk {
  const [fid, newFid, count] = [reader.u32(), reader.u32(), reader.u16()];
  if (count > WALK_NAMES) reader.bad = true;
  const names = reader.bad ? [] : Array.from({ length: count }, () => reader.text());
  return { fid, newFid, names };
}

/** One step: `..` of the root is the root. Some clients ask for `.`, too. */
function step(node: Node, name: string): Node | number {
  if (node.kind !== 'directory') return errno.ENOTDIR;
  if (name === '.') return node;
  if (name === '..') return node.parent;
  const error = checkName(name);
  return error === errno.OK ? (node.entries.get(name)?.node ?? errno.ENOENT) : error;
}

/** A walk that fails behind its first name says how far it came, and changes no fid. */
function walk(session: Session, { fid: from, newFid, names }: Walk, writer: Writer): number {
  const fid = session.fid(from);
  if (fid === null) return errno.EBADF;
  const passed: Node[] = [];
  let node = fid.node;
  for (const name of names) {
    const next = step(node, name);
    if (typeof next === 'number') {
      if (passed.length === 0) return next;
      break;
    }
    passed.push(next);
    node = next;
  }
  if (passed.length === names.length) {
    if (newFid === from) {
      // An open fid cannot become another file.
      if (fid.flags !== null) return errno.EBADF;
      session.move(fid, node);
    } else {
      const error = session.assign(newFid, node, fid.uid);
      if (error !== errno.OK) return error;
    }
  }
  writer.u16(passed.length);
  for (const reached of passed) writer.qid(reached);
  return errno.OK;
}

export const fidHandlers: readonly [number, AnyHandler][] = [
  // Tversion
  handler(
    100,
    (reader) => ({ bytes: reader.u32(), version: reader.text() }),
    (session, { bytes, version }, writer) => {
      if (bytes < LEAST_BYTES) return errno.EMSGSIZE;
      session.begin(Math.min(bytes, MOST_BYTES));
      writer.u32(session.messageBytes);
      writer.text(version === VERSION ? VERSION : 'unknown');
      return errno.OK;
    },
  ),
  // Tattach: there is no authentication, and one tree.
  handler(
    104,
    (reader) => ({
      fid: reader.u32(),
      authentication: reader.u32(),
      user: reader.text(),
      tree: reader.text(),
      uid: reader.u32(),
    }),
    (session, { fid, authentication, uid }, writer) => {
      if (authentication !== NO_FID) return errno.EINVAL;
      const error = session.assign(fid, session.tree.root, uid === NO_UNAME ? 0 : uid);
      if (error === errno.OK) writer.qid(session.tree.root);
      return error;
    },
  ),
  // Tflush: every message was answered before the next one was read.
  handler(
    108,
    (reader) => reader.u16(),
    () => errno.OK,
  ),
  // Twalk
  handler(110, readWalk, walk),
  // Tclunk
  handler(
    120,
    (reader) => reader.u32(),
    (session, fid) => (session.clunk(fid) ? errno.OK : errno.EBADF),
  ),
];
