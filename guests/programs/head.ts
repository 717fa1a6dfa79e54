/** head [-n LINES | -LINES] [FILE...]: the first lines, ten unless said otherwise. */
import { Input, print } from 'programs/lib/io';
import { eachFile } from 'programs/lib/line-count';

export function main(args: string[]): i32 {
  return eachFile(args, (input: Input, lines: i64) => {
    for (; lines > 0; lines--) {
      const line = input.line();
      if (line == null) break;
      print(line + '\n');
    }
  });
}
