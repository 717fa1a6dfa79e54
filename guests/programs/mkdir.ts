/** mkdir [-p] PATH...: makes directories; -p: those above them too, and it is no fault if they are there. */
import { mkdir, Stat } from 'programs/lib/calls';
import { complain, complainOf } from 'programs/lib/io';
import { takeOptions } from 'programs/lib/options';

const status = new Stat();

const USAGE = 'mkdir [-p] PATH...';

export function main(args: string[]): i32 {
  const options = takeOptions(args, 'p', USAGE);
  if (options == null) return 2;
  const parents = options.includes('p');
  if (args.length == 1) {
    complain('usage: ' + USAGE);
    return 2;
  }
  let result = 0;
  for (let n = 1; n < args.length; n++) {
    const failed = parents ? makeAll(args[n]) : mkdir(args[n]);
    if (failed < 0) result = complainOf(args[n], failed);
  }
  return result;
}

function makeAll(path: string): i32 {
  for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) mkdir(path.substring(0, at));
  const failed = mkdir(path);
  return failed == -17 && status.of(path) == 0 && status.isDirectory ? 0 : failed;
}
