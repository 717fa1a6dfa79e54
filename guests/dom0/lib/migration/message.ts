/**
 * What two xends say to each other besides (handshake.ts), which xl does not know: lines of text, `xend WHAT`, `NAME VALUE` as many as
 * there are, and an empty one. A stream begins with other bytes, so that whoever hears knows which it is; an xl that is talked to so
 * hangs up, and is not talked to so again.
 *
 *     offer   attempt, uuid, name, memory (KiB), disk (PATH=STORE, each), later (1: post-copy)   may it come?   yes (later 1) | no: why
 *     ask     attempt                    what has become of it? It never runs there if it does not yet.   runs | no: why
 *     heard   attempt                    the sender will not ask again
 *     no      why                        instead of xl's READY
 */
import { Reader } from '../saved/reader';
import { Writer } from '../saved/writer';

const SIGN: string = 'xend ';
/** An xl waits for as many bytes before it looks at them. */
const LEAST_BYTES: i32 = 64;
const MAX_LINES: i32 = 64;
const MAX_LINE_BYTES: i32 = 512;

export const OFFER: string = 'offer';
export const ASK: string = 'ask';
export const HEARD: string = 'heard';
export const YES: string = 'yes';
export const NO: string = 'no';
export const RUNNING: string = 'runs';

export class Message {
  private lines: string[] = [];

  constructor(public what: string) {}

  with(name: string, value: string): Message {
    this.lines.push(name + ' ' + value.replaceAll('\n', ' '));
    return this;
  }

  /** Values of a name, in their order. */
  all(name: string): string[] {
    const values: string[] = [];
    for (let n = 0; n < this.lines.length; n++)
      if (this.lines[n].startsWith(name + ' ')) values.push(this.lines[n].substring(name.length + 1));
    return values;
  }
  /** Empty: there is none. */
  get(name: string): string {
    const values = this.all(name);
    return values.length == 0 ? '' : values[0];
  }

  /** Whether it went out. */
  send(writer: Writer): bool {
    let text = SIGN + this.what + '\n' + this.lines.join('\n') + (this.lines.length > 0 ? '\n' : '');
    if (text.length < LEAST_BYTES) text += 'filler '.padEnd(LEAST_BYTES - text.length, '-') + '\n';
    const bytes = String.UTF8.encode(text + '\n');
    writer.put(changetype<usize>(bytes), bytes.byteLength);
    writer.flush();
    return writer.failed == 0;
  }

  /** Whether one comes next. */
  static comes(reader: Reader): bool {
    return reader.begins(SIGN);
  }

  /** The next one; null: what comes is none, or nothing does. */
  static hear(reader: Reader): Message | null {
    if (!Message.comes(reader)) return null;
    const message = new Message(reader.line(MAX_LINE_BYTES).substring(SIGN.length));
    for (let n = 0; n < MAX_LINES; n++) {
      const line = reader.line(MAX_LINE_BYTES);
      if (reader.isShort) return null;
      if (line == '') return message;
      message.lines.push(line);
    }
    return null;
  }
}
