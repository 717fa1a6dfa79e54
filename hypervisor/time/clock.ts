/**
 * System time. One count is the clock of everything: ticks (retired instructions and idle jumps) are TSC cycles, and
 * ns = ticks × period. The period is a power of two, so that pvclock's multiplier and shift say it exactly and no
 * rounding can ever let time go back.
 */
import { lowHalf } from '../../core/machine.ts';

export const NS_PER_SECOND = 1_000_000_000;
/** The period of the timer that every paravirtualized vcpu starts with: 100 Hz. */
export const DEFAULT_PERIOD_NS = 10_000_000;

/** What the clock is made of: nanoseconds per tick, pvclock's scale, and the wall clock when ticks were 0. */
export interface Clock {
  readonly periodNs: number;
  /** tsc_to_system_mul (a fraction of 2^32) and tsc_shift of vcpu_time_info. */
  readonly multiplier: number;
  readonly shift: number;
  /** Seconds since 1970 at system time 0. */
  readonly epochSeconds: number;
}

/** Makes a clock. Throws RangeError unless the period is a power of two from 1/16 to 64 ns. */
export function makeClock(periodNs: number, epochSeconds: number): Clock {
  const exponent = Math.log2(periodNs);
  if (!Number.isInteger(exponent) || exponent < -4 || exponent > 6)
    throw new RangeError(`the period must be a power of two from 1/16 to 64 ns, not ${String(periodNs)}`);
  return { periodNs, multiplier: 0x8000_0000, shift: exponent + 1, epochSeconds };
}

/** TSC cycles per second, in kHz. */
export function tscKhz(clock: Clock): number {
  return Math.floor(1_000_000 / clock.periodNs);
}

/** The first tick at which system time is at least `ns`. */
export function ticksAt(clock: Clock, ns: number): number {
  return Math.ceil(ns / clock.periodNs);
}

/** Wall-clock fields of shared_info: seconds (lower and upper half) and ns at system time 0. */
export function wallClock(clock: Clock): { low: number; high: number } {
  return { low: lowHalf(clock.epochSeconds), high: Math.floor(clock.epochSeconds / 0x1_0000_0000) };
}
