/** mv FROM TO, mv FROM... DIRECTORY: renames and moves, within one file system. */
import { rename, Stat } from 'programs/lib/calls';
import { complain, complainOf } from 'programs/lib/io';
import { baseName } from 'programs/lib/path';
import { takeOptions } from 'programs/lib/options';

const status = new Stat();

export function main(args: string[]): i32 {
  if (takeOptions(args, '', 'mv FROM... TO') == null) return 2;
  if (args.length < 3) {
    complain('usage: mv FROM... TO');
    return 2;
  }
  const to = args[args.length - 1];
  const into = status.of(to) == 0 && status.isDirectory;
  if (args.length > 3 && !into) return complainOf(to, -20);
  let result = 0;
  for (let n = 1; n < args.length - 1; n++) {
    const failed = rename(args[n], into ? to + '/' + baseName(args[n]) : to);
    if (failed < 0) result = complainOf(args[n], failed);
  }
  return result;
}
