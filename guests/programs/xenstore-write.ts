/** xenstore-write PATH VALUE...: sets nodes, which are made where they are missing. */
import { complain, complainOf } from 'programs/lib/io';
import { writeNode } from 'programs/lib/store';

export function main(args: string[]): i32 {
  if (args.length < 3 || args.length % 2 == 0) {
    complain('usage: xenstore-write PATH VALUE [PATH VALUE]...');
    return 2;
  }
  for (let n = 1; n < args.length; n += 2) {
    const failed = writeNode(args[n], args[n + 1]);
    if (failed < 0) return complainOf(args[n], failed);
  }
  return 0;
}
