/** rm [-r] [-f] PATH...: takes files away, and directories with all in them with -r; -f: says nothing of what is not there. */
import { readDirectory, readFailure, rmdir, Stat, unlink } from 'programs/lib/calls';
import { complain, complainOf } from 'programs/lib/io';
import { takeOptions } from 'programs/lib/options';

const status = new Stat();
let recursive: bool = false;
let quiet: bool = false;

export function main(args: string[]): i32 {
  const options = takeOptions(args, 'rf', 'rm [-rf] PATH...');
  if (options == null) return 2;
  recursive = options.includes('r');
  quiet = options.includes('f');
  if (args.length == 1 && !quiet) {
    complain('usage: rm [-rf] PATH...');
    return 2;
  }
  let result = 0;
  for (let n = 1; n < args.length; n++) result |= remove(args[n]);
  return result;
}

function remove(path: string): i32 {
  const found = status.ofLink(path);
  if (found == -2 && quiet) return 0;
  if (found < 0) return complainOf(path, found);
  let failed = 0;
  if (!status.isDirectory) failed = unlink(path);
  else if (!recursive) {
    complain(path + ' is a directory: -r takes it away');
    return 1;
  } else {
    const names = readDirectory(path);
    if (names == null) return complainOf(path, readFailure);
    let result = 0;
    for (let n = 0; n < names.length; n++) result |= remove(path + '/' + names[n]);
    if (result != 0) return result;
    failed = rmdir(path);
  }
  return failed < 0 ? complainOf(path, failed) : 0;
}
