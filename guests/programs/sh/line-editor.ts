/**
 * Reading a line from a person: the terminal is raw, and the line is drawn here. Arrows, Home and End move; Ctrl-A, -E, -U,
 * -K, -W as everywhere; up and down go through the history, Ctrl-R searches it; Tab completes names of programs and files.
 */
import { ECHO, ICANON, ISIG, TCGETS, TCSETS, termios } from 'mote/abi';
import { control } from 'programs/lib/calls';
import { Input } from 'programs/lib/io';
import { candidates, commonStart } from './completion';
import { history, remember, searchBack } from './history';
import { ScreenLine, show } from './screen-line';

const CTRL_C = 3;
const CTRL_D = 4;
const CTRL_G = 7;
const CTRL_R = 18;
const BACKSPACE = 8;
const DELETE = 127;
const NEWLINE = 10;
const RETURN = 13;
const ESCAPE = 27;

/** It takes no more than the line: what is typed behind it is for the command. */
const input = new Input(0);
input.single = true;
const settings = new ArrayBuffer(<i32>termios.SIZE);
let before: u32 = 0;

function setRaw(raw: bool): void {
  if (raw) before = load<u32>(changetype<usize>(settings), termios.c_lflag);
  const flags = raw ? before & ~(ICANON | ECHO | ISIG) : before;
  store<u32>(changetype<usize>(settings), flags, termios.c_lflag);
  control(0, TCSETS, changetype<usize>(settings));
}

/** Asks; whether the answer is yes. */
export function confirm(question: string): bool {
  setRaw(true);
  show(question + ' (y/n) ');
  const answer = input.byte();
  setRaw(false);
  show((answer >= 32 && answer < DELETE ? String.fromCharCode(answer) : '') + '\n');
  return answer == 0x79 || answer == 0x59;
}

/** The last line ended because there is no more input, rather than by Ctrl-D. */
export let isInputEnded: bool = false;

/** The last line was given up, by Ctrl-C. */
export let isInterrupted: bool = false;

/** A line, without its end; null: the end of the input, or Ctrl-D on an empty line. */
export function editLine(prompt: string): string | null {
  control(0, TCGETS, changetype<usize>(settings));
  setRaw(true);
  const editor = new Editor(prompt);
  editor.begin();
  while (!editor.finished) editor.key(input.byte());
  setRaw(false);
  show('\n');
  isInputEnded = editor.inputEnded;
  isInterrupted = editor.interrupted;
  if (editor.ended) return null;
  remember(editor.text);
  return editor.text;
}

/** The line and the cursor in it; it draws what changes. */
export class Editor {
  text: string = '';
  cursor: i32 = 0;
  finished: bool = false;
  ended: bool = false;
  inputEnded: bool = false;
  interrupted: bool = false;
  private screen: ScreenLine = new ScreenLine();
  /** The place in the history that is shown; behind it, the line itself. */
  private place: i32 = history.length;
  /** What was typed before going back in the history. */
  private draft: string = '';
  /** The history is searched for `wanted`. */
  private searching: bool = false;
  private wanted: string = '';

  constructor(private prompt: string) {}

  /** Shows the prompt where the cursor is, be it behind something. */
  begin(): void {
    show(this.prompt);
  }

  key(code: i32): void {
    if (this.searching && this.searchKey(code)) return;
    if (code == RETURN || code == NEWLINE) this.finish();
    else if (code < 0 || (code == CTRL_D && this.text == '')) {
      this.inputEnded = code < 0;
      this.ended = true;
      this.finish();
    } else if (code == CTRL_C) {
      this.finish();
      show('^C');
      this.text = '';
      this.interrupted = true;
    } else if (code == DELETE || code == BACKSPACE) this.erase(this.cursor - 1, this.cursor);
    else if (code == CTRL_D) this.erase(this.cursor, this.cursor + 1);
    else if (code == 1) this.move(0);
    else if (code == 5) this.move(this.text.length);
    else if (code == 21) this.erase(0, this.cursor);
    else if (code == 11) this.erase(this.cursor, this.text.length);
    else if (code == 23) this.erase(this.wordStart(), this.cursor);
    else if (code == 12) this.clear();
    else if (code == 9) this.complete();
    else if (code == CTRL_R) this.search(history.length);
    else if (code == ESCAPE) this.escape();
    else if (code >= 32) this.insert(this.character(code));
  }

