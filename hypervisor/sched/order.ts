/** Which of two vcpus goes first that have the same right to: who came first, unless that varies. */
import type { Chance } from '../../devices/chance.ts';

/** The place in a queue of `length` of one who comes to it at `nowNs`; -1: it only goes back to where it was. */
export function placeInQueue(length: number, chance: Chance | undefined, nowNs: number): number {
  return nowNs < 0 ? length : length - (chance?.draw('vcpu order', length, nowNs) ?? 0);
}
