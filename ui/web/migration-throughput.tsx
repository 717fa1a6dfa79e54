/** What a domain sends through its cards while it migrates, as an area over the ruler's axis: where it stops, nobody is served. */
import type { MigrationView } from '../lab/migration-view.ts';
import { STEP_NS } from '../lab/steps.ts';

const BITS = 8;
const MEGA = 1e6;
/** Columns of the picture at most: more steps than that are drawn together. */
const COLUMNS = 600;
/** Of the time before it, how much is what it was before. */
const BEFORE_NS = 100e6;

export interface ThroughputView {
  /** In ns from the migration's beginning. */
  readonly from: number;
  readonly to: number;
  readonly stepNs: number;
  /** Mbit/s in each step. */
  readonly rates: readonly number[];
  /** Mbit/s at most, and in the BEFORE_NS before it began (null: it was not looked at then). */
  readonly most: number;
  readonly before: number | null;
}

/** null: it sends nothing. */
export function throughputOf({ sent, stages }: MigrationView): ThroughputView | null {
  const begun = stages[0]?.atNs;
  if (sent === null || begun === undefined) return null;
  const together = Math.max(1, Math.ceil(sent.bytes.length / COLUMNS));
  const stepNs = together * STEP_NS;
  const rates = Array.from({ length: Math.ceil(sent.bytes.length / together) }, (_, n) => {
    const bytes = sent.bytes.subarray(n * together, (n + 1) * together).reduce((sum, each) => sum + each, 0);
    return (bytes * BITS * 1e9) / stepNs / MEGA;
  });
  const from = sent.fromNs - begun;
  const begins = Math.max(0, Math.floor(-from / stepNs));
  const earlier = rates.slice(Math.max(0, begins - Math.ceil(BEFORE_NS / stepNs)), begins);
  return {
    ...{ from, to: from + rates.length * stepNs, stepNs, rates },
    most: rates.reduce((most, rate) => Math.max(most, rate), 0),
    before: earlier.length === 0 ? null : earlier.reduce((sum, rate) => sum + rate, 0) / earlier.length,
  };
}

/** What the picture shows, for who does not see it. */
export function rateWords({ most, before }: ThroughputView): string {
  const earlier = before === null ? '' : `, ${before.toFixed(1)} just before it began`;
  return `at most ${most.toFixed(1)} Mbit/s${earlier}`;
}

export function Throughput({ sent: { rates, most } }: { sent: ThroughputView }) {
  const points = rates.map((rate, n) => {
    const y = (1 - rate / most).toFixed(3);
    return `L${String(n)} ${y} L${String(n + 1)} ${y}`;
  });
  return (
    <svg viewBox={`0 0 ${String(rates.length)} 1`} preserveAspectRatio="none" aria-hidden="true">
      <path d={`M0 1 ${points.join(' ')} L${String(rates.length)} 1 Z`} />
    </svg>
  );
}
