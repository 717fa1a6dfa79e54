/** What replays of hosts and of worlds have in common: what is said of them, and what may be missing. */
import { FaultImpossible } from '../lab/faults.ts';
import { DiskUnavailable } from '../lab/host-devices.ts';
import { isSamePlace, type Replayed } from '../lab/time/marks.ts';
import type { Mark, Recording } from '../lab/time/recording.ts';
import { UserError } from './user-error.ts';

/** Does something for which bytes of a disk may not be to be had: that is the user's to know. */
export async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isTheirs = error instanceof DiskUnavailable || error instanceof FaultImpossible;
    throw isTheirs ? new UserError(error.message) : error;
  }
}

/** At how many marks it was as recorded. */
export function marksAlike({ marks }: Recording, alike: number): string {
  return alike === 0
    ? 'the first mark has not come'
    : `the state is the recording’s at ${String(alike)} of ${String(marks.length)} marks`;
}

/** Where it first differs. */
export function difference(
  { marks }: Recording,
  { number, mark, found }: NonNullable<Replayed<never>['differs']>,
): string {
  const what = isSamePlace(found, mark)
    ? 'the state is another'
    : `${instructionsOf(found)} instructions are retired`;
  return (
    `xenoscope: it differs from the recording, first at mark ${String(number)} of ${String(marks.length)} ` +
    `(instruction ${instructionsOf(mark)}, ${(mark.ns / 1e9).toFixed(9)} s): ${what}`
  );
}

/** By host. */
function instructionsOf({ places }: Mark): string {
  return places.map(({ instructions }) => String(instructions)).join(' + ');
}
