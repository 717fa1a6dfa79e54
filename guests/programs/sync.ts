/** sync: what has been written is safe on its disk when this ends. */
import { sync } from 'programs/lib/calls';
import { complainOf } from 'programs/lib/io';
import { takesNothing } from 'programs/lib/options';

export function main(args: string[]): i32 {
  if (!takesNothing(args)) return 2;
  const failed = sync();
  return failed < 0 ? complainOf('disks', failed) : 0;
}
