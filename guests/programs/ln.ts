/** ln [-s] TARGET PATH: another name for a file; -s: a symbolic link. */
import { link, symlink } from 'programs/lib/calls';
import { complain, complainOf } from 'programs/lib/io';

export function main(args: string[]): i32 {
  const symbolic = args.length > 1 && args[1] == '-s';
  const first = symbolic ? 2 : 1;
  if (args.length - first != 2) {
    complain('usage: ln [-s] TARGET PATH');
    return 2;
  }
  const failed = symbolic ? symlink(args[first], args[first + 1]) : link(args[first], args[first + 1]);
  return failed < 0 ? complainOf(args[first + 1], failed) : 0;
}
