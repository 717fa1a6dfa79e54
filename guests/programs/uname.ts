/** uname [-a]: the system's name; -a: all of it. */
import { utsname } from 'mote/abi';
import { systemName } from 'programs/lib/calls';
import { print } from 'programs/lib/io';

export function main(args: string[]): i32 {
  let text = systemName(utsname.sysname);
  if (args.length > 1 && args[1] == '-a')
    text +=
      ' ' +
      systemName(utsname.nodename) +
      ' ' +
      systemName(utsname.release) +
      ' ' +
      systemName(utsname.version) +
      ' ' +
      systemName(utsname.machine);
  print(text + '\n');
  return 0;
}
