/** head [-n LINES] [FILE]: the first lines, ten unless said otherwise. */
import { complain, openInput, print } from 'programs/lib/io';
import { bad, number } from 'programs/lib/text';

export function main(args: string[]): i32 {
  let lines: i64 = 10;
  let first = 1;
  if (args.length > 2 && args[1] == '-n') {
    lines = number(args[2]);
    first = 3;
  }
  if (bad) {
    complain('usage: head [-n LINES] [FILE]');
    return 2;
  }
  const input = openInput(first < args.length ? args[first] : '-');
  if (input == null) return 1;
  for (; lines > 0; lines--) {
    const line = input.line();
    if (line == null) break;
    print(line + '\n');
  }
  return 0;
}
