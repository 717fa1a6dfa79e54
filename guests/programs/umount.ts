/** umount DIRECTORY: takes a file system away, with all that was written to it on its disk. */
import { unmount } from 'programs/lib/calls';
import { complain, complainOf } from 'programs/lib/io';
import { takeOptions } from 'programs/lib/options';

export function main(args: string[]): i32 {
  if (takeOptions(args, '', 'umount DIRECTORY') == null) return 2;
  if (args.length != 2) {
    complain('usage: umount DIRECTORY');
    return 2;
  }
  const failed = unmount(args[1]);
  return failed < 0 ? complainOf(args[1], failed) : 0;
}
