/** An amount by steps of time, such as bytes that went out: plain data, kept for as long as it is wanted. */

/** A step of the clients' throughput, as the paper plots it (Clark et al. 2005, 6.3). */
export const STEP_NS = 10e6;

export interface Steps {
  /** The first one, counted from the world's beginning in steps. */
  first: number;
  /** Of each step from it on; none behind the last in which there was some. */
  amounts: number[];
}

/** Adds to the step of this instant, not before the first one's; those between have nothing. */
export function addTo(steps: Steps, ns: number, amount: number): void {
  const at = Math.floor(ns / STEP_NS);
  if (steps.amounts.length === 0) steps.first = at;
  while (steps.first + steps.amounts.length <= at) steps.amounts.push(0);
  steps.amounts[at - steps.first]! += amount;
}

/** Forgets what is before this instant. */
export function forgetBefore(steps: Steps, ns: number): void {
  const gone = Math.min(Math.max(0, Math.floor(ns / STEP_NS) - steps.first), steps.amounts.length);
  steps.first += gone;
  steps.amounts.splice(0, gone);
}

/** Of these together, every step of [fromNs, toNs]; `fromNs`: that of the first one's beginning. */
export function amountsOf(all: readonly Steps[], fromNs: number, toNs: number): number[] {
  const from = Math.floor(fromNs / STEP_NS);
  const count = Math.max(0, Math.ceil(toNs / STEP_NS) - from);
  return Array.from({ length: count }, (_, n) =>
    all.reduce((sum, { first, amounts }) => sum + (amounts[from + n - first] ?? 0), 0),
  );
}
