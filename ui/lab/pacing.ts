/**
 * Driving a lab through time: in slices, so that whoever else lives in the thread gets its turns, and against the wall
 * clock where somebody watches. Pacing changes how long we wait, never what happens.
 */
import { GRAIN_TICKS } from '../../hypervisor/xen.ts';
import type { Lab } from './lab.ts';
import type { Stop, Until } from './stop.ts';
import type { Stepping } from './stepping.ts';

export interface Pace {
  /** Guest time runs no faster than real time. May change from slice to slice. */
  readonly realTime: boolean;
  /** Nobody will type any more: a lab in which nothing else can happen stops (`idle`). May change from slice to slice. */
  readonly inputEnded?: boolean;
  /** Aborts between slices. */
  readonly signal?: AbortSignal;
  /** Called after each slice; what comes next waits for it. */
  readonly onSlice?: () => void | Promise<void>;
}

/** How long a slice should take, in ms: short enough for a page to stay responsive. */
export const SLICE_MS = 12;
const FIRST_SLICE_TICKS = 16 * GRAIN_TICKS;
/** A step may go instruction by instruction. */
const FIRST_STEP_TICKS = 2000;
const LONGEST_SLICE_TICKS = 1_000_000_000;
/** A guest that is further behind real time than this does not try to catch up. */
const LAG_NS = 100_000_000;

/** Runs until `until` holds, the domain ends, or the signal aborts (undefined). */
export async function drive(lab: Lab, until: Until, pace: Pace): Promise<Stop | undefined> {
  lab.breaks.leave();
  let sliceTicks = FIRST_SLICE_TICKS;
  let anchorNs = lab.ns - performance.now() * 1e6;
  while (pace.signal?.aborted !== true) {
    const started = performance.now();
    const dueNs = anchorNs + started * 1e6;
    if (pace.realTime && dueNs - lab.ns > LAG_NS) anchorNs = lab.ns - started * 1e6;
    const aheadNs = pace.realTime ? Math.max(0, Math.min(dueNs, lab.ns + LAG_NS) - lab.ns) : Infinity;
    // A slice's end must not say how long it waits: that is the wall clock's.
    const wanted = pace.inputEnded === true ? { ...until, idle: true } : until;
    const stop = lab.run(wanted, grains(lab, Math.min(sliceTicks, Math.ceil(aheadNs / lab.periodNs))));
    const tookMs = performance.now() - started;
    if (!pace.realTime) anchorNs = lab.ns - performance.now() * 1e6;
    await pace.onSlice?.();
    if (stop?.kind === 'waiting') await lab.fetch();
    else if (stop !== undefined) return stop;
    else if (pace.inputEnded === true && lab.waitsForEver) return { kind: 'idle' };
    sliceTicks = nextSlice(sliceTicks, tookMs, Math.max(FIRST_SLICE_TICKS, lab.course.leastTicks));
    await pause(pace.realTime && tookMs < SLICE_MS ? SLICE_MS - tookMs : 0);
  }
  return undefined;
}

/**
 * Goes on with a step until it has got where it was to (its stop), `ticks` are over (null), or the signal aborts (undefined).
 * Nobody waits for the wall clock.
 */
export async function driveStep(
  lab: Lab,
  stepping: Stepping,
  ticks: number,
  pace: Omit<Pace, 'realTime'>,
): Promise<Stop | undefined | null> {
  const end = lab.hypervisor.ticks() + ticks;
  let sliceTicks = FIRST_STEP_TICKS;
  while (pace.signal?.aborted !== true) {
    const started = performance.now();
    const left = end - lab.hypervisor.ticks();
    if (left <= 0) return null;
    const stop = stepping.go(Math.min(sliceTicks, left));
    const tookMs = performance.now() - started;
    if (stop?.kind === 'waiting') await lab.fetch();
    else if (stop !== undefined) return stop;
    await pace.onSlice?.();
    sliceTicks = nextSlice(sliceTicks, tookMs, FIRST_STEP_TICKS);
    await pause(0);
  }
  return undefined;
}

/** At most so many ticks, to where the processor is left anyway: the wall clock's pieces are to change nothing. */
function grains({ hypervisor }: Lab, ticks: number): number {
  const now = hypervisor.ticks();
  return Math.max(0, now + ticks - ((now + ticks) % GRAIN_TICKS) - now);
}

/** The next slice, in units of which so many took so long. */
export function nextSlice(ticks: number, tookMs: number, least = FIRST_SLICE_TICKS): number {
  const factor = Math.min(4, Math.max(0.25, SLICE_MS / Math.max(tookMs, 0.01)));
  return Math.min(LONGEST_SLICE_TICKS, Math.max(least, Math.round(ticks * factor)));
}

/** Lets others have their turns, for at least so long. */
export function pause(ms: number): Promise<void> {
  if (ms > 0) return new Promise((done) => setTimeout(done, ms));
  if (typeof setImmediate !== 'undefined') return new Promise((done) => setImmediate(done));
  // A browser's shortest timer is 4 ms; a message comes as soon as the others have had their turns.
  const { port1, port2 } = new MessageChannel();
  return new Promise((done) => {
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(null);
  });
}
