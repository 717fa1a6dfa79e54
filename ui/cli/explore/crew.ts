/** Who tries seeds, and shrinks: this machine's threads here; several machines' in queue.ts. */
import { shrink } from '../../lab/scenario/shrink.ts';
import { headline, isAlike } from './messages.ts';
import type { Tried, Try } from './messages.ts';

/** What came of a seed. */
export interface Found {
  readonly seed: number;
  /** In a line; null: nothing went wrong. */
  readonly failure: string | null;
  readonly isHostCrash: boolean;
  /** How much was otherwise than without a seed, where it failed. */
  readonly variations: number;
  /** A recording's file; null: there is none. */
  readonly recording: string | null;
}

/** What a failing seed was shrunk to. */
export interface Shrunk {
  readonly seed: number;
  readonly only: readonly string[];
  readonly recording: string | null;
}

export interface Crew {
  /** Tries seeds, in any order; `came` is told of each. */
  trySeeds(seeds: readonly number[], came: (found: Found) => void): Promise<void>;
  /** The fewest variations with which a seed still fails alike. */
  shrink(seed: number): Promise<Shrunk>;
  end(): Promise<void>;
}

/** Threads that try things, so many at once. */
export interface Trier {
  readonly size: number;
  try(order: Try): Promise<Tried>;
  end(): void;
}

export class LocalCrew implements Crew {
  readonly trier: Trier;
  /** Told how many runs shrinking has taken so far. */
  onShrinking: (seed: number, runs: number) => void = () => undefined;

  constructor(trier: Trier) {
    this.trier = trier;
  }

  /** As many at once as there are threads. */
  async trySeeds(seeds: readonly number[], came: (found: Found) => void): Promise<void> {
    const left = [...seeds];
    const work = async (): Promise<void> => {
      for (let seed = left.shift(); seed !== undefined; seed = left.shift()) came(await this.trySeed(seed));
    };
    await Promise.all(Array.from({ length: this.trier.size }, work));
  }

  async trySeed(seed: number): Promise<Found> {
    const tried = await this.trier.try({ vary: { seed }, isRecorded: true });
    const { failure, variations } = tried;
    return {
      ...tried,
      seed,
      failure: failure === null ? null : headline(failure),
      variations: variations.length,
    };
  }

  async shrink(seed: number): Promise<Shrunk> {
    const { failure, variations } = await this.trier.try({ vary: { seed }, isRecorded: false });
    let runs = 0;
    const only = await shrink(byKind(variations), async (lists) => {
      for (let at = 0; at < lists.length; at += this.trier.size) {
        const some = lists.slice(at, at + this.trier.size);
        const came = await Promise.all(some.map((each) => this.tryOnly(seed, each, false)));
        this.onShrinking(seed, (runs += some.length));
        const found = came.findIndex((each) => isAlike(each.failure, failure));
        if (found >= 0) return at + found;
      }
      return -1;
    });
    const { recording } = await this.tryOnly(seed, only, true);
    return { seed, only, recording };
  }

  private tryOnly(seed: number, only: readonly string[], isRecorded: boolean): Promise<Tried> {
    return this.trier.try({ vary: { seed, only }, isRecorded });
  }

  end(): Promise<void> {
    this.trier.end();
    return Promise.resolve();
  }
}

/** Those of a kind together: many a kind has nothing to do with a failure, and goes at once. */
function byKind(variations: readonly string[]): string[] {
  const kindOf = (name: string): string => name.replace(/ \d+$/, '');
  const kinds = [...new Set(variations.map(kindOf))];
  return kinds.flatMap((kind) => variations.filter((name) => kindOf(name) === kind));
}
