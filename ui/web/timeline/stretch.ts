/** The stretch of time that a timeline shows: zoomed and moved within what there is. */
export interface Stretch {
  readonly fromNs: number;
  readonly toNs: number;
}

/** A tick of a host is about a ns; the steps within one can be told apart down to here. */
export const LEAST_NS = 2;

/** As wide as it was, as far as that is within bounds. */
export function within({ fromNs, toNs }: Stretch, bounds: Stretch): Stretch {
  const width = Math.min(toNs - fromNs, bounds.toNs - bounds.fromNs);
  const from = Math.min(Math.max(fromNs, bounds.fromNs), bounds.toNs - width);
  return { fromNs: from, toNs: from + width };
}

/** So many times as wide, with an instant where it was. */
export function zoomed(
  { fromNs, toNs }: Stretch,
  factor: number,
  aroundNs: number,
  bounds: Stretch,
): Stretch {
  const most = Math.max(LEAST_NS, bounds.toNs - bounds.fromNs);
  const width = Math.min(most, Math.max(LEAST_NS, (toNs - fromNs) * factor));
  const share = toNs > fromNs ? (aroundNs - fromNs) / (toNs - fromNs) : 0.5;
  return within({ fromNs: aroundNs - width * share, toNs: aroundNs + width * (1 - share) }, bounds);
}

/** Moved by a share of its width. */
export function panned({ fromNs, toNs }: Stretch, share: number, bounds: Stretch): Stretch {
  const by = (toNs - fromNs) * share;
  return within({ fromNs: fromNs + by, toNs: toNs + by }, bounds);
}

const UNITS = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [1, 'ns'],
] as const;

/** A duration in words: `1.25 ms`. */
export function duration(ns: number): string {
  const [size, unit] = UNITS.find(([least]) => ns >= least) ?? UNITS[3];
  return `${String(Number((ns / size).toPrecision(4)))} ${unit}`;
}

/** An instant: `1.234 567 890 s`. */
export function instant(ns: number): string {
  return `${(ns / 1e9).toFixed(9).replace(/(\d{3})(?=\d)/g, '$1 ')} s`;
}
