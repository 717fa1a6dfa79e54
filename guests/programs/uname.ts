/** uname [-snrvma]: the system's name; -n: the host's; -r, -v: its release and version; -m: the machine's; -a: all of it. */
import { utsname } from 'mote/abi';
import { systemName } from 'programs/lib/calls';
import { print } from 'programs/lib/io';
import { takeOptions, takesNothing } from 'programs/lib/options';

const LETTERS = 'snrvm';
const FIELDS: usize[] = [
  utsname.sysname,
  utsname.nodename,
  utsname.release,
  utsname.version,
  utsname.machine,
];

export function main(args: string[]): i32 {
  const options = takeOptions(args, LETTERS + 'a', 'uname [-snrvma]');
  if (options == null || !takesNothing(args)) return 2;
  const wanted = options.includes('a') ? LETTERS : options == '' ? 's' : options;
  const parts: string[] = [];
  // In their order, whatever the order of the options.
  for (let n = 0; n < FIELDS.length; n++)
    if (wanted.includes(LETTERS.charAt(n))) parts.push(systemName(FIELDS[n]));
  print(parts.join(' ') + '\n');
  return 0;
}
