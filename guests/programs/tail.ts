/** tail [-n LINES | -LINES] [FILE...]: the last lines, ten unless said otherwise. */
import { Input, print } from 'programs/lib/io';
import { eachFile } from 'programs/lib/line-count';

export function main(args: string[]): i32 {
  return eachFile(args, (input: Input, lines: i64) => {
    const kept: string[] = [];
    for (let line = input.line(); line != null; line = input.line()) {
      kept.push(line);
      if (kept.length > <i32>lines) kept.shift();
    }
    for (let n = 0; n < kept.length; n++) print(kept[n] + '\n');
  });
}
