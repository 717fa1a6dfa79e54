/** seq [FIRST] LAST: numbers, a line each. */
import { complain, print } from 'programs/lib/io';
import { bad, number } from 'programs/lib/text';

export function main(args: string[]): i32 {
  const last = args.length > 1 ? number(args[args.length - 1]) : 0;
  const wrong = bad;
  const first = args.length > 2 ? number(args[1]) : 1;
  if (wrong || bad || args.length < 2 || args.length > 3) {
    complain('usage: seq [FIRST] LAST');
    return 2;
  }
  for (let n = first; n <= last; n++) print(n.toString() + '\n');
  return 0;
}
