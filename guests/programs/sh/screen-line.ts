/**
 * A line on the screen, over as many rows as it takes: a terminal of COLUMNS columns (80 where the variable is not set) goes to
 * the next row by itself, but only when one more character comes; so a row that is just full is followed by a space and a return.
 */
import { write } from 'programs/lib/calls';
import * as variables from './variables';

const COLUMNS = 80;

export function show(text: string): void {
  const bytes = String.UTF8.encode(text);
  write(1, bytes, bytes.byteLength);
}

function columns(): i32 {
  const text = variables.get('COLUMNS');
  const wanted = text == '' ? 0 : I32.parseInt(text);
  return wanted > 1 ? wanted : COLUMNS;
}

function sequence(count: i32, letter: string): string {
  return count > 0 ? '\x1b[' + count.toString() + letter : '';
}

export class ScreenLine {
  /** Where the cursor is, counted from the beginning of the prompt. */
  private at: i32 = 0;

  /** The line anew, with the cursor behind so many of its characters. */
  draw(line: string, cursor: i32): void {
    const width = columns();
    const full = line.length > 0 && line.length % width == 0;
    show(
      sequence(this.at / width, 'A') +
        '\r' +
        line +
        (full ? ' \r' : '') +
        '\x1b[J' +
        this.moving(line.length, cursor),
    );
    this.at = cursor;
  }

  /** More of the line, behind what is there, where the cursor is. */
  append(text: string): void {
    this.at += text.length;
    show(this.at % columns() == 0 ? text + ' \r' : text);
  }

  move(to: i32): void {
    show(this.moving(this.at, to));
    this.at = to;
  }

  /** The prompt begins anew where the cursor is: on a row of its own. */
  begin(): void {
    this.at = 0;
  }

  private moving(from: i32, to: i32): string {
    const width = columns();
    const rows = to / width - from / width;
    const right = (to % width) - (from % width);
    return sequence(-rows, 'A') + sequence(rows, 'B') + sequence(-right, 'D') + sequence(right, 'C');
  }
}
