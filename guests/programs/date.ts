/** date [-u]: what time it is, in UTC; it is Xen's, and cannot be set. */
import { CLOCK_REALTIME } from 'mote/abi';
import { clock } from 'programs/lib/calls';
import { print } from 'programs/lib/io';
import { DateText } from 'programs/lib/text';
import { takeOptions, takesNothing } from 'programs/lib/options';
import { NS_PER_SECOND } from 'programs/lib/time';

export function main(args: string[]): i32 {
  if (takeOptions(args, 'u', 'date [-u]') == null || !takesNothing(args)) return 2;
  print(new DateText(clock(CLOCK_REALTIME) / NS_PER_SECOND).whole() + '\n');
  return 0;
}
