/** Atropos in virtual time: what period, slice, latency and extra time promise. */
import { describe, expect, test } from 'vitest';
import type { Parameters } from '../state/scheduler.ts';
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

describe('beside domains that block', () => {
  test.each([1, 2, 4])('%i processors: who always wants to run gets its slices all the same', (pcpus) => {
    const simulation = new Simulation('atropos', pcpus, 7);
    for (let index = 0; index < 2 * pcpus; index++) {
      simulation.add(contract(100, 10, 1), { runNs: 2 * MS, blockNs: 18 * MS });
      simulation.add({});
    }
    const tasks = Array.from({ length: pcpus }, () => simulation.add(contract(20, 10, 0))[0]!);
    const wanted = tasks.map(() => 0.5);
    expect(deviation(simulation.measure(tasks, SPAN_NS), wanted)).toBeLessThan(0.02);
  });
});

describe('who wakes', () => {
  test.each([1, 2])('after its deadline, has its slice of a processor of %i within its latency', (pcpus) => {
    const simulation = new Simulation('atropos', pcpus, 5);
    for (let index = 0; index < pcpus; index++) simulation.add(contract(40, 24, 1));
    simulation.add({});
    // A fifth of a processor: 2 ms of the first 10.
    const given = { nat_period: 100 * MS, nat_slice: 20 * MS, latency: 10 * MS, xtratime: 0 };
    const [blocking] = simulation.add(given, { runNs: 1.3 * MS, blockNs: 300 * MS });
    simulation.run(SPAN_NS);
    expect(blocking!.waitsNs.length).toBeGreaterThan(90);
    expect(Math.max(...blocking!.waitsNs)).toBeLessThanOrEqual(10 * MS);
  });

  test('before its deadline, has a processor in its next period at the latest', () => {
    const simulation = new Simulation('atropos', 1, 5);
    simulation.add(contract(20, 10, 1));
    const [blocking] = simulation.add(contract(20, 6, 0), { runNs: 2 * MS, blockNs: 4 * MS });
    simulation.run(SPAN_NS);
    expect(blocking!.waitsNs.length).toBeGreaterThan(1000);
    expect(Math.max(...blocking!.waitsNs)).toBeLessThanOrEqual(40 * MS);
  });
});

describe('processors', () => {
  test('pinned vcpus run where they are pinned', () => {
    const simulation = new Simulation('atropos', 2);
    const tasks = [8, 8, 4].map((slice) => simulation.add(contract(20, slice, Number(slice === 4)))[0]!);
    simulation.pin(tasks[0]!, 1);
    simulation.pin(tasks[1]!, 1);
    simulation.pin(tasks[2]!, 1);
    expect(deviation(simulation.measure(tasks.slice(0, 2), SPAN_NS), [0.4, 0.4])).toBeLessThan(0.02);
    expect(simulation.pcpus[1]!.running).toBe(null);
    simulation.pin(tasks[2]!, 2);
    expect(deviation(simulation.measure(tasks, SPAN_NS), [0.4, 0.4, 1])).toBeLessThan(0.02);
  });

  test('one vcpu alone that takes extra time is not interrupted', () => {
    const simulation = new Simulation('atropos', 2);
    const [alone] = simulation.add(contract(20, 10, 1));
    simulation.run(MS);
    const { asked } = simulation;
    expect(simulation.measure([alone!], 3_600_000 * MS)).toEqual([1]);
    expect(simulation.asked).toBe(asked);
  });

  test('more is promised than there is: all get some, and it is over when it is over', () => {
    const simulation = new Simulation('atropos');
    const tasks = [0, 1, 2].map(() => simulation.add(contract(20, 15, 0))[0]!);
    for (const share of simulation.measure(tasks, SPAN_NS)) expect(share).toBeGreaterThan(0.2);
    for (const { vcpu } of tasks.slice(0, 2))
      simulation.scheduler.adjust(vcpu.domain, contract(20, 1, 0), simulation.nowNs);
    expect(deviation(simulation.measure(tasks, SPAN_NS), [0.05, 0.05, 0.75])).toBeLessThan(0.02);
  });
});

test('its parameters are checked', () => {
  const simulation = new Simulation('atropos');
  const { domain } = simulation.add()[0]!.vcpu;
  const { scheduler } = simulation;
  const before = scheduler.parameters(domain);
  expect(before).toEqual({ nat_period: 1e10, nat_slice: 1e7, latency: 1e10, xtratime: 1 });
  for (const bad of [{ latency: 0 }, { latency: 2e10 }, { nat_slice: 2e10 }, { nat_period: 2 ** 60 }])
    expect(scheduler.adjust(domain, bad, 0)).toBe(-22);
  expect(scheduler.parameters(domain)).toEqual(before);
});
