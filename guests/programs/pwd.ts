/** pwd: the current directory. */
import { currentDirectory } from 'programs/lib/calls';
import { print } from 'programs/lib/io';

export function main(args: string[]): i32 {
  print(currentDirectory() + '\n');
  return 0;
}
