/** sleep SECONDS: waits; a fraction may follow. */
import { sleepNs } from 'programs/lib/calls';
import { complain } from 'programs/lib/io';

export function main(args: string[]): i32 {
  const seconds = args.length == 2 ? parseFloat(args[1]) : NaN;
  if (isNaN(seconds) || seconds < 0) {
    complain('usage: sleep SECONDS');
    return 2;
  }
  sleepNs(<u64>(seconds * 1e9));
  return 0;
}
