/** The credit scheduler in virtual time: what weights and caps promise. */
import { describe, expect, test } from 'vitest';
import { MS, Simulation } from './testing.ts';

const PERIODS = 1000;
const PERIOD_NS = 30 * MS;
const SPAN_NS = PERIODS * PERIOD_NS;
const WITHIN = 0.02;

function expectShares(got: readonly number[], wanted: readonly number[]): void {
  got.forEach((share, index) => {
    expect(Math.abs(share - wanted[index]!), `${String(got)} for ${String(wanted)}`).toBeLessThan(WITHIN);
  });
}

describe('domains that always want to run', () => {
  test.each([
    [1, [256, 256], [1 / 2, 1 / 2]],
    [1, [256, 512, 1024], [1 / 7, 2 / 7, 4 / 7]],
    [1, [100, 200, 300, 400], [0.1, 0.2, 0.3, 0.4]],
    [1, [1, 99], [0.01, 0.99]],
    [2, [256, 256, 256], [2 / 3, 2 / 3, 2 / 3]],
    [2, [256, 512, 768, 512], [1 / 4, 1 / 2, 3 / 4, 1 / 2]],
    [2, [256, 256, 2560], [1 / 2, 1 / 2, 1]],
    [4, [256, 256, 256, 256, 512, 512], [1 / 2, 1 / 2, 1 / 2, 1 / 2, 1, 1]],
    [4, [100, 200, 300, 400, 500, 300, 200], [0.2, 0.4, 0.6, 0.8, 1, 0.6, 0.4]],
  ])('%i processors, weights %j', (pcpus, weights, wanted) => {
    const simulation = new Simulation('credit', pcpus);
    const tasks = weights.flatMap((weight) => simulation.add({ weight }));
    expectShares(simulation.measure(tasks, SPAN_NS), wanted);
  });
});

describe('beside domains that block', () => {
  test.each([
    [1, [256, 512], 2],
    [1, [256, 256, 512], 3],
    [2, [256, 512, 512, 256], 2],
    [4, [256, 256, 512, 512, 512, 256], 4],
  ])('%i processors: weights %j share what %i of them leave', (pcpus, weights, count) => {
    const simulation = new Simulation('credit', pcpus, 7);
    // About a tenth of a processor each.
    const blocking = Array.from(
      { length: count },
      () => simulation.add({}, { runNs: 2 * MS, blockNs: 18 * MS })[0]!,
    );
    const tasks = weights.flatMap((weight) => simulation.add({ weight }));
    const all = simulation.measure([...blocking, ...tasks], SPAN_NS);
    const left = pcpus - all.slice(0, count).reduce((sum, share) => sum + share, 0);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    expectShares(
      all.slice(0, count),
      blocking.map(() => 0.1),
    );
    expectShares(
      all.slice(count),
      weights.map((weight) => (left * weight) / total),
    );
  });
});
