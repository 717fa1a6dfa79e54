/** ln [-s] TARGET PATH: another name for a file; -s: a symbolic link. */
import { link, symlink } from 'programs/lib/calls';
import { complain, complainOf } from 'programs/lib/io';
import { takeOptions } from 'programs/lib/options';

const USAGE = 'ln [-s] TARGET PATH';

export function main(args: string[]): i32 {
  const options = takeOptions(args, 's', USAGE);
  if (options == null) return 2;
  if (args.length != 3) {
    complain('usage: ' + USAGE);
    return 2;
  }
  const failed = options.includes('s') ? symlink(args[1], args[2]) : link(args[1], args[2]);
  return failed < 0 ? complainOf(args[2], failed) : 0;
}
