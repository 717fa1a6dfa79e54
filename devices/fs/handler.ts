/** The shape of a message's handler: how its arguments are read, and what it does. */
import * as errno from './errno.ts';
import type { DirectoryNode, FileNode } from './node.ts';
import type { Fid, Session } from './session.ts';
import type { Reader, Writer } from './wire.ts';

export interface Handler<Arguments> {
  /** Reads the arguments, all of them, before anything is done. */
  read(reader: Reader): Arguments;
  /** Does it, and writes the answer. Gives 0 or a Linux error number. */
  run(session: Session, call: Arguments, writer: Writer): number;
}

/** A handler whose arguments nobody else needs to know. */
export type AnyHandler = Handler<unknown>;

/** An entry of the table: the message's number, and its handler. */
export function handler<Arguments>(
  type: number,
  read: (reader: Reader) => Arguments,
  run: (session: Session, call: Arguments, writer: Writer) => number,
): [number, AnyHandler] {
  return [type, { read, run: (session, call, writer) => run(session, call as Arguments, writer) }];
}

/** What a fid means, if it is of one kind; else the error. */
export function directoryOf(session: Session, number: number): DirectoryNode | number {
  const fid = session.fid(number);
  if (fid === null) return errno.EBADF;
  return fid.node.kind === 'directory' ? fid.node : errno.ENOTDIR;
}

interface OpenFile extends Fid {
  node: FileNode;
  flags: number;
}

/** A fid that is open for reading, or for writing. */
export function openFile(session: Session, number: number, write: boolean): OpenFile | number {
  const fid = session.fid(number);
  if (fid === null || fid.flags === null) return errno.EBADF;
  if (fid.node.kind !== 'file') return errno.EISDIR;
  const access = fid.flags & O_ACCMODE;
  const allowed = access === O_RDWR || access === (write ? O_WRONLY : O_RDONLY);
  return allowed ? (fid as OpenFile) : errno.EBADF;
}

/** open(2)'s flags, as on Linux for x86. */
export const O_ACCMODE = 3;
export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_EXCL = 0o200;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_DIRECTORY = 0o200000;
