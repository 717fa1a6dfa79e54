/** sync: what has been written is safe on its disk when this ends. */
import { sync } from 'programs/lib/calls';
import { complainOf } from 'programs/lib/io';

export function main(args: string[]): i32 {
  const failed = sync();
  return failed < 0 ? complainOf('disks', failed) : 0;
}
