/** xenstore-rm PATH...: takes nodes away, with all below them. */
import { complain, complainOf } from 'programs/lib/io';
import { removeNode } from 'programs/lib/store';
import { takeOptions } from 'programs/lib/options';

export function main(args: string[]): i32 {
  if (takeOptions(args, '', 'xenstore-rm PATH...') == null) return 2;
  if (args.length < 2) {
    complain('usage: xenstore-rm PATH...');
    return 2;
  }
  for (let n = 1; n < args.length; n++) {
    const failed = removeNode(args[n]);
    if (failed < 0) return complainOf(args[n], failed);
  }
  return 0;
}
