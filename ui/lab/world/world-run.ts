/** The run of a world, to be replayed: as LabRun is that of a lab. */
import type { Replayable } from '../time/marks.ts';
import type { Past, Place } from '../time/past.ts';
import type { Mark } from '../time/recording.ts';
import type { WorldStop, WorldUntil } from './turns.ts';
import type { World } from './world.ts';

/** A stretch of running without others' turns. */
const SLICE_NS = 10_000_000;

export class WorldRun implements Replayable<WorldStop> {
  private readonly world: World;
  private readonly until: WorldUntil;

  /** `until`: where it stops. */
  constructor(world: World, until: WorldUntil = {}) {
    this.world = world;
    this.until = until;
  }

  get ns(): number {
    return this.world.ns;
  }

  get places(): readonly Place[] {
    return this.world.places;
  }

  get past(): Past {
    return this.world.past;
  }

  hash(): Promise<string> {
    return this.world.hash();
  }

  settle(): Promise<void> {
    return this.world.settle();
  }

  async runTo({ ns }: Mark): Promise<WorldStop | true | undefined> {
    const { world, until } = this;
    const endNs = until.ns ?? Infinity;
    const stop = world.run({ ...until, ns: Math.min(ns, endNs) }, SLICE_NS);
    if (stop?.kind === 'host' && stop.stops.every((each) => each.stop.kind === 'waiting'))
      await world.fetch();
    else if (stop?.kind === 'ended' || (stop?.kind === 'time' && ns < endNs)) return true;
    else if (stop !== undefined) return stop;
    return undefined;
  }
}
