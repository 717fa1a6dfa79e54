/** wc [FILE...]: lines, words and bytes. */
import { openInput, print } from 'programs/lib/io';
import { table } from 'programs/lib/text';

export function main(args: string[]): i32 {
  const rows: string[][] = [];
  let result = 0;
  if (args.length == 1) args.push('-');
  for (let n = 1; n < args.length; n++) {
    const input = openInput(args[n]);
    if (input == null) {
      result = 1;
      continue;
    }
    let lines: u64 = 0;
    let words: u64 = 0;
    let bytes: u64 = 0;
    let inWord = false;
    for (let byte = input.byte(); byte >= 0; byte = input.byte()) {
      bytes++;
      if (byte == 10) lines++;
      const space = byte == 32 || (byte >= 9 && byte <= 13);
      if (!space && !inWord) words++;
      inWord = !space;
    }
    input.close();
    const row = [lines.toString(), words.toString(), bytes.toString()];
    if (args[n] != '-') row.push(args[n]);
    rows.push(row);
  }
  print(table(rows, 0b111));
  return result;
}
