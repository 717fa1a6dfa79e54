/** Prints S-expressions as xend printed them: a list a line, what is in it indented. */
import { print } from 'programs/lib/io';

const INDENT: i32 = 4;

/** How deep in lists the next line stands. */
let depth: i32 = 0;

function line(text: string): void {
  print(' '.repeat(depth * INDENT) + text + '\n');
}

/** Begins a list; `close` ends it. */
export function open(name: string): void {
  line('(' + name);
  depth++;
}
export function close(): void {
  depth--;
  line(')');
}

export function pair(name: string, value: string): void {
  line('(' + name + ' ' + value + ')');
}

/** A pair whose value may have blanks in it. */
export function pairOf(name: string, value: string): void {
  pair(name, value.includes(' ') ? "'" + value + "'" : value);
}
