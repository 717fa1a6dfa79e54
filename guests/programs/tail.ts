/** tail [-n LINES] [FILE]: the last lines, ten unless said otherwise. */
import { complain, openInput, print } from 'programs/lib/io';
import { bad, number } from 'programs/lib/text';

export function main(args: string[]): i32 {
  let count: i64 = 10;
  let first = 1;
  if (args.length > 2 && args[1] == '-n') {
    count = number(args[2]);
    first = 3;
  }
  if (bad || count < 0) {
    complain('usage: tail [-n LINES] [FILE]');
    return 2;
  }
  const input = openInput(first < args.length ? args[first] : '-');
  if (input == null) return 1;
  const kept: string[] = [];
  for (let line = input.line(); line != null; line = input.line()) {
    kept.push(line);
    if (kept.length > <i32>count) kept.shift();
  }
  for (let n = 0; n < kept.length; n++) print(kept[n] + '\n');
  return 0;
}
