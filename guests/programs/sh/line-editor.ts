/**
 * Reading a line from a person: the terminal is raw, and the line is drawn here. Arrows, Home and End move; Ctrl-A, -E, -U,
 * -K, -W as everywhere; up and down go through the history; Tab completes names of programs and files.
 */
import { ECHO, ICANON, ISIG, TCGETS, TCSETS, termios } from 'mote/abi';
import { control, readDirectory, write } from 'programs/lib/calls';
import { Input } from 'programs/lib/io';
import { NAMES } from './builtins';
import * as variables from './variables';

const MAX_HISTORY = 200;
const ESCAPE = 27;

const history: string[] = [];
/** It takes no more than the line: what is typed behind it is for the command. */
const input = new Input(0);
input.single = true;
const settings = new ArrayBuffer(<i32>termios.SIZE);
let before: u32 = 0;

/** Whether the standard input is a terminal. */
export function isTerminal(): bool {
  return control(0, TCGETS, changetype<usize>(settings)) == 0;
}

function setRaw(raw: bool): void {
  if (raw) before = load<u32>(changetype<usize>(settings), termios.c_lflag);
  const flags = raw ? before & ~(ICANON | ECHO | ISIG) : before;
  store<u32>(changetype<usize>(settings), flags, termios.c_lflag);
  control(0, TCSETS, changetype<usize>(settings));
}

function show(text: string): void {
  const bytes = String.UTF8.encode(text);
  write(1, bytes, bytes.byteLength);
}

/** A line, without its end; null: the end of the input (Ctrl-D on an empty line). */
export function editLine(prompt: string): string | null {
  control(0, TCGETS, changetype<usize>(settings));
  setRaw(true);
  const editor = new Editor(prompt);
  show(prompt);
  while (!editor.finished) editor.key(input.byte());
  setRaw(false);
  show('\n');
  if (editor.ended) return null;
  remember(editor.text);
  return editor.text;
}

function remember(text: string): void {
  if (text.trim() == '' || (history.length > 0 && history[history.length - 1] == text)) return;
  history.push(text);
  if (history.length > MAX_HISTORY) history.shift();
}

/** The line and the cursor in it; it draws what changes. */
export class Editor {
  text: string = '';
  cursor: i32 = 0;
  finished: bool = false;
  ended: bool = false;
  private place: i32 = history.length;
  /** What was typed before going back in the history. */
  private draft: string = '';

  constructor(private prompt: string) {}

  key(code: i32): void {
    if (code == 13 || code == 10) this.finished = true;
    else if (code < 0 || (code == 4 && this.text == '')) {
      this.ended = true;
      this.finished = true;
    } else if (code == 3) {
      show('^C');
      this.text = '';
      this.finished = true;
    } else if (code == 127 || code == 8) this.erase(this.cursor - 1, this.cursor);
    else if (code == 4) this.erase(this.cursor, this.cursor + 1);
    else if (code == 1) this.move(0);
    else if (code == 5) this.move(this.text.length);
    else if (code == 21) this.erase(0, this.cursor);
    else if (code == 11) this.erase(this.cursor, this.text.length);
    else if (code == 23) this.erase(this.wordStart(), this.cursor);
    else if (code == 12) {
      show('\x1b[2J\x1b[H');
      this.draw();
    } else if (code == 9) this.complete();
    else if (code == ESCAPE) this.escape();
    else if (code >= 32) this.insert(this.character(code));
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
    if (atEnd) show(text);
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
    this.draw();
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
    this.place = place;
    this.text = place == history.length ? this.draft : history[place];
    this.cursor = this.text.length;
    this.draw();
  }

  private draw(): void {
    const back = this.text.length - this.cursor;
    show('\r' + this.prompt + this.text + '\x1b[K' + (back > 0 ? '\x1b[' + back.toString() + 'D' : ''));
  }

  /** Completes the word before the cursor as far as all that fit agree. */
  private complete(): void {
    const start = this.wordStart();
    const word = this.text.substring(start, this.cursor);
    if (word == '') return;
    const found = candidates(word, this.text.substring(0, start).trim() == '');
    if (found.length == 0) return;
    let common = found[0];
    for (let n = 1; n < found.length; n++)
      while (!found[n].startsWith(common)) common = common.substring(0, common.length - 1);
    if (common.length > word.length)
      this.insert(common.substring(word.length) + (found.length == 1 ? ' ' : ''));
    else if (found.length > 1) {
      show('\n' + found.join('  ') + '\n');
      this.draw();
    }
  }
}

function candidates(word: string, isCommand: bool): string[] {
  const slash = word.lastIndexOf('/');
  const found: string[] = [];
  if (isCommand && slash < 0) {
    addFitting(NAMES, '', word, found);
    const directories = variables.get('PATH').split(':');
    for (let n = 0; n < directories.length; n++) {
      const names = readDirectory(directories[n]);
      if (names != null) addFitting(names, '', word, found);
    }
    return found;
  }
  const directory = word.substring(0, slash + 1);
  const names = readDirectory(directory == '' ? '.' : directory);
  if (names != null) addFitting(names, directory, word, found);
  return found;
}

function addFitting(names: string[], prefix: string, word: string, found: string[]): void {
  for (let n = 0; n < names.length; n++) {
    const name = prefix + names[n];
    if (name.startsWith(word) && !found.includes(name)) found.push(name);
  }
}
