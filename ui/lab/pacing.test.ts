/** A lab against a wall clock that stands still, goes on, or has been away. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadCore } from './core-node.ts';
import { Lab } from './lab.ts';
import { drive, nextSlice, SLICE_MS } from './pacing.ts';
import { stateHash } from './state-hash.ts';
import { spinningKernel } from './testing-kernels.ts';
import { GRAIN_TICKS } from '../../hypervisor/xen.ts';
import { NS_PER_MS } from '../../devices/nanoseconds.ts';
import { moteImages } from '../../guests/toolchain/mote-node.ts';

/** A guest that is further behind does not try to catch up. */
const LAG_MS = 100;
/** At 1 ns a tick. */
const GRAIN_MS = GRAIN_TICKS / NS_PER_MS;

let nowMs = 0;
beforeEach(() => {
  nowMs = 5000;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const boot = (): Promise<Lab> =>
  Lab.boot(loadCore(), { kernel: spinningKernel(), commandLine: '', memoryMb: 8, vcpus: 1 });

/** Drives it for as many slices as there are steps of the clock, in ms; by how much guest time went on in each. */
async function slices(lab: Lab, realTime: boolean, clock: readonly number[]): Promise<number[]> {
  const stop = new AbortController();
  const went: number[] = [];
  let [before, slice] = [lab.ns, 0];
  const onSlice = (): void => {
    went.push((lab.ns - before) / NS_PER_MS);
    before = lab.ns;
    nowMs += clock[slice++] ?? 0;
    if (slice > clock.length) stop.abort();
  };
  expect(await drive(lab, {}, { realTime, onSlice, signal: stop.signal })).toBe(undefined);
  return went;
}

test('guest time runs no faster than the clock: none while it stands, as much as it goes on', async () => {
  const clock = [0, 1, 0.5, 0, 2];
  const went = await slices(await boot(), true, clock);
  // Slices end at grains: it is less than one behind.
  let behind = 0;
  for (const [n, ms] of [0, ...clock].entries()) {
    behind += ms - went[n]!;
    expect(behind).toBeGreaterThanOrEqual(0);
    expect(behind).toBeLessThan(GRAIN_MS + 1e-6);
    if (ms === 0) expect(went[n]).toBe(0);
  }
});

test('what is behind catches up, but not what the clock has gone on while nobody looked', async () => {
  const lab = await boot();
  // A second is more than is caught up: of it one slice is all. A slice takes no time here: the second may be 64 grains.
  expect(await slices(lab, true, [1000, 0, 0, 0])).toEqual([0, 64 * GRAIN_MS, 0, 0, 0]);
  const late = await slices(lab, true, [LAG_MS - 10, 0, 0, 0, 0, 0, 0]);
  const caughtUp = late.reduce((sum, ms) => sum + ms, 0);
  expect(caughtUp).toBeLessThanOrEqual(LAG_MS - 10);
  expect(caughtUp).toBeGreaterThan(LAG_MS - 10 - GRAIN_MS - 1e-6);
});

test('where nobody watches it goes on while the clock stands', async () => {
  const [first, second] = await slices(await boot(), false, [0, 0]);
  expect(first).toBeGreaterThan(0);
  expect(second).toBe(4 * first!);
});

test('what is translated, and when, is the same however the clock goes on, in real time or not', async () => {
  const ends: unknown[] = [];
  for (const [realTime, clock] of [
    [false, [0, 1, 40, 3, 90, 0, 0.2, 7]],
    [false, [50, 50, 50, 50]],
    [true, [3.3, 0.7, 5.1, 20, 2, 9.9, 80, 3, 31]],
  ] as const) {
    const images = await moteImages();
    const lab = await Lab.boot(loadCore(40), { ...images, commandLine: '', memoryMb: 32, vcpus: 1 });
    const { machine } = lab.hypervisor;
    const until = { text: / \$ $/ };
    let slice = 0;
    const onSlice = (): void => {
      nowMs += clock[slice++ % clock.length]!;
    };
    expect(await drive(lab, until, { realTime, onSlice })).toMatchObject({ kind: 'text' });
    ends.push([machine.translations, await stateHash(lab.hypervisor)]);
  }
  expect((ends[0] as [{ regions: number }])[0].regions).toBeGreaterThan(100);
  expect(ends[1]).toEqual(ends[0]);
  expect(ends[2]).toEqual(ends[0]);
});

test('a slice becomes what should take its time: at most four times, at least a quarter of the one before', () => {
  expect(nextSlice(8_000_000, SLICE_MS)).toBe(8_000_000);
  expect(nextSlice(8_000_000, SLICE_MS / 2)).toBe(16_000_000);
  expect(nextSlice(8_000_000, 0)).toBe(32_000_000);
  expect(nextSlice(8_000_000, 1000 * SLICE_MS)).toBe(2_000_000);
  expect(nextSlice(16 * GRAIN_TICKS, 1000 * SLICE_MS)).toBe(16 * GRAIN_TICKS);
  expect(nextSlice(900_000_000, 0)).toBe(1_000_000_000);
});
