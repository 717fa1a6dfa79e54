/**
 * A line on the screen while it is edited: one row, in which a part of a long line is seen. A console's width is not known (80
 * columns, or what the variable COLUMNS says), and in one row nothing goes wrong where it is more.
 */
import { write } from 'programs/lib/calls';
import * as variables from './variables';

const COLUMNS = 80;
/** Of the line itself there is at least so much to be seen, be the prompt ever so long. */
const LEAST = 16;
/** What is left of what can be seen. */
const MORE = '<';

export function show(text: string): void {
  const bytes = String.UTF8.encode(text);
  write(1, bytes, bytes.byteLength);
}

/** The last column stays empty: a terminal may go to the next row when it is filled. */
function columns(): i32 {
  const text = variables.get('COLUMNS');
  const wanted = text == '' ? 0 : I32.parseInt(text);
  return (wanted > 1 ? wanted : COLUMNS) - 1;
}

export class ScreenLine {
  /** The first character that is seen, and where the cursor is in the line. */
  private first: i32 = 0;
  private cursor: i32 = 0;

  /** The row anew, with the cursor before character `cursor`. */
  draw(prompt: string, line: string, cursor: i32): void {
    const room = max(columns() - prompt.length, LEAST);
    this.scroll(line.length, cursor, room);
    let seen = line.substr(this.first, room);
    if (this.first > 0) seen = MORE + seen.substring(1);
    const back = this.first + seen.length - cursor;
    show('\r' + prompt + seen + '\x1b[K' + (back > 0 ? '\x1b[' + back.toString() + 'D' : ''));
  }

  /** More at the end of the line, where the cursor is. */
  append(prompt: string, line: string, more: string): void {
    this.cursor = line.length;
    if (line.length - this.first > columns() - prompt.length) this.draw(prompt, line, line.length);
    else show(more);
  }

  /** The cursor goes before character `cursor` of a line that is shown. */
  move(prompt: string, line: string, cursor: i32): void {
    const by = cursor - this.cursor;
    if (this.isHidden(cursor, columns() - prompt.length)) this.draw(prompt, line, cursor);
    else if (by != 0) show('\x1b[' + abs(by).toString() + (by < 0 ? 'D' : 'C'));
    this.cursor = cursor;
  }

  /** Nothing more changes: all of the line is to be seen, over as many rows as it takes. */
  finish(prompt: string, line: string): void {
    if (this.first > 0 || line.length > columns() - prompt.length) show('\r' + prompt + line + '\x1b[K');
    else this.move(prompt, line, line.length);
  }

  /** By half a row where the cursor would leave it: not at every key. */
  private scroll(length: i32, cursor: i32, room: i32): void {
    if (length <= room) this.first = 0;
    else if (this.isHidden(cursor, room)) this.first = max(cursor - room / 2, 0);
    this.cursor = cursor;
  }

  /** Where something is left of what is seen, its first place is a mark for that. */
  private isHidden(cursor: i32, room: i32): bool {
    return (this.first > 0 && cursor <= this.first) || cursor > this.first + room;
  }
}
