/** env: the environment, a line each. */
import { print } from 'programs/lib/io';
import { environment } from 'programs/lib/start';
import { takesNothing } from 'programs/lib/options';

export function main(args: string[]): i32 {
  if (!takesNothing(args)) return 2;
  const list = environment();
  for (let n = 0; n < list.length; n++) print(list[n] + '\n');
  return 0;
}
