/** free: how much memory there is and how much of it is in use, in KiB. */
import { sysinfo } from 'mote/abi';
import { systemInformation } from 'programs/lib/calls';
import { print } from 'programs/lib/io';
import { table } from 'programs/lib/text';
import { takesNothing } from 'programs/lib/options';

export function main(args: string[]): i32 {
  if (!takesNothing(args)) return 2;
  const total = systemInformation(sysinfo.totalram) >> 10;
  const unused = systemInformation(sysinfo.freeram) >> 10;
  const row = ['Mem:', total.toString(), (total - unused).toString(), unused.toString()];
  print(table([['', 'total', 'used', 'free'], row], 0b1110));
  return 0;
}
