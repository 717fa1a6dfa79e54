/**
 * What the two sides of a migration say to each other beside the stream, in the words of xl (tools/xl/xl.h). The receiver greets;
 * the sender sends; the receiver, which has all and has not started it, says that it is ready. Then the sender gives the domain
 * away, by one message: before it, the domain is the sender's, and after it, the receiver's, whatever happens.
 */
import { Reader } from './reader';
import { Writer } from './writer';

/** How long each side waits for the other to go on. */
export const PATIENCE_MS: i32 = 60_000;

/** Without its NUL; the others go with theirs. */
export const BANNER: string = 'xl migration receiver ready, send binary domain data.\n';
export const READY: string = 'domain received, ready to unpause';
export const PERMISSION: string = 'domain is yours, you are cleared to unpause';
export const REPORT: string = 'my copy unpause results are as follows';

export function say(writer: Writer, message: string): bool {
  const bytes = String.UTF8.encode(message, message != BANNER);
  writer.put(changetype<usize>(bytes), bytes.byteLength);
  writer.flush();
  return writer.failed == 0;
}

/** Whether the other side says this. */
export function hears(reader: Reader, message: string): bool {
  const wanted = String.UTF8.encode(message, message != BANNER);
  const heard = new ArrayBuffer(wanted.byteLength);
  if (!reader.take(changetype<usize>(heard), wanted.byteLength)) return false;
  return memory.compare(changetype<usize>(heard), changetype<usize>(wanted), wanted.byteLength) == 0;
}
