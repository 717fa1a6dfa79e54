/** spin [SECONDS]: keeps the processor busy, for ever or for a time. */
import { CLOCK_MONOTONIC } from 'mote/abi';
import { clock } from 'programs/lib/calls';
import { complain } from 'programs/lib/io';
import { bad, number } from 'programs/lib/text';
import { NS_PER_SECOND } from 'programs/lib/time';

export function main(args: string[]): i32 {
  const seconds = args.length > 1 ? number(args[1]) : 0;
  if (bad || seconds < 0) {
    complain('usage: spin [SECONDS]');
    return 2;
  }
  const end = clock(CLOCK_MONOTONIC) + <u64>seconds * NS_PER_SECOND;
  let turns: u64 = 0;
  while (args.length < 2 || clock(CLOCK_MONOTONIC) < end) for (let n = 0; n < 100000; n++) turns += n;
  return 0;
}
