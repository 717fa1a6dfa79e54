/** mount: what is mounted where. mount -t TYPE SOURCE DIRECTORY: mounts a file system on a directory. */
import { mount } from 'programs/lib/calls';
import { complain, complainOf, print, readFile } from 'programs/lib/io';

export function main(args: string[]): i32 {
  if (args.length == 1) return list();
  if (args.length != 5 || args[1] != '-t') {
    complain('usage: mount [-t TYPE SOURCE DIRECTORY]');
    return 2;
  }
  const failed = mount(args[3], args[4], args[2]);
  return failed < 0 ? complainOf(args[4], failed) : 0;
}

/** A line of /proc/mounts has the source, the directory, the type, and more. */
function list(): i32 {
  const text = readFile('/proc/mounts');
  if (text == null) {
    complain('/proc is not there');
    return 1;
  }
  const lines = text.trimEnd().split('\n');
  for (let n = 0; n < lines.length; n++) {
    const fields = lines[n].split(' ');
    print(fields[0] + ' on ' + fields[1] + ' type ' + fields[2] + '\n');
  }
  return 0;
}
