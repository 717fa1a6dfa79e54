/** The schedulers by name, as `sched=` chooses them. */
import { RoundRobin } from './rrobin.ts';
import type { Scheduler } from './scheduler.ts';

/** Makes a scheduler. Throws RangeError for a name that is not one. */
export function makeScheduler(name: string): Scheduler {
  if (name === 'rrobin') return new RoundRobin();
  throw new RangeError(`there is no scheduler named ${name}; there is rrobin`);
}
