/** Simple EDF in virtual time: what periods, slices, weights and extra time promise. */
import { describe, expect, test } from 'vitest';
import type { Parameters } from '../state/scheduler.ts';
import { deviation, MS, Simulation } from './testing.ts';

const SPAN_NS = 1000 * 30 * MS;
const EINVAL = -22;

function promised(periodMs: number, sliceMs: number, extratime = 0): Parameters {
  return { period: periodMs * MS, slice: sliceMs * MS, latency: 0, extratime, weight: 0 };
}
/** Of promised time, or of what is left over. */
function weighted(weight: number, extratime = 0): Parameters {
  return { period: 0, slice: 0, latency: 0, extratime, weight };
}

describe('domains that always want to run', () => {
  test.each<[what: string, pcpus: number, given: Parameters[], wanted: number[]]>([
    ['have their slices, and no more', 1, [promised(20, 10), promised(50, 10)], [0.5, 0.2]],
    [
      'have them on several processors',
      2,
      [promised(20, 18), promised(30, 9), promised(100, 45)],
      [0.9, 0.3, 0.45],
    ],
    // 95 % of a processor, of which a fifth is promised.
    ['share the rest by their weights', 1, [promised(20, 4), weighted(1), weighted(2)], [0.2, 0.25, 0.5]],
    ['have one processor at most, whatever their weight', 2, [weighted(100), weighted(1)], [0.95, 0.0188]],
    ['share what is left over evenly', 1, [promised(20, 10), {}, {}], [0.5, 0.25, 0.25]],
    ['share it by their weights', 1, [promised(20, 10), weighted(1, 1), weighted(4, 1)], [0.5, 0.1, 0.4]],
    ['share it by what they are promised', 1, [promised(20, 4, 1), promised(20, 8, 1)], [1 / 3, 2 / 3]],
  ])('%s', (_what, pcpus, given, wanted) => {
    const simulation = new Simulation('sedf', pcpus);
    const tasks = given.flatMap((parameters) => simulation.add(parameters));
    expect(deviation(simulation.measure(tasks, SPAN_NS), wanted)).toBeLessThan(0.02);
  });

  test('weights are reckoned anew when domains come, change and go', () => {
    const simulation = new Simulation('sedf');
    const [first] = simulation.add(weighted(1));
    expect(deviation(simulation.measure([first!], SPAN_NS), [0.95])).toBeLessThan(0.02);
    const [second] = simulation.add(weighted(3));
    expect(deviation(simulation.measure([first!, second!], SPAN_NS), [0.2375, 0.7125])).toBeLessThan(0.02);
    simulation.scheduler.adjust(second!.vcpu.domain, promised(10, 1), simulation.nowNs);
    expect(deviation(simulation.measure([first!, second!], SPAN_NS), [0.85, 0.1])).toBeLessThan(0.02);
  });
});

describe('a domain that blocks', () => {
  test('has a new period when it wakes after its deadline', () => {
    const simulation = new Simulation('sedf', 1, 5);
    simulation.add(promised(40, 20));
    const [blocking] = simulation.add(promised(20, 4), { runNs: 2 * MS, blockNs: 100 * MS });
    simulation.run(SPAN_NS);
    expect(blocking!.waitsNs.length).toBeGreaterThan(200);
    expect(Math.max(...blocking!.waitsNs)).toBeLessThanOrEqual(20 * MS);
  });

  test('has its slice in proportion within its latency', () => {
    const simulation = new Simulation('sedf', 1, 5);
    simulation.add(promised(40, 24, 1));
    const given = { ...promised(100, 20), latency: 10 * MS };
    const [blocking] = simulation.add(given, { runNs: 1.3 * MS, blockNs: 300 * MS });
    simulation.run(SPAN_NS);
    expect(blocking!.waitsNs.length).toBeGreaterThan(90);
    expect(Math.max(...blocking!.waitsNs)).toBeLessThanOrEqual(10 * MS);
  });
});

test('its parameters are checked; what is refused changes nothing', () => {
  const simulation = new Simulation('sedf');
  const { domain } = simulation.add()[0]!.vcpu;
  const { scheduler } = simulation;
  const usual = { period: 100 * MS, slice: 0, latency: 0, extratime: 1, weight: 0 };
  expect(scheduler.parameters(domain)).toEqual(usual);
  for (const bad of [
    { period: 0, weight: 0 },
    ...[promised(0.009, 0.008), promised(10_001, 1), promised(10, 11), promised(10, 0.004)],
    { ...promised(10, 1), latency: 2 ** 60 },
  ])
    expect(scheduler.adjust(domain, bad, 0)).toBe(EINVAL);
  expect(scheduler.parameters(domain)).toEqual(usual);
  expect(scheduler.adjust(domain, weighted(7, 1), 0)).toBe(0);
  expect(scheduler.parameters(domain)).toEqual(usual);
  expect(scheduler.adjust(domain, weighted(7), 0)).toBe(0);
  expect(scheduler.parameters(domain)).toEqual({ ...usual, slice: 95 * MS, extratime: 0, weight: 7 });
});
