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

describe('who wakes', () => {
  test.each([1, 2, 4])(
    'has a processor of %i within the context switch allowance, and what it ran last',
    (pcpus) => {
      const simulation = new Simulation('bvt', pcpus, 5);
      for (let busy = 0; busy < 2 * pcpus; busy++) simulation.add();
      simulation.run(SPAN_NS / 1000);
      const [blocking] = simulation.add({}, { runNs: MS, blockNs: 29 * MS });
      simulation.run(SPAN_NS);
      const { waitsNs } = blocking!;
      expect(waitsNs.length).toBeGreaterThan(900);
      expect(Math.max(...waitsNs)).toBeLessThanOrEqual((5 + 1.5) * MS);
    },
  );
});

describe('warping', () => {
  test('borrows and gives back: nobody gets more of it in the end', () => {
    const simulation = new Simulation('bvt');
    const [warped] = simulation.add({ warpback: 1, warpvalue: 100_000, warpl: 50, warpu: 200 });
    const [other] = simulation.add();
    expect(simulation.measure([warped!, other!], 50 * MS)).toEqual([1, 0]);
    expect(deviation(simulation.measure([warped!, other!], SPAN_NS), [0.5, 0.5])).toBeLessThan(0.02);
  });

  test('ends for good after its limit if there is no time after which it may begin again', () => {
    const simulation = new Simulation('bvt');
    const [warped] = simulation.add({ warpback: 1, warpvalue: 100_000, warpl: 20, warpu: 0 });
    const [other] = simulation.add();
    expect(simulation.measure([warped!, other!], 20 * MS)).toEqual([1, 0]);
    simulation.run(MS);
    expect(simulation.scheduler.parameters(warped!.vcpu.domain)).toMatchObject({ warpback: 0 });
    expect(simulation.pcpus[0]!.running).toBe(other!.vcpu);
  });
});

describe('processors', () => {
  test('pinned vcpus run where they are pinned', () => {
    const simulation = new Simulation('bvt', 2);
    const tasks = [10, 20, 10].map((mcu_adv) => simulation.add({ mcu_adv })[0]!);
    simulation.pin(tasks[0]!, 1);
    simulation.pin(tasks[1]!, 1);
    expect(deviation(simulation.measure(tasks, SPAN_NS), [2 / 3, 1 / 3, 1])).toBeLessThan(0.02);
  });

  test('who ran alone while nobody waited owes and is owed nothing', () => {
    const simulation = new Simulation('bvt', 2);
    const tasks = [10, 1000].map((mcu_adv) => simulation.add({ mcu_adv })[0]!);
    simulation.run(3_600_000 * MS);
    tasks.push(simulation.add({ mcu_adv: 1000 })[0]!);
    expect(deviation(simulation.measure(tasks, SPAN_NS), [1, 0.5, 0.5])).toBeLessThan(0.02);
  });

  test('one vcpu alone is not interrupted', () => {
    const simulation = new Simulation('bvt', 2);
    const [alone] = simulation.add();
    simulation.run(MS);
    const { asked } = simulation;
    expect(simulation.measure([alone!], 3_600_000 * MS)).toEqual([1]);
    expect(simulation.asked).toBe(asked);
  });
});

test('its parameters are checked', () => {
  const { scheduler } = new Simulation('bvt');
  const domain = new Simulation('bvt').add()[0]!.vcpu.domain;
  const before = scheduler.parameters(domain);
  expect(before).toEqual({ mcu_adv: 10, warpback: 0, warpvalue: 0, warpl: 2000, warpu: 1000 });
  for (const bad of [{ mcu_adv: 0 }, { warpl: -1 }, { warpu: -1 }])
    expect(scheduler.adjust(domain, bad, 0)).toBe(-22);
  expect(scheduler.parameters(domain)).toEqual(before);
  expect(scheduler.configure({ ctx_allow: 1 }, 0)).toBe(0);
  expect(scheduler.settings()).toEqual({ ctx_allow: 10_000 });
});

test('virtual times stay small enough to be exact, and the shares what they were', () => {
  const simulation = new Simulation('bvt');
  const tasks = [0x7fff_fffe, 0x7fff_ffff].flatMap((mcu_adv) => simulation.add({ mcu_adv }));
  let most = 0;
  for (let n = 0; n < 1500; n++) {
    simulation.run(MS);
    const [, svt] = / svt=(\d+)/.exec(simulation.scheduler.dumpSettings().join())!;
    most = Math.max(most, Number(svt));
  }
  // What is put back is what was beyond 2^40 when it was looked at, a slice later at most.
  expect(most).toBeGreaterThan(2 ** 39);
  expect(most).toBeLessThan(1.5 * 2 ** 40);
  expect(deviation(simulation.measure(tasks, SPAN_NS), [0.5, 0.5])).toBeLessThan(0.02);
});
