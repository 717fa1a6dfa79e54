/** The page's copy of a run's overview, put together from what the lab tells of it. */
import { COUNTED } from '../../lab/timeline/counted.ts';
import type { OverviewChange } from '../../lab/timeline/overview.ts';

interface Series {
  readonly processor: number;
  readonly name: string;
  ticks: Float32Array;
}

/** What of a stretch of bins is known. */
export interface Sample {
  /** From 0 to 1. */
  readonly known: number;
  /** By `COUNTED`: for each ns that is known. */
  readonly rates: readonly number[];
  /** The share of the known time that each vcpu had a processor: by place in `runs`. */
  readonly shares: readonly number[];
}

export class OverviewCopy {
  binNs = 1;
  private binTicks = 1;
  private known: Float32Array = new Float32Array(0);
  private counts: Float32Array[] = COUNTED.map(() => new Float32Array(0));
  private series: Series[] = [];
  /** Samples that were made of what there is now, by how many bins each has. */
  private readonly made = new Map<number, Map<number, Sample>>();
  /** How often it has changed. */
  version = 0;

  apply({ binNs, binTicks, from, known, counts, runs }: OverviewChange): void {
    if (from === 0) this.series = [];
    this.made.clear();
    this.version++;
    this.binNs = binNs;
    this.binTicks = binTicks;
    this.known = joined(this.known, from, known);
    this.counts = counts.map((each, kind) => joined(this.counts[kind]!, from, each));
    this.series = runs.map(({ processor, name, ticks }, index) => ({
      ...{ processor, name },
      ticks: joined(this.series[index]?.ticks ?? new Float32Array(from), from, ticks),
    }));
  }

  get bins(): number {
    return this.known.length;
  }
  get endNs(): number {
    return this.bins * this.binNs;
  }
  get runs(): readonly { readonly processor: number; readonly name: string }[] {
    return this.series;
  }

  /** How many events are known of between two instants, about. */
  events(fromNs: number, toNs: number): number {
    let sum = 0;
    const first = Math.max(0, Math.floor(fromNs / this.binNs));
    const end = Math.min(this.bins, Math.ceil(toNs / this.binNs));
    for (let bin = first; bin < end; bin++) {
      const share = Math.min(toNs, (bin + 1) * this.binNs) - Math.max(fromNs, bin * this.binNs);
      for (const counts of this.counts) sum += (counts[bin]! * share) / this.binNs;
    }
    return sum;
  }

  /** Of the bins from one on, to behind another one. */
  sample(first: number, end: number): Sample {
    let ofWidth = this.made.get(end - first);
    if (ofWidth === undefined) {
      // Of one width, and of another one: the strip's, and that of what is shown.
      if (this.made.size >= 2) this.made.clear();
      ofWidth = new Map();
      this.made.set(end - first, ofWidth);
    }
    const made = ofWidth.get(first) ?? this.summed(first, end);
    ofWidth.set(first, made);
    return made;
  }

  private summed(first: number, end: number): Sample {
    const total = (values: Float32Array): number => {
      let sum = 0;
      for (let bin = first; bin < Math.min(end, this.bins); bin++) sum += values[bin]!;
      return sum;
    };
    const known = total(this.known);
    const ns = Math.max(1, (known / this.binTicks) * this.binNs);
    return {
      known: known / ((end - first) * this.binTicks),
      rates: this.counts.map((counts) => total(counts) / ns),
      shares: this.series.map(({ ticks }) => (known === 0 ? 0 : total(ticks) / known)),
    };
  }
}

function joined(values: Float32Array, from: number, more: Float32Array): Float32Array {
  const all = new Float32Array(from + more.length);
  all.set(values.subarray(0, from));
  all.set(more, from);
  return all;
}
