/** sort [-n] [-r] [FILE...]: lines in order; -n: by the number they begin with; -r: the other way round. */
import { openInput, print } from 'programs/lib/io';
import { takeOptions } from 'programs/lib/options';

let numeric: bool = false;
let reverse: bool = false;

export function main(args: string[]): i32 {
  const lines: string[] = [];
  const options = takeOptions(args, 'nr', 'sort [-n] [-r] [FILE...]');
  if (options == null) return 2;
  numeric = options.includes('n');
  reverse = options.includes('r');
  const files = args.slice(1);
  if (files.length == 0) files.push('-');
  let result = 0;
  for (let n = 0; n < files.length; n++) {
    const input = openInput(files[n]);
    if (input == null) result = 1;
    else for (let line = input.line(); line != null; line = input.line()) lines.push(line);
  }
  lines.sort((a, b) => {
    let order = numeric ? compareNumbers(a, b) : 0;
    if (order == 0) order = a < b ? -1 : a > b ? 1 : 0;
    return reverse ? -order : order;
  });
  for (let n = 0; n < lines.length; n++) print(lines[n] + '\n');
  return result;
}

function compareNumbers(a: string, b: string): i32 {
  const difference = parseFloat('0' + a.trim()) - parseFloat('0' + b.trim());
  return difference < 0 ? -1 : difference > 0 ? 1 : 0;
}
