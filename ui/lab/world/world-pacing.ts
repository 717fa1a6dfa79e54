/** Driving a world through time, as pacing.ts does a lab: in slices, and against the wall clock where somebody watches. */
import { nextSlice, pause, SLICE_MS } from '../pacing.ts';
import type { Pace } from '../pacing.ts';
import { GRAIN_TICKS } from '../../../hypervisor/xen.ts';
import type { ThreadedWorld } from './threaded-world.ts';
import type { WorldStop, WorldUntil } from './turns.ts';
import type { World } from './world.ts';

/** Wherever its hosts run. */
export type AnyWorld = World | ThreadedWorld;

/** Hosts' processors are left there anyway (hypervisor/xen.ts), whose ticks are parts of a nanosecond. */
const GRAIN_NS = GRAIN_TICKS;
const FIRST_SLICE_NS = 16 * GRAIN_NS;
/** A world that is further behind real time than this does not try to catch up. */
const LAG_NS = 100_000_000;

/** Runs until `until` holds, all hosts are off, or the signal aborts (undefined). */
export async function driveWorld(
  world: AnyWorld,
  until: WorldUntil,
  pace: Pace,
): Promise<WorldStop | undefined> {
  let sliceNs = FIRST_SLICE_NS;
  let anchorNs = world.ns - performance.now() * 1e6;
  while (pace.signal?.aborted !== true) {
    const started = performance.now();
    const dueNs = anchorNs + started * 1e6;
    if (!pace.realTime || dueNs - world.ns > LAG_NS) anchorNs = world.ns - started * 1e6;
    const aheadNs = pace.realTime ? Math.max(0, Math.min(dueNs - world.ns, LAG_NS)) : Infinity;
    const endNs = world.ns + Math.min(sliceNs, aheadNs);
    const grainsNs = Math.max(0, endNs - (endNs % GRAIN_NS) - world.ns);
    const stop = grainsNs === 0 ? undefined : await world.run(until, grainsNs);
    const tookMs = performance.now() - started;
    await pace.onSlice?.();
    if (stop?.kind === 'host' && stop.stops.every((each) => each.stop.kind === 'waiting'))
      await world.fetch(stop);
    else if (stop !== undefined) return stop;
    else if (pace.inputEnded === true && world.exchange.activityNs === Infinity) return { kind: 'idle' };
    sliceNs = nextSlice(sliceNs, tookMs);
    await pause(pace.realTime && tookMs < SLICE_MS ? SLICE_MS - tookMs : 0);
  }
  return undefined;
}
