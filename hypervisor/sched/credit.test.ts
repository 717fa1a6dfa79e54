/** The credit scheduler in virtual time: what weights and caps promise. */
import { describe, expect, test } from 'vitest';
import { Domain } from '../state/domain.ts';
import { makePcpus } from '../state/pcpu.ts';
import { Vcpu } from '../state/vcpu.ts';
import { BOOST, UNDER } from './credit-units.ts';
import { makeScheduler } from './schedulers.ts';
import { deviation, MS, Simulation } from './testing.ts';

const PERIODS = 1000;
const PERIOD_NS = 30 * MS;
const SPAN_NS = PERIODS * PERIOD_NS;

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
    expect(deviation(simulation.measure(tasks, SPAN_NS), wanted)).toBeLessThan(0.02);
  });
});

describe('beside domains that block', () => {
  test.each([
    [1, [256, 512], 2],
    [1, [256, 256, 512], 3],
    [2, [256, 512, 512, 256], 2],
    [4, [256, 256, 512, 512, 512, 256], 4],
  ])('%i processors: weights %j share what %i of them leave', (pcpus, weights, count) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const seed of [1, 2, 3]) {
      const simulation = new Simulation('credit', pcpus, seed);
      // About a tenth of a processor each, in shorter and longer runs.
      const blocking = Array.from({ length: count }, (_, index) => {
        const runNs = [2 * MS, MS / 5, 8 * MS][index % 3]!;
        return simulation.add({}, { runNs, blockNs: 9 * runNs })[0]!;
      });
      const tasks = weights.flatMap((weight) => simulation.add({ weight }));
      const all = simulation.measure([...blocking, ...tasks], SPAN_NS);
      const left = pcpus - all.slice(0, count).reduce((sum, share) => sum + share, 0);
      const wanted = weights.map((weight) => (left * weight) / total);
      expect(deviation(all.slice(0, count), Array<number>(count).fill(0.1))).toBeLessThan(0.02);
      expect(deviation(all.slice(count), wanted)).toBeLessThan(0.02);
    }
  });
});

describe('caps', () => {
  test.each([
    [1, [10], [0.1]],
    [1, [50, 20, 5], [0.5, 0.2, 0.05]],
    [1, [25, 0], [0.25, 0.75]],
    [2, [30, 100, 0, 0], [0.3, 1.7 / 3, 1.7 / 3, 1.7 / 3]],
    [4, [75, 1], [0.75, 0.01]],
  ])('%i processors, caps %j: nobody gets more, though they idle', (pcpus, caps, wanted) => {
    const simulation = new Simulation('credit', pcpus);
    const tasks = caps.flatMap((cap) => simulation.add({ cap }));
    expect(deviation(simulation.measure(tasks, SPAN_NS), wanted)).toBeLessThan(0.02);
  });

  test('a cap is of all vcpus of a domain', () => {
    const simulation = new Simulation('credit', 2);
    const tasks = simulation.add({ cap: 120 }, null, 2);
    expect(deviation(simulation.measure(tasks, SPAN_NS), [0.6, 0.6])).toBeLessThan(0.02);
  });

  test('a cap holds for who blocks, and ends when it is lifted', () => {
    const simulation = new Simulation('credit', 1, 3);
    const tasks = simulation.add({ cap: 20 }, { runNs: 5 * MS, blockNs: 5 * MS });
    expect(deviation(simulation.measure(tasks, SPAN_NS), [0.2])).toBeLessThan(0.02);
    simulation.scheduler.adjust(tasks[0]!.vcpu.domain, { cap: 0 }, simulation.nowNs);
    expect(deviation(simulation.measure(tasks, SPAN_NS), [0.5])).toBeLessThan(0.02);
  });
});

describe('who wakes', () => {
  test.each([1, 2, 4])(
    'has a processor of %i as soon as who has one has had it for a millisecond',
    (pcpus) => {
      const simulation = new Simulation('credit', pcpus, 5);
      for (let busy = 0; busy < 2 * pcpus; busy++) simulation.add();
      // All wake at the start; after that, one does.
      simulation.run(PERIOD_NS);
      const [blocking] = simulation.add({}, { runNs: 200_000, blockNs: 7 * MS });
      simulation.run(SPAN_NS);
      const { waitsNs } = blocking!;
      expect(waitsNs.length).toBeGreaterThan(3000);
      expect(Math.max(...waitsNs)).toBeLessThanOrEqual(MS);
    },
  );

  test('waits like the others when it has used its credits up', () => {
    const simulation = new Simulation('credit', 1, 5);
    simulation.add();
    const [greedy] = simulation.add({ weight: 64 }, { runNs: 20 * MS, blockNs: 1 * MS });
    simulation.run(SPAN_NS);
    expect(Math.max(...greedy!.waitsNs)).toBeGreaterThan(30 * MS);
    expect(greedy!.ranNs / SPAN_NS).toBeCloseTo(0.2, 1);
  });
});

