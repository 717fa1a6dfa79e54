/**
 * How much a card may send: so many bytes in each interval, as the toolstack has written into the node `rate` ("BYTES,MICROSECONDS",
 * which xend makes of rate=10Mb/s@50ms). As Linux's netback has it, only what the domain sends is held back: its requests wait in
 * the ring until there is credit again, which is never saved up beyond one interval's, or what the longest packet has.
 */
import { now } from 'kernel/events/clock';
import { Timer } from 'kernel/events/timers';

const NS_PER_US: u64 = 1000;
/** Less would never let the longest packet pass. */
const LEAST_BURST: i64 = 131072;

export abstract class Credit extends Timer {
  private bytes: i64 = 0;
  /** 0: there is no limit. */
  private intervalNs: u64 = 0;
  private left: i64 = 0;
  private nextNs: u64 = 0;

  /** Takes the text of a node; what is none is no limit. */
  set limit(text: usize) {
    const bytes = numberAt(text);
    const us = load<u8>(end) == 44 ? numberAt(end + 1) : 0;
    const isGood = bytes > 0 && us > 0 && load<u8>(end) == 0;
    this.bytes = <i64>bytes;
    this.left = this.bytes;
    this.intervalNs = isGood ? us * NS_PER_US : 0;
    this.nextNs = now() + this.intervalNs;
  }

  /** Whether a packet may pass now; else `fire` is called when one may. */
  get isThere(): bool {
    if (this.intervalNs == 0) return true;
    if (now() >= this.nextNs) {
      this.left = min(this.left + this.bytes, max(this.bytes, LEAST_BURST));
      this.nextNs = now() + this.intervalNs;
    }
    if (this.left > 0) return true;
    if (!this.armed) this.set(this.nextNs);
    return false;
  }

  /** A packet has passed. The last one may be longer than the credit: that is owed. */
  spend(bytes: u32): void {
    this.left -= bytes;
  }
}

let end: usize = 0;

function numberAt(text: usize): u64 {
  let value: u64 = 0;
  for (end = text; load<u8>(end) >= 48 && load<u8>(end) <= 57; end++)
    value = value * 10 + (load<u8>(end) - 48);
  return end == text ? 0 : value;
}
