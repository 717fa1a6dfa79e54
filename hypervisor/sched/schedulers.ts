/** The schedulers by name, as `sched=` chooses them. */
import { Atropos } from './atropos.ts';
import { Bvt } from './bvt.ts';
import { Credit } from './credit.ts';
import type { Pcpu } from '../state/pcpu.ts';
import { RoundRobin } from './rrobin.ts';
import type { Scheduler } from '../state/scheduler.ts';

const SCHEDULERS: Readonly<Record<string, (pcpus: readonly Pcpu[]) => Scheduler>> = {
  credit: (pcpus) => new Credit(pcpus),
  atropos: (pcpus) => new Atropos(pcpus),
  bvt: (pcpus) => new Bvt(pcpus),
  rrobin: (pcpus) => new RoundRobin(pcpus),
};

/** Makes a scheduler. Throws RangeError for a name that is not one. */
export function makeScheduler(name: string, pcpus: readonly Pcpu[]): Scheduler {
  const make = SCHEDULERS[name];
  if (make !== undefined) return make(pcpus);
  throw new RangeError(`there is no scheduler named ${name}; there is ${Object.keys(SCHEDULERS).join(', ')}`);
}
