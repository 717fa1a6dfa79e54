/** A lab against a wall clock that stands still, goes on, or has been away. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadCore } from './core-node.ts';
import { Lab } from './lab.ts';
import { drive, nextSlice, SLICE_MS } from './pacing.ts';
import { spinningKernel } from './testing-kernels.ts';
import { NS_PER_MS } from '../../devices/nanoseconds.ts';

/** A guest that is further behind does not try to catch up. */
const LAG_MS = 100;

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
  const went = await slices(await boot(), true, [0, 1, 0.5, 0, 2]);
  expect(went[0]).toBe(0);
  expect(went[1]).toBe(0);
  expect(went[2]).toBeCloseTo(1, 3);
  expect(went[3]).toBeCloseTo(0.5, 3);
  expect(went[4]).toBe(0);
  expect(went[5]).toBeCloseTo(2, 3);
});

test('what is behind catches up, but not what the clock has gone on while nobody looked', async () => {
  const lab = await boot();
  // A second is more than is caught up: of it one slice is all. A slice takes no time here: the second may be 4 ms.
  expect(await slices(lab, true, [1000, 0, 0, 0])).toEqual([0, 4, 0, 0, 0]);
  const late = await slices(lab, true, [LAG_MS - 10, 0, 0, 0, 0, 0, 0]);
  expect(late.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(LAG_MS - 10, 3);
});

test('where nobody watches it goes on while the clock stands', async () => {
  const [first, second] = await slices(await boot(), false, [0, 0]);
  expect(first).toBeGreaterThan(0);
  expect(second).toBe(4 * first!);
});

test('a slice becomes what should take its time: at most four times, at least a quarter of the one before', () => {
  expect(nextSlice(8_000_000, SLICE_MS)).toBe(8_000_000);
  expect(nextSlice(8_000_000, SLICE_MS / 2)).toBe(16_000_000);
  expect(nextSlice(8_000_000, 0)).toBe(32_000_000);
  expect(nextSlice(8_000_000, 1000 * SLICE_MS)).toBe(2_000_000);
  expect(nextSlice(1_000_000, 1000 * SLICE_MS)).toBe(1_000_000);
  expect(nextSlice(900_000_000, 0)).toBe(1_000_000_000);
});
