/** Of vcpus with the same right any may go first, where that varies; what schedulers promise holds all the same. */
import { describe, expect, test } from 'vitest';
import { Chance } from '../../devices/chance.ts';
import { deviation, MS, Simulation } from './testing.ts';

const SCHEDULERS = ['credit', 'bvt', 'atropos', 'sedf', 'rrobin'];
const SEEDS = Array.from({ length: 16 }, (_, seed) => seed);

/** Who of some that wake at once runs first, second, and so on. */
function order(scheduler: string, chance?: Chance): string {
  const simulation = new Simulation(scheduler, 1, 1, chance);
  const tasks = simulation.add({}, { runNs: MS / 10, blockNs: 1e6 * MS }, 5);
  simulation.run(100 * MS);
  const by = tasks.map(({ waitsNs }, id) => ({ id, waitedNs: waitsNs[0]! }));
  return by
    .sort((a, b) => a.waitedNs - b.waitedNs)
    .map(({ id }) => id)
    .join('');
}

describe.each(SCHEDULERS)('%s', (scheduler) => {
  test('lets them run as they came, and otherwise by a seed', () => {
    expect(order(scheduler)).toBe('01234');
    const orders = SEEDS.map((seed) => order(scheduler, new Chance({ seed }, 'A')));
    expect(orders).toContain('01234');
    expect(new Set(orders).size).toBeGreaterThan(2);
    expect(SEEDS.map((seed) => order(scheduler, new Chance({ seed }, 'A')))).toEqual(orders);
  });

  test('shares processors evenly whatever varies', () => {
    for (const seed of SEEDS.slice(0, 6)) {
      const simulation = new Simulation(scheduler, 2, 7, new Chance({ seed }, 'A'));
      for (let n = 0; n < 4; n++) simulation.add({}, { runNs: 2 * MS, blockNs: 18 * MS });
      const tasks = [0, 1, 2].map(() => simulation.add()[0]!);
      const shares = simulation.measure(tasks, 10_000 * MS);
      const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
      expect(deviation(shares, [mean, mean, mean])).toBeLessThan(0.02);
    }
  });
});
