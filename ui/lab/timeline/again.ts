/** Runs a stretch of the past again, for somebody to watch, and leaves the world as it stood. */
import { HostCrash } from '../host-crash.ts';
import type { Lab } from '../lab.ts';
import { nextSlice, pause } from '../pacing.ts';

/** Further than this from a snapshot, another one is made on the way, so near before the stretch: who looks around comes back. */
const FAR_TICKS = 3_000_000;
const NEAR_TICKS = 1_000_000;
const FIRST_SLICE_TICKS = 1_000_000;

/** A stretch of the past, in ticks of a host. */
export interface Stretch {
  readonly fromTicks: number;
  readonly toTicks: number;
}

/** Who watches a stretch. */
export interface Watching {
  /** Has seen enough: what comes is not run any more. */
  readonly isFull: boolean;
  /** The stretch is over: the world is about to be what it was. */
  leave(): void;
}

/**
 * `lab`: whose ticks are meant; `labs`: all of its world. `watch` is called where the stretch begins. How far it came: to the end
 * of the stretch, or of the host; undefined: it was aborted, which is heard between slices. Rejects with RangeError where the
 * stretch is not remembered, and with DiskUnavailable. Nobody may touch the world meanwhile.
 */
export async function again<W extends Watching>(
  lab: Lab,
  labs: readonly Lab[],
  { fromTicks, toTicks }: Stretch,
  watch: () => W,
  signal: AbortSignal,
): Promise<{ readonly watching: W; readonly reachedTicks: number } | undefined> {
  const { past } = lab;
  const moment = past.before(lab.course.host, fromTicks);
  if (moment === undefined) throw new RangeError('that is not remembered');
  const present = { saved: lab.save(), come: past.inputs.come };
  const crashes = labs.map(({ crash }) => crash);
  try {
    past.returnTo(moment);
    if (fromTicks - lab.placeIn(moment).ticks > FAR_TICKS) {
      if (!(await goOn(lab, fromTicks - NEAR_TICKS, signal))) return undefined;
      past.keep();
    }
    if (!(await goOn(lab, fromTicks, signal))) return undefined;
    const watching = watch();
    try {
      await goOn(lab, Math.min(toTicks, lab.endTicks), signal, watching);
      return signal.aborted ? undefined : { watching, reachedTicks: lab.place.ticks };
    } finally {
      watching.leave();
    }
  } finally {
    past.returnTo(present);
    for (const [host, crash] of crashes.entries()) labs[host]!.crash = crash;
  }
}

/** Whether it is there; it may have ended before, or who watches has seen enough. */
async function goOn(lab: Lab, toTicks: number, signal: AbortSignal, watching?: Watching): Promise<boolean> {
  let slice = FIRST_SLICE_TICKS;
  while (lab.place.ticks < toTicks) {
    if (signal.aborted || watching?.isFull === true) return false;
    const started = performance.now();
    if (!runTo(lab, Math.min(lab.place.ticks + slice, toTicks))) {
      if (lab.isOver || lab.crash !== null) return false;
      await lab.fetch();
    }
    slice = nextSlice(slice, performance.now() - started, FIRST_SLICE_TICKS);
    await pause(0);
  }
  return true;
}

/** Where Xen itself has failed, the past ends. */
function runTo(lab: Lab, ticks: number): boolean {
  try {
    return lab.runTo(ticks);
  } catch (error) {
    if (error instanceof HostCrash) return false;
    throw error;
  }
}
