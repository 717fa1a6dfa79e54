/** pwd: the current directory. */
import { currentDirectory } from 'programs/lib/calls';
import { print } from 'programs/lib/io';
import { takesNothing } from 'programs/lib/options';

export function main(args: string[]): i32 {
  if (!takesNothing(args)) return 2;
  print(currentDirectory() + '\n');
  return 0;
}
