/**
 * A 9P2000.L server: messages answered one at a time. Whatever is wrong with a message costs its sender Rlerror. Compare
 * diod's protocol.md, and Plan 9's manual, section 5.
 */
import { read16, read32, write16, write32 } from '../little-endian.ts';
import * as errno from './errno.ts';
import { handlers } from './handlers.ts';
import type { Timestamp } from './node.ts';
import type { Session } from './session.ts';
import { Reader, Writer } from './wire.ts';

/** size[4] type[1] tag[2] */
export const HEADER_BYTES = 7;
export const RLERROR = 7;
const NO_TAG = 0xffff;

/** Answers a message, given the wall clock. */
export function answer(session: Session, message: Uint8Array, now: Timestamp): Uint8Array {
  session.now = now;
  if (message.length < HEADER_BYTES) return failure(NO_TAG, errno.EINVAL);
  const size = read32(message, 0);
  const type = message[4]!;
  const tag = read16(message, 5);
  if (size < HEADER_BYTES || size > message.length || size > session.messageBytes)
    return failure(tag, errno.EMSGSIZE);
  const handler = handlers.get(type);
  if (handler === undefined) return failure(tag, errno.EOPNOTSUPP);
  const reader = new Reader(message.subarray(0, size), HEADER_BYTES);
  const call = handler.read(reader);
  if (reader.bad) return failure(tag, errno.EINVAL);
  const writer = new Writer(session.messageBytes, HEADER_BYTES);
  const error = handler.run(session, call, writer);
  if (error !== errno.OK) return failure(tag, error);
  return writer.bad ? failure(tag, errno.EMSGSIZE) : finish(writer, type + 1, tag);
}

function finish(writer: Writer, type: number, tag: number): Uint8Array {
  const bytes = writer.bytes.subarray(0, writer.length);
  write32(bytes, 0, bytes.length);
  bytes[4] = type;
  write16(bytes, 5, tag);
  return bytes;
}

function failure(tag: number, error: number): Uint8Array {
  const writer = new Writer(HEADER_BYTES + 4, HEADER_BYTES);
  writer.u32(error);
  return finish(writer, RLERROR, tag);
}
