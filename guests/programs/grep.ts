/**
 * grep [-vnciq] PATTERN [FILE...]: lines that match; -v: that do not; -n: with their numbers; -c: how many; -i: as if all
 * letters were small; -q: only the status tells. Status 0: there were some; 1: none; 2: a fault.
 */
import { complain, Input, openInput, print } from 'programs/lib/io';
import { takeOptions } from 'programs/lib/options';
import { found } from 'programs/lib/regex';

let inverted: bool = false;
let numbered: bool = false;
let counting: bool = false;
let folded: bool = false;
let isQuiet: bool = false;

export function main(args: string[]): i32 {
  const options = takeOptions(args, 'vnciq', 'grep [-vnciq] PATTERN [FILE...]');
  if (options == null) return 2;
  if (args.length < 2) {
    complain('usage: grep [-vnciq] PATTERN [FILE...]');
    return 2;
  }
  inverted = options.includes('v');
  numbered = options.includes('n');
  counting = options.includes('c');
  folded = options.includes('i');
  isQuiet = options.includes('q');
  const wanted = folded ? args[1].toLowerCase() : args[1];
  const files = args.slice(2);
  if (files.length == 0) files.push('-');
  let any = false;
  let failed = false;
  for (let n = 0; n < files.length; n++) {
    const input = openInput(files[n]);
    if (input == null) failed = true;
    else if (search(input, wanted, files.length > 1 ? files[n] + ':' : '')) any = true;
  }
  return failed ? 2 : any ? 0 : 1;
}

function search(input: Input, wanted: string, prefix: string): bool {
  let count = 0;
  let number = 0;
  for (let line = input.line(); line != null; line = input.line()) {
    number++;
    const text: string = line;
    const has = found(wanted, folded ? text.toLowerCase() : text);
    if (has == inverted) continue;
    count++;
    if (!counting && !isQuiet) print(prefix + (numbered ? number.toString() + ':' : '') + text + '\n');
  }
  if (counting && !isQuiet) print(prefix + count.toString() + '\n');
  input.close();
  return count > 0;
}
