/** What takes a lab through time: it goes on alone, or with the world that it is a host of. */
import type { Stop as HypervisorStop } from '../../../hypervisor/state/hypervisor.ts';
import type { Lab } from '../lab.ts';
import type { SavedWorld } from '../snapshot/format.ts';
import type { Come } from '../world/inputs.ts';
import { Past } from './past.ts';
import type { Place, Traveller } from './past.ts';

export interface Course extends Traveller {
  readonly past: Past;
  /** Which of the past's hosts the lab is. */
  readonly host: number;
  /** Lets it go on, with all that comes on the way, to an instant or to where it stops before. `staysWhenIdle`: `Until.idle`. */
  go(untilTicks: number, staysWhenIdle?: boolean): HypervisorStop;
  /** The next instant at which something may happen to the lab; Infinity: nothing does any more but by a new input. */
  readonly nextTicks: number;
  /** The least that a frame takes from host to host, in ns. */
  readonly frameNs: number;
  /** A slice of a run is of so many ticks at least: what begins and ends a shorter one costs more than it does. */
  readonly leastTicks: number;
  /** Something comes from outside, now. Throws FaultImpossible where there is nothing to break. */
  come(what: Come): void;
  /** Brings what disks wait for. Rejects with DiskUnavailable. */
  fetch(): Promise<void>;
}

/** Of a lab that is alone. */
export class LoneCourse implements Course {
  readonly past: Past;
  readonly host = 0;
  /** There is no other host. */
  readonly frameNs = 0;
  readonly leastTicks = 0;
  private readonly lab: Lab;

  constructor(lab: Lab) {
    this.lab = lab;
    this.past = new Past(this, 1);
  }

  get places(): readonly Place[] {
    return [this.lab.place];
  }

  save(): SavedWorld {
    return this.lab.saver.save();
  }

  restore(saved: SavedWorld): void {
    this.lab.saver.restore(saved);
    this.lab.restored();
  }

  go(untilTicks: number, staysWhenIdle = false): HypervisorStop {
    const { lab, past } = this;
    const { inputs } = past;
    for (;;) {
      const now = lab.place.ticks;
      for (const input of inputs.dueBy(0, now)) {
        inputs.took(0, 1);
        lab.take(input);
      }
      // A fault has ended it.
      if (lab.isOver) return { kind: 'shutdown', domain: lab.domain };
      if (past.untilNext === 0) past.keep();
      const next = Math.min(inputs.dueTicks(0), now + past.untilNext);
      const stays = staysWhenIdle && inputs.dueTicks(0) === Infinity;
      const stop = lab.advance(Math.min(untilTicks, next), stays);
      const isOver = lab.place.ticks >= untilTicks || next === Infinity || (stays && stop.kind === 'idle');
      if (isOver || (stop.kind !== 'budget' && stop.kind !== 'idle')) return stop;
    }
  }

  get nextTicks(): number {
    const { hypervisor } = this.lab;
    const now = hypervisor.ticks();
    return Math.min(hypervisor.idle ? hypervisor.deadlineTicks : now + 1, this.past.inputs.dueTicks(0));
  }

  come(what: Come): void {
    this.lab.take(what);
    this.past.came({ ...what, host: 0, ticks: this.lab.place.ticks });
  }

  fetch(): Promise<void> {
    return this.lab.fill();
  }
}
