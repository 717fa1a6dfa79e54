/** wc [-lwc] [FILE...]: lines, words and bytes, or those of them that are asked for. */
import { Input, openInput, print } from 'programs/lib/io';
import { takeOptions } from 'programs/lib/options';
import { table } from 'programs/lib/text';

let lines: u64 = 0;
let words: u64 = 0;
let bytes: u64 = 0;

export function main(args: string[]): i32 {
  const options = takeOptions(args, 'lwc', 'wc [-lwc] [FILE...]');
  if (options == null) return 2;
  const wanted = options == '' ? 'lwc' : options;
  const rows: string[][] = [];
  let result = 0;
  if (args.length == 1) args.push('-');
  for (let n = 1; n < args.length; n++) {
    const input = openInput(args[n]);
    if (input == null) {
      result = 1;
      continue;
    }
    count(input);
    input.close();
    const row: string[] = [];
    if (wanted.includes('l')) row.push(lines.toString());
    if (wanted.includes('w')) row.push(words.toString());
    if (wanted.includes('c')) row.push(bytes.toString());
    if (args[n] != '-') row.push(args[n]);
    rows.push(row);
  }
  print(table(rows, (1 << wanted.length) - 1));
  return result;
}

function count(input: Input): void {
  lines = 0;
  words = 0;
  bytes = 0;
  let inWord = false;
  for (let byte = input.byte(); byte >= 0; byte = input.byte()) {
    bytes++;
    if (byte == 10) lines++;
    const space = byte == 32 || (byte >= 9 && byte <= 13);
    if (!space && !inWord) words++;
    inWord = !space;
  }
}