  private finish(): void {
    this.finished = true;
    this.screen.finish(this.prompt, this.text);
  }

  private clear(): void {
    show('\x1b[2J\x1b[H');
    this.draw();
  }

  /** A character of UTF-8 whose first byte this is. */
  private character(first: i32): string {
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
    const bytes = new Uint8Array(more + 1);
    bytes[0] = <u8>first;
    for (let n = 0; n < more; n++) bytes[n + 1] = <u8>input.byte();
    return String.UTF8.decode(bytes.buffer);
  }

  private escape(): void {
    const next = input.byte();
    if (next != 0x5b && next != 0x4f) return;
    const code = input.byte();
    if (code == 0x41) this.recall(-1);
    else if (code == 0x42) this.recall(1);
    else if (code == 0x43) this.move(this.cursor + 1);
    else if (code == 0x44) this.move(this.cursor - 1);
    else if (code == 0x48) this.move(0);
    else if (code == 0x46) this.move(this.text.length);
    else if (code >= 0x31 && code <= 0x38) {
      if (input.byte() != 0x7e) return;
      if (code == 0x33) this.erase(this.cursor, this.cursor + 1);
      else if (code == 0x31 || code == 0x37) this.move(0);
      else if (code == 0x34 || code == 0x38) this.move(this.text.length);
    }
  }

  private insert(text: string): void {
    const atEnd = this.cursor == this.text.length;
    this.text = this.text.substring(0, this.cursor) + text + this.text.substring(this.cursor);
    this.cursor += text.length;
    if (atEnd && !this.searching) this.screen.append(this.prompt, this.text, text);
    else this.draw();
  }

  private erase(from: i32, to: i32): void {
    from = max(from, 0);
    to = min(to, this.text.length);
    if (from >= to) return;
    this.text = this.text.substring(0, from) + this.text.substring(to);
    this.cursor = from;
    this.draw();
  }

  private move(to: i32): void {
    this.cursor = min(max(to, 0), this.text.length);
    this.screen.move(this.prompt, this.text, this.cursor);
  }

  private wordStart(): i32 {
    let at = this.cursor;
    while (at > 0 && this.text.charAt(at - 1) == ' ') at--;
    while (at > 0 && this.text.charAt(at - 1) != ' ') at--;
    return at;
  }

  private recall(step: i32): void {
    const place = this.place + step;
    if (place < 0 || place > history.length) return;
    if (this.place == history.length) this.draft = this.text;
    this.showPlace(place);
    this.draw();
  }

  private draw(): void {
    const prompt = this.searching ? "(search for '" + this.wanted + "') " : this.prompt;
    this.screen.draw(prompt, this.text, this.cursor);
  }

  /** A key while the history is searched; false: the search is over, and the key means what it means. */
  private searchKey(code: i32): bool {
    if (code == CTRL_R) this.search(this.place);
    else if (code == DELETE || code == BACKSPACE) {
      this.wanted = this.wanted.substring(0, this.wanted.length - 1);
      this.search(history.length);
    } else if (code >= 32) {
      this.wanted += this.character(code);
      this.search(min(this.place + 1, history.length));
    } else {
      this.searching = false;
      this.wanted = '';
      if (code == CTRL_G || code == CTRL_C) this.showPlace(history.length);
      this.draw();
      return code == CTRL_G || code == CTRL_C;
    }
    return true;
  }

  /** Shows the newest line older than place `from` that has what is wanted; where none has, what is shown stays. */
  private search(from: i32): void {
    if (!this.searching) this.draft = this.text;
    this.searching = true;
    const found = this.wanted == '' ? -1 : searchBack(this.wanted, from);
    if (found >= 0) this.showPlace(found);
    this.draw();
  }

  private showPlace(place: i32): void {
    this.place = place;
    this.text = place == history.length ? this.draft : history[place];
    this.cursor = this.text.length;
  }

  /** Completes the word before the cursor as far as all that fit agree. */
  private complete(): void {
    const start = this.wordStart();
    const word = this.text.substring(start, this.cursor);
    if (word == '') return;
    const found = candidates(word, this.text.substring(0, start).trim() == '');
    if (found.length == 0) return;
    const common = commonStart(found);
    if (common.length > word.length)
      this.insert(common.substring(word.length) + (found.length == 1 ? ' ' : ''));
    else if (found.length > 1) {
      show('\n' + found.join('  ') + '\n');
      this.draw();
    }
  }
}
