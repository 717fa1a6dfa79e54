/** Atropos in virtual time: what period, slice, latency and extra time promise. */
import { describe, expect, test } from 'vitest';
import type { Parameters } from './scheduler.ts';
import { deviation, MS, Simulation } from './testing.ts';

const SPAN_NS = 1000 * 30 * MS;

function contract(periodMs: number, sliceMs: number, xtratime: number): Parameters {
  return { nat_period: periodMs * MS, nat_slice: sliceMs * MS, latency: periodMs * MS, xtratime };
}

describe('domains that always want to run', () => {
  test.each([
    [
      1,
      [
        [20, 10],
        [20, 5],
      ],
      [0.5, 0.25],
    ],
    [
      1,
      [
        [10, 3],
        [30, 9],
        [70, 21],
        [100, 10],
      ],
      [0.3, 0.3, 0.3, 0.1],
    ],
    [
      2,
      [
        [20, 10],
        [20, 10],
        [20, 10],
        [40, 10],
      ],
      [0.5, 0.5, 0.5, 0.25],
    ],
    [
      4,
      [
        [10, 8],
        [10, 8],
        [20, 5],
        [30, 10],
        [50, 25],
        [100, 40],
      ],
      [0.8, 0.8, 0.25, 1 / 3, 0.5, 0.4],
    ],
  ])('%i processors, without extra time: each gets its slice, and no more', (pcpus, given, wanted) => {
    const simulation = new Simulation('atropos', pcpus);
    const tasks = given.flatMap(([period, slice]) => simulation.add(contract(period!, slice!, 0)));
    expect(deviation(simulation.measure(tasks, SPAN_NS), wanted)).toBeLessThan(0.02);
  });

  test.each([
    [
      1,
      [
        [20, 10],
        [20, 4],
      ],
      [0.65, 0.35],
    ],
    [
      2,
      [
        [20, 10],
        [20, 10],
        [20, 4],
        [20, 4],
      ],
      [0.65, 0.65, 0.35, 0.35],
    ],
  ])('%i processors, with extra time: what is left over is shared evenly', (pcpus, given, wanted) => {
    const simulation = new Simulation('atropos', pcpus);
    const tasks = given.flatMap(([period, slice]) => simulation.add(contract(period!, slice!, 1)));
    expect(deviation(simulation.measure(tasks, SPAN_NS), wanted)).toBeLessThan(0.02);
  });
});