describe('processors', () => {
  test('pinned vcpus run where they are pinned, and others make use of the rest', () => {
    const simulation = new Simulation('credit', 2);
    const tasks = Array.from({ length: 3 }, () => simulation.add()[0]!);
    simulation.pin(tasks[0]!, 1);
    simulation.pin(tasks[1]!, 1);
    expect(deviation(simulation.measure(tasks, SPAN_NS), [0.5, 0.5, 1])).toBeLessThan(0.02);
    expect(tasks.map(({ vcpu }) => vcpu.processor)).toEqual([0, 0, 1]);
    simulation.pin(tasks[1]!, 2);
    simulation.pin(tasks[0]!, 3);
    simulation.pin(tasks[2]!, 2);
    expect(deviation(simulation.measure(tasks, SPAN_NS), [1, 0.5, 0.5])).toBeLessThan(0.02);
  });

  test('none idles while somebody waits that may run there', () => {
    const simulation = new Simulation('credit', 4, 9);
    const tasks = Array.from({ length: 6 }, () => simulation.add({}, { runNs: 9 * MS, blockNs: MS })[0]!);
    const sum = simulation.measure(tasks, SPAN_NS).reduce((total, share) => total + share, 0);
    expect(sum).toBeGreaterThan(3.98);
  });

  test('one vcpu alone is not interrupted, be it for hours', () => {
    const simulation = new Simulation('credit', 2);
    const [alone] = simulation.add();
    simulation.run(MS);
    const { asked } = simulation;
    expect(simulation.measure([alone!], 3_600_000 * MS)).toEqual([1]);
    expect(simulation.asked).toBe(asked);
    // It has paid for it all the same.
    simulation.add();
    expect(deviation(simulation.measure([alone!], SPAN_NS), [1])).toBeLessThan(0.02);
  });

  test('who yields lets another go first', () => {
    const simulation = new Simulation('credit');
    const [one, other] = [simulation.add()[0]!, simulation.add()[0]!];
    simulation.run(MS / 2);
    expect(simulation.pcpus[0]!.running).toBe(one.vcpu);
    simulation.scheduler.yield(simulation.pcpus[0]!);
    simulation.pcpus[0]!.mustSchedule = true;
    simulation.run(1);
    expect(simulation.pcpus[0]!.running).toBe(other.vcpu);
  });
});

describe('its parameters', () => {
  const { scheduler } = new Simulation('credit');

  test.each([
    [{ tslice_ms: 0, ratelimit_us: 0, vcpu_migr_delay_us: 0 }, -22],
    [{ tslice_ms: 1001, ratelimit_us: 0, vcpu_migr_delay_us: 0 }, -22],
    [{ tslice_ms: 30, ratelimit_us: 99, vcpu_migr_delay_us: 0 }, -22],
    [{ tslice_ms: 1000, ratelimit_us: 500_001, vcpu_migr_delay_us: 0 }, -22],
    [{ tslice_ms: 1, ratelimit_us: 1001, vcpu_migr_delay_us: 0 }, -22],
    [{ tslice_ms: 30, ratelimit_us: 0, vcpu_migr_delay_us: 100_001 }, -22],
    [{ tslice_ms: 5, ratelimit_us: 5000, vcpu_migr_delay_us: 100_000 }, 0],
  ])('%j: %i', (settings, result) => {
    const before = scheduler.settings();
    expect(scheduler.configure(settings, 0)).toBe(result);
    expect(scheduler.settings()).toEqual(result === 0 ? settings : before);
  });

  test('shares follow the weights with another time slice too', () => {
    const simulation = new Simulation('credit', 2);
    const tasks = [100, 200, 300, 200].map((weight) => simulation.add({ weight })[0]!);
    simulation.scheduler.configure({ tslice_ms: 2, ratelimit_us: 500, vcpu_migr_delay_us: 1000 }, 0);
    expect(deviation(simulation.measure(tasks, 2000 * MS), [0.25, 0.5, 0.75, 0.5])).toBeLessThan(0.02);
  });
});

test('who wakes is urgent until a tick finds it running', () => {
  const pcpus = makePcpus(1);
  const scheduler = makeScheduler('credit', pcpus);
  const domain = new Domain(1, false);
  const vcpu = new Vcpu(domain, 0);
  domain.vcpus.push(vcpu);
  scheduler.insert(vcpu);
  const priority = (): string | undefined => /pri=(-?\d)/.exec(scheduler.dumpPcpu(pcpus[0]!).join(' '))?.[1];
  scheduler.wake(vcpu, 0);
  expect(priority()).toBe(String(BOOST));
  scheduler.pick(pcpus[0]!, null, 0, { vcpu: null, sliceNs: 0 });
  pcpus[0]!.running = vcpu;
  expect(priority()).toBe(String(BOOST));
  scheduler.tick(10 * MS);
  expect(priority()).toBe(String(UNDER));
});
