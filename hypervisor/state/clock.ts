/**
 * System time. One count is the clock of everything: ticks (retired instructions and idle jumps) are TSC cycles, and
 * ns = ticks × period. The period is a power of two, so that pvclock's multiplier and shift say it exactly and no
 * rounding can ever let time go back.
 */

/** The period of the timer that every paravirtualized vcpu starts with: 100 Hz. */
export const DEFAULT_PERIOD_NS = 10_000_000;

/** What the clock is made of: nanoseconds per tick, and pvclock's scale. */
export interface Clock {
  readonly periodNs: number;
  /** tsc_to_system_mul (a fraction of 2^32) and tsc_shift of vcpu_time_info. */
  readonly multiplier: number;
  readonly shift: number;
}

/** Makes a clock. Throws RangeError unless the period is a power of two from 1/16 to 64 ns. */
export function makeClock(periodNs: number): Clock {
  const exponent = Math.log2(periodNs);
  if (!Number.isInteger(exponent) || exponent < -4 || exponent > 6)
    throw new RangeError(`the period must be a power of two from 1/16 to 64 ns, not ${String(periodNs)}`);
  return { periodNs, multiplier: 0x8000_0000, shift: exponent + 1 };
}

/** TSC cycles per second, in kHz. */
export function tscKhz(clock: Clock): number {
  return Math.floor(1_000_000 / clock.periodNs);
}

/** The first tick at which system time is at least `ns`. */
export function ticksAt(clock: Clock, ns: number): number {
  return Math.ceil(ns / clock.periodNs);
}
