/**
 * What the two sides of a migration say to each other beside the stream, in the words of xl (tools/xl/xl.h). The receiver greets;
 * the sender sends; the receiver, which has all and has not started it, says that it is ready. Then the sender gives the domain
 * away, by one message, and the receiver says that it runs.
 *
 * **Who decides.** Up to that message the sender does: the domain is the sender's, and goes on there. When it has gone out, the
 * sender cannot know whether it came: no number of answers makes two sides certain over a line that can be cut (the two generals).
 * So from then on the receiver decides, once: when the message comes, that the domain is its own; when it does not come in time, or
 * the sender asks first, that it never will be. The sender, which has the domain suspended, asks until it has heard which (`ask`), as
 * long as the line is cut: meanwhile the domain stands still, for anything else could make two of it. A receiver whose host has
 * crashed knows of nothing, and has nothing that could run: its answer is no, and the sender goes on. A sender whose host has crashed
 * asks nobody, and what it gave away runs, if the message came; what it had not given away went down with it, as all its domains.
 * Both sides keep what they have decided in the store (record.ts), before anything is done about it.
 *
 * xl knows no `ask`: where one side is the real Xen's, an outcome that is not known is an administrator's (`xm resume`).
 */
import { Reader } from '../saved/reader';
import { Writer } from '../saved/writer';

/** How long the sender waits for the other side to take or say something; and the receiver, for the domain may take its time. */
export const SENDER_PATIENCE_MS: i32 = 30_000;
export const RECEIVER_PATIENCE_MS: i32 = 90_000;
/** How long for word that the domain runs, where one can ask. */
export const REPORT_PATIENCE_MS: i32 = 3000;

/** The sockets' buffers: what is under way on the fastest LAN, so that neither side has to run for every segment. */
export const STREAM_BYTES: i32 = 1 << 17;

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
