/** The schedulers by name, as `sched=` chooses them. */
import type { Chance } from '../../devices/chance.ts';
import { Atropos } from './atropos.ts';
import { Bvt } from './bvt.ts';
import { Credit } from './credit.ts';
import type { Pcpu } from '../state/pcpu.ts';
import { RoundRobin } from './rrobin.ts';
import { Sedf } from './sedf.ts';
import type { Scheduler } from '../state/scheduler.ts';

const SCHEDULERS: Readonly<
  Record<string, (pcpus: readonly Pcpu[], chance: Chance | undefined) => Scheduler>
> = {
  credit: (pcpus, chance) => new Credit(pcpus, chance),
  atropos: (pcpus, chance) => new Atropos(pcpus, chance),
  bvt: (pcpus, chance) => new Bvt(pcpus, chance),
  sedf: (pcpus, chance) => new Sedf(pcpus, chance),
  rrobin: (pcpus, chance) => new RoundRobin(pcpus, chance),
};

/** Makes a scheduler. `chance`: which of those with the same right goes first; without, who came first. Throws RangeError for a name that is not one. */
export function makeScheduler(name: string, pcpus: readonly Pcpu[], chance?: Chance): Scheduler {
  const make = SCHEDULERS[name];
  if (make !== undefined) return make(pcpus, chance);
  throw new RangeError(`there is no scheduler named ${name}; there is ${Object.keys(SCHEDULERS).join(', ')}`);
}
