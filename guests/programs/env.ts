/** env: the environment, a line each. */
import { print } from 'programs/lib/io';
import { environment } from 'programs/lib/start';

export function main(args: string[]): i32 {
  const list = environment();
  for (let n = 0; n < list.length; n++) print(list[n] + '\n');
  return 0;
}
