/** hostname: the name of the host, which the kernel has from its command line. */
import { utsname } from 'mote/abi';
import { systemName } from 'programs/lib/calls';
import { print } from 'programs/lib/io';
import { takesNothing } from 'programs/lib/options';

export function main(args: string[]): i32 {
  if (!takesNothing(args)) return 2;
  print(systemName(utsname.nodename) + '\n');
  return 0;
}
