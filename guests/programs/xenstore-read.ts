/** xenstore-read PATH...: the values of nodes, a line each. */
import { complain, complainOf, print } from 'programs/lib/io';
import { failure, readNode } from 'programs/lib/store';
import { takeOptions } from 'programs/lib/options';

export function main(args: string[]): i32 {
  if (takeOptions(args, '', 'xenstore-read PATH...') == null) return 2;
  if (args.length < 2) {
    complain('usage: xenstore-read PATH...');
    return 2;
  }
  for (let n = 1; n < args.length; n++) {
    const value = readNode(args[n]);
    if (failure < 0) return complainOf(args[n], failure);
    print(value + '\n');
  }
  return 0;
}
