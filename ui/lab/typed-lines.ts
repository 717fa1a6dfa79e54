/**
 * The lines that a person typed, as a line editor would have them: the keys that move the cursor and take back what was typed
 * do so here. What a guest shows again of them is recognised by that.
 */
import { TextStream } from './text-stream.ts';

/** How many lines are remembered. */
const KEPT_LINES = 256;
/** A key: a letter, a control character, or the sequence of a key that moves the cursor. */
const KEY = /\x1b[[O][0-9;]*[A-Za-z~]|[^]/gu;

/** The line being typed: what is before the cursor, and what behind. */
interface Edited {
  before: string;
  behind: string;
}

const toStart = (line: Edited): void =>
  void Object.assign(line, { before: '', behind: line.before + line.behind });
const toEnd = (line: Edited): void =>
  void Object.assign(line, { before: line.before + line.behind, behind: '' });
/** The last and the first letter of a text; '' where it has none. */
const lastOf = (text: string): string => /[^]$/u.exec(text)?.[0] ?? '';
const firstOf = (text: string): string => /^[^]/u.exec(text)?.[0] ?? '';
const eraseBefore = (line: Edited): void =>
  void (line.before = line.before.slice(0, line.before.length - lastOf(line.before).length));
const eraseBehind = (line: Edited): void =>
  void (line.behind = line.behind.slice(firstOf(line.behind).length));
const left = (line: Edited): void => {
  line.behind = lastOf(line.before) + line.behind;
  eraseBefore(line);
};
const right = (line: Edited): void => {
  line.before += firstOf(line.behind);
  eraseBehind(line);
};
const killAll = (line: Edited): void => void Object.assign(line, { before: '', behind: '' });

/** What keys do that are not letters (GNU Readline's and the terminal driver's). */
const EDITS: ReadonlyMap<string, (line: Edited) => void> = new Map([
  ['\x01', toStart],
  ['\x1b[H', toStart],
  ['\x1b[1~', toStart],
  ['\x05', toEnd],
  ['\x1b[F', toEnd],
  ['\x1b[4~', toEnd],
  ['\x1b[D', left],
  ['\x1b[C', right],
  ['\x08', eraseBefore],
  ['\x7f', eraseBefore],
  ['\x04', eraseBehind],
  ['\x1b[3~', eraseBehind],
  ['\x03', killAll],
  ['\x0b', (line) => void (line.behind = '')],
  ['\x15', (line) => void (line.before = '')],
  ['\x17', (line) => void (line.before = line.before.replace(/\S* *$/, ''))],
]);

/** A line as it was typed, and whether the guest has shown it whole. */
export interface TypedLine {
  readonly text: string;
  shown: boolean;
}

export class TypedLines {
  private readonly stream = new TextStream();
  private readonly finished: TypedLine[] = [];
  private readonly line: Edited = { before: '', behind: '' };

  /** Hears what is typed. */
  type(bytes: Uint8Array): void {
    for (const [key] of this.stream.decode(bytes).matchAll(KEY)) {
      if (key === '\r' || key === '\n') this.finish();
      else if (key >= ' ' && key !== '\x7f') this.line.before += key;
      else EDITS.get(key)?.(this.line);
    }
  }

  /** All that are remembered, the unfinished one last; none is blank. */
  all(): TypedLine[] {
    const unfinished = { text: this.line.before + this.line.behind, shown: false };
    return [...this.finished, unfinished].filter(({ text }) => text.trim() !== '');
  }

  private finish(): void {
    this.finished.push({ text: this.line.before + this.line.behind, shown: false });
    killAll(this.line);
    if (this.finished.length > KEPT_LINES) this.finished.shift();
  }
}
