/** The run of a lab that is alone, to make marks of and to be replayed. */
import type { Lab } from '../lab.ts';
import { stateHash } from '../state-hash.ts';
import type { Stop, Until } from '../stop.ts';
import type { Replayable } from './marks.ts';
import type { Past, Place } from './past.ts';
import type { Mark } from './recording.ts';

/** A stretch of running without others' turns. */
const SLICE_TICKS = 10_000_000;

export class LabRun implements Replayable<Stop> {
  private readonly lab: Lab;
  private readonly until: Until;

  /** `until`: where a replay stops. */
  constructor(lab: Lab, until: Until = {}) {
    this.lab = lab;
    this.until = until;
  }

  get ns(): number {
    return this.lab.ns;
  }

  get places(): readonly Place[] {
    return [this.lab.place];
  }

  get past(): Past {
    return this.lab.past;
  }

  hash(): Promise<string> {
    return stateHash(this.lab.hypervisor);
  }

  /** A run comes back at one place of a tick alone. */
  settle(): Promise<void> {
    this.lab.run({}, 0);
    return Promise.resolve();
  }

  async runTo({ places }: Mark): Promise<Stop | true | undefined> {
    const { lab } = this;
    const left = places[0]!.ticks - lab.place.ticks;
    if (left <= 0) return true;
    const stop = lab.run(this.until, Math.min(left, SLICE_TICKS));
    if (stop?.kind === 'waiting') await lab.fetch();
    else if (stop !== undefined) return stop.kind === 'ended' ? true : stop;
    return undefined;
  }
}
