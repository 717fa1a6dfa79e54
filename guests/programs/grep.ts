/** grep [-v] [-n] [-c] [-i] TEXT [FILE...]: lines that have a text in them. 0: some had; 1: none; 2: a fault. */
import { complain, Input, openInput, print } from 'programs/lib/io';

let inverted: bool = false;
let numbered: bool = false;
let counting: bool = false;
let folded: bool = false;

export function main(args: string[]): i32 {
  let first = 1;
  for (; first < args.length && args[first].startsWith('-') && args[first].length > 1; first++) {
    inverted = inverted || args[first].includes('v');
    numbered = numbered || args[first].includes('n');
    counting = counting || args[first].includes('c');
    folded = folded || args[first].includes('i');
  }
  if (first >= args.length) {
    complain('usage: grep [-vnci] TEXT [FILE...]');
    return 2;
  }
  const wanted = folded ? args[first].toLowerCase() : args[first];
  const files = args.slice(first + 1);
  if (files.length == 0) files.push('-');
  let found = false;
  let failed = false;
  for (let n = 0; n < files.length; n++) {
    const input = openInput(files[n]);
    if (input == null) failed = true;
    else if (search(input, wanted, files.length > 1 ? files[n] + ':' : '')) found = true;
  }
  return failed ? 2 : found ? 0 : 1;
}

function search(input: Input, wanted: string, prefix: string): bool {
  let count = 0;
  let number = 0;
  for (let line = input.line(); line != null; line = input.line()) {
    number++;
    const text: string = line;
    const has = (folded ? text.toLowerCase() : text).includes(wanted);
    if (has == inverted) continue;
    count++;
    if (!counting) print(prefix + (numbered ? number.toString() + ':' : '') + text + '\n');
  }
  if (counting) print(prefix + count.toString() + '\n');
  input.close();
  return count > 0;
}
