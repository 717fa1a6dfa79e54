/** echo [-n] [TEXT...]: prints its arguments; -n: without a line's end. */
import { echo } from 'programs/lib/echo';

export function main(args: string[]): i32 {
  return echo(args);
}
