/** hostname: the name of the host, which the kernel has from its command line. */
import { utsname } from 'mote/abi';
import { systemName } from 'programs/lib/calls';
import { print } from 'programs/lib/io';

export function main(args: string[]): i32 {
  print(systemName(utsname.nodename) + '\n');
  return 0;
}
