/** What `echo` does, in the shell and as a program: prints its arguments; -n: without a line's end. */
import { print } from './io';

export function echo(args: string[]): i32 {
  const bare = args.length > 1 && args[1] == '-n';
  print(args.slice(bare ? 2 : 1).join(' '));
  if (!bare) print('\n');
  return 0;
}
