/** Borrowed Virtual Time in virtual time: what `mcu_adv` and warping promise. */
import { describe, expect, test } from 'vitest';
import { deviation, MS, Simulation } from './testing.ts';

const SPAN_NS = 1000 * 30 * MS;

describe('domains that always want to run', () => {
  test.each([
    [1, [10, 10], [1 / 2, 1 / 2]],
    [1, [10, 20, 40], [4 / 7, 2 / 7, 1 / 7]],
    [1, [3, 300], [0.99, 0.01]],
    [2, [10, 10, 10], [2 / 3, 2 / 3, 2 / 3]],
    [2, [10, 20, 30, 30], [2 * (6 / 13), 2 * (3 / 13), 2 * (2 / 13), 2 * (2 / 13)]],
    [2, [1, 100, 100], [1, 1 / 2, 1 / 2]],
    [4, [10, 10, 20, 20, 20, 20], [1, 1, 1 / 2, 1 / 2, 1 / 2, 1 / 2]],
    [4, [10, 10, 10, 10, 20, 20], [0.8, 0.8, 0.8, 0.8, 0.4, 0.4]],
  ])('%i processors, advances %j', (pcpus, advances, wanted) => {
    const simulation = new Simulation('bvt', pcpus);
    const tasks = advances.flatMap((mcu_adv) => simulation.add({ mcu_adv }));
    expect(deviation(simulation.measure(tasks, SPAN_NS), wanted)).toBeLessThan(0.02);
  });
});

describe('beside domains that block', () => {
  test.each([
    [1, [10, 20], 2],
    [1, [10, 20, 20], 3],
    [2, [10, 20, 20, 20], 2],
    [4, [10, 10, 10, 20, 20, 20], 4],
  ])('%i processors: advances %j share what %i of them leave', (pcpus, advances, count) => {
    const simulation = new Simulation('bvt', pcpus, 7);
    const blocking = Array.from(
      { length: count },
      () => simulation.add({}, { runNs: 2 * MS, blockNs: 18 * MS })[0]!,
    );
    const tasks = advances.flatMap((mcu_adv) => simulation.add({ mcu_adv }));
    const all = simulation.measure([...blocking, ...tasks], SPAN_NS);
    const left = pcpus - all.slice(0, count).reduce((sum, share) => sum + share, 0);
    const total = advances.reduce((sum, advance) => sum + 1 / advance, 0);
    expect(
      deviation(
        all.slice(0, count),
        blocking.map(() => 0.1),
      ),
    ).toBeLessThan(0.02);
    expect(
      deviation(
        all.slice(count),
        advances.map((advance) => left / advance / total),
      ),
    ).toBeLessThan(0.02);
  });
});
