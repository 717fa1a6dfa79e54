/** chroot DIRECTORY [COMMAND...]: runs a command, the shell unless said otherwise, for which the directory is the root. */
import { chdir, chroot, exec } from 'programs/lib/calls';
import { complain, complainOf } from 'programs/lib/io';
import { environment } from 'programs/lib/start';

const SHELL = '/bin/sh';

export function main(args: string[]): i32 {
  if (args.length < 2 || args[1].startsWith('-')) {
    complain('usage: chroot DIRECTORY [COMMAND...]');
    return 2;
  }
  let failed = chroot(args[1]);
  if (failed == 0) failed = chdir('/');
  if (failed < 0) {
    complainOf('cannot change root directory to ' + args[1], failed);
    return CANNOT;
  }
  const words = args.length > 2 ? args.slice(2) : [SHELL];
  // The shell of the manuals is Mote's.
  const program = words[0] == '/bin/bash' ? SHELL : words[0].includes('/') ? words[0] : '/bin/' + words[0];
  complainOf('failed to run command ' + words[0], exec(program, words, environment()));
  return NOT_FOUND;
}

/** Exit statuses, as coreutils has them. */
const CANNOT = 125;
const NOT_FOUND = 127;
