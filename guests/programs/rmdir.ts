/** rmdir PATH...: takes empty directories away. */
import { rmdir } from 'programs/lib/calls';
import { complainOf } from 'programs/lib/io';
import { takeOptions } from 'programs/lib/options';

export function main(args: string[]): i32 {
  if (takeOptions(args, '', 'rmdir PATH...') == null) return 2;
  let result = 0;
  for (let n = 1; n < args.length; n++) {
    const failed = rmdir(args[n]);
    if (failed < 0) result = complainOf(args[n], failed);
  }
  return result;
}
