/** Instants as a person names them. */

/** An instant of a run: so many instructions retired, so many ns or ticks of the host's clock, its beginning or its end. */
export type Instant =
  | { readonly kind: 'instruction' | 'ns' | 'tick'; readonly value: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' };

export const INSTANT_HELP = '12345 (instructions), 1.5s, 20ms, tick 12345, start, end';

const NS: Readonly<Record<string, number>> = { s: 1e9, ms: 1e6, us: 1e3, ns: 1 };

/** Null: it is none. Thousands may be apart (12,345). */
export function parseInstant(text: string): Instant | null {
  const words = text.trim().toLowerCase();
  if (words === 'start' || words === 'end') return { kind: words };
  const match = /^(tick )? *(\d[\d,_]*(?:\.\d+)?) *(s|ms|us|ns)?$/.exec(words);
  if (match === null) return null;
  const [, tick, digits = '', unit] = match;
  const number = Number(digits.replace(/[,_]/g, ''));
  if (unit !== undefined) return tick === undefined ? { kind: 'ns', value: number * NS[unit]! } : null;
  if (!Number.isSafeInteger(number)) return null;
  return { kind: tick === undefined ? 'instruction' : 'tick', value: number };
}

/** A time that is over when the clock is at a tick, and not before. */
export function nsOfTick(tick: number, periodNs: number): number {
  return Math.max(0, tick - 0.5) * periodNs;
}
