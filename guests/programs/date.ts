/** date: what time it is, in UTC. */
import { CLOCK_REALTIME } from 'mote/abi';
import { clock } from 'programs/lib/calls';
import { print } from 'programs/lib/io';
import { DateText } from 'programs/lib/text';

export function main(args: string[]): i32 {
  print(new DateText(clock(CLOCK_REALTIME) / 1000000000).whole() + '\n');
  return 0;
}
