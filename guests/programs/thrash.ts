/** thrash [MEGABYTES [RATE]]: dirties that much memory again and again, RATE megabytes a second (one unless said). */
import { CLOCK_MONOTONIC } from 'mote/abi';
import { clock, sleepNs } from 'programs/lib/calls';
import { complain, flush, print } from 'programs/lib/io';
import { bad, number } from 'programs/lib/text';
import { NS_PER_SECOND } from 'programs/lib/time';

const MEGABYTE = 1 << 20;
const PAGE = 4096;
/** Times a second that it writes: a round of a migration is to see its pace, not its pauses. */
const STEPS: u64 = 200;

export function main(args: string[]): i32 {
  const size = args.length > 1 ? number(args[1]) : 4;
  const wrong = bad;
  const rate = args.length > 2 ? number(args[2]) : 1;
  if (wrong || bad || size <= 0 || size > 512 || rate <= 0) {
    complain('usage: thrash [MEGABYTES [RATE]]');
    return 2;
  }
  const memory_ = new StaticArray<u8>(<i32>size * MEGABYTE);
  const pagesPerSecond = (<u64>rate * MEGABYTE) / PAGE;
  print('thrash: ' + rate.toString() + ' of ' + size.toString() + ' MB a second\n');
  flush();
  let at = 0;
  let value: u8 = 0;
  let due = clock(CLOCK_MONOTONIC);
  let left: u64 = 0;
  for (;;) {
    // What is no whole page waits for the next step.
    left += pagesPerSecond;
    for (; left >= STEPS; left -= STEPS) {
      memory_[at] = ++value;
      at += PAGE;
      if (at >= memory_.length) at = 0;
    }
    due += NS_PER_SECOND / STEPS;
    const now = clock(CLOCK_MONOTONIC);
    if (now < due) sleepNs(due - now);
    else due = now;
  }
  return 0;
}
