/** The scheduler's parameters through the hypercalls, and what they do to real guests. */
import { expect, test } from 'vitest';
import { XEN_DOMCTL_INTERFACE_VERSION, XEN_SYSCTL_INTERFACE_VERSION } from '../../abi/control.ts';
import {
  SCHED_ATROPOS,
  SCHED_BVT,
  SCHED_RROBIN,
  XEN_DOMCTL_SCHEDOP_getinfo,
  XEN_DOMCTL_SCHEDOP_putinfo,
  XEN_DOMCTL_scheduler_op,
  XEN_SCHEDULER_CREDIT,
  XEN_SCHEDULER_SEDF,
} from '../../abi/domctl.ts';
import { XEN_SYSCTL_sched_id, XEN_SYSCTL_scheduler_op } from '../../abi/sysctl.ts';
import { domctl } from '../domctl.ts';
import { sysctl } from '../sysctl.ts';
import { ARGUMENTS, TestDomain, testHost } from '../../memory/testing.ts';
import { runQueues } from '../../debug-keys/run-queues.ts';
import { DATA, load, start } from '../../testing-guest.ts';
import { cpuTimeNs } from './info.ts';
import { pauseDomain } from '../../domain/life.ts';

const FRAMES = 1024;
const EINVAL = -22;

/** A host with this scheduler: domain 0, and domain 1. */
function setup(scheduler: string): { domain0: TestDomain; domain1: TestDomain } {
  const hypervisor = testHost(FRAMES, { scheduler });
  const domain1 = new TestDomain(hypervisor, 1, 32);
  return { domain1, domain0: new TestDomain(hypervisor, 0, 32, 1, true) };
}

/** XEN_DOMCTL_scheduler_op on domain 1; the words of the scheduler's own structure. */
function adjust(domain0: TestDomain, scheduler: number, command: number, ...words: number[]): number {
  const wide = [XEN_DOMCTL_scheduler_op, XEN_DOMCTL_INTERFACE_VERSION, 1, 0, scheduler, command, ...words];
  domain0.poke(ARGUMENTS, ...pairs(wide));
  return domain0.call(domctl, ARGUMENTS);
}

/** XEN_SYSCTL_scheduler_op. */
function configure(
  domain0: TestDomain,
  pool: number,
  id: number,
  command: number,
  ...words: number[]
): number {
  const head = [XEN_SYSCTL_scheduler_op, XEN_SYSCTL_INTERFACE_VERSION, pool, id, command, 0];
  domain0.poke(ARGUMENTS, ...pairs([...head, ...words]));
  return domain0.call(sysctl, ARGUMENTS);
}

function pairs(words: readonly number[]): bigint[] {
  const word = (at: number): bigint => BigInt((words[at] ?? 0) >>> 0);
  return Array.from(
    { length: Math.ceil(words.length / 2) },
    (_, index) => word(index * 2) | (word(index * 2 + 1) << 32n),
  );
}

/** Words of the structure's own part: domctl's begins at byte 24, sysctl's at 24. */
function words(domain0: TestDomain, count: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    const pair = domain0.peek(ARGUMENTS + 24 + (index & ~1) * 4);
    return Number((index & 1 ? pair >> 32n : pair) & 0xffff_ffffn);
  });
}

test("credit's weight and cap, each of which can be left as it is", () => {
  const { domain0 } = setup('credit');
  const put = (weight: number, cap: number): number =>
    adjust(domain0, XEN_SCHEDULER_CREDIT, XEN_DOMCTL_SCHEDOP_putinfo, weight | (cap << 16));
  const get = (): number[] => {
    expect(adjust(domain0, XEN_SCHEDULER_CREDIT, XEN_DOMCTL_SCHEDOP_getinfo)).toBe(0);
    const [both] = words(domain0, 1);
    return [both! & 0xffff, both! >>> 16];
  };
  expect(get()).toEqual([256, 0]);
  expect(put(512, 40)).toBe(0);
  expect(get()).toEqual([512, 40]);
  expect(put(0, 50)).toBe(0);
  expect(get()).toEqual([512, 50]);
  expect(put(100, 0xffff)).toBe(0);
  expect(get()).toEqual([100, 50]);
});

test.each(['credit', 'bvt', 'atropos', 'sedf', 'rrobin'])(
  '%s refuses what is for another scheduler',
  (name) => {
    const { domain0, domain1 } = setup(name);
    const { id } = domain0.hypervisor.scheduler;
    expect(adjust(domain0, id, XEN_DOMCTL_SCHEDOP_getinfo)).toBe(0);
    expect(adjust(domain0, id, 2)).toBe(EINVAL);
    expect(adjust(domain0, id + 1, XEN_DOMCTL_SCHEDOP_getinfo)).toBe(EINVAL);
    expect(configure(domain0, 0, id, 1)).toBe(0);
    expect(configure(domain0, 0, id, 2)).toBe(EINVAL);
    expect(configure(domain0, 0, id + 1, 1)).toBe(EINVAL);
    expect(configure(domain0, 1, id, 1)).toBe(-3);
    domain1.enter();
    expect(adjust(domain1, id, XEN_DOMCTL_SCHEDOP_putinfo)).toBe(-1);
  },
);

test.each([
  ['credit', XEN_SCHEDULER_CREDIT],
  ['bvt', SCHED_BVT],
  ['atropos', SCHED_ATROPOS],
  ['rrobin', SCHED_RROBIN],
  ['sedf', XEN_SCHEDULER_SEDF],
])('%s is scheduler %i', (name, id) => {
  const { domain0 } = setup(name);
  domain0.poke(ARGUMENTS, ...pairs([XEN_SYSCTL_sched_id, XEN_SYSCTL_INTERFACE_VERSION, 0xff]));
  expect(domain0.call(sysctl, ARGUMENTS)).toBe(0);
  expect(Number(domain0.peek(ARGUMENTS + 8) & 0xffff_ffffn)).toBe(id);
  expect(runQueues.dump(domain0.hypervisor).join('\n')).toContain(`(${name})`);
});

test("credit's own settings come back as they were set", () => {
  const { domain0 } = setup('credit');
  expect(configure(domain0, 0, XEN_SCHEDULER_CREDIT, 1)).toBe(0);
  expect(words(domain0, 3)).toEqual([30, 1000, 0]);
  expect(configure(domain0, 0, XEN_SCHEDULER_CREDIT, 0, 5, 500, 100)).toBe(0);
  expect(words(domain0, 3)).toEqual([5, 500, 100]);
  expect(configure(domain0, 0, XEN_SCHEDULER_CREDIT, 0, 0, 500, 100)).toBe(EINVAL);
});

test("sedf's structure of Xen 4.5", () => {
  const { domain0 } = setup('sedf');
  const ms = 1_000_000;
  const put = [30 * ms, 0, 10 * ms, 0, 5 * ms, 0, 1, 0];
  expect(adjust(domain0, XEN_SCHEDULER_SEDF, XEN_DOMCTL_SCHEDOP_putinfo, ...put)).toBe(0);
  expect(adjust(domain0, XEN_SCHEDULER_SEDF, XEN_DOMCTL_SCHEDOP_getinfo)).toBe(0);
  expect(words(domain0, 8)).toEqual(put);
  expect(adjust(domain0, XEN_SCHEDULER_SEDF, XEN_DOMCTL_SCHEDOP_putinfo, 30 * ms, 0, 31 * ms)).toBe(EINVAL);
});

test("bvt's and atropos's structures of Xen 2", () => {
  const bvt = setup('bvt').domain0;
  expect(adjust(bvt, SCHED_BVT, XEN_DOMCTL_SCHEDOP_putinfo, 20, 1, -5, 0, 30, 0, 40, 0)).toBe(0);
  expect(adjust(bvt, SCHED_BVT, XEN_DOMCTL_SCHEDOP_getinfo)).toBe(0);
  expect(words(bvt, 8)).toEqual([20, 1, 0xffff_fffb, 0, 30, 0, 40, 0]);
  expect(adjust(bvt, SCHED_BVT, XEN_DOMCTL_SCHEDOP_putinfo, 0, 1, 5, 0, 30, 0, 40, 0)).toBe(EINVAL);
  expect(adjust(bvt, SCHED_BVT, XEN_DOMCTL_SCHEDOP_putinfo, 1, 1, 5, 0, -1, -1, 40, 0)).toBe(EINVAL);
  const atropos = setup('atropos').domain0;
  const ms = 1_000_000;
  const put = [20 * ms, 0, 5 * ms, 0, 10 * ms, 0, 0, 0];
  expect(adjust(atropos, SCHED_ATROPOS, XEN_DOMCTL_SCHEDOP_putinfo, ...put)).toBe(0);
  expect(adjust(atropos, SCHED_ATROPOS, XEN_DOMCTL_SCHEDOP_getinfo)).toBe(0);
  expect(words(atropos, 7)).toEqual(put.slice(0, 7));
  put[5] = -1;
  expect(adjust(atropos, SCHED_ATROPOS, XEN_DOMCTL_SCHEDOP_putinfo, ...put)).toBe(EINVAL);
});

const COUNTER = `
  mov rdi, ${String(DATA)}
count:
  inc dword [rdi]
  jmp count`;

test('two guests that count for ever count by their weights; capped, no more than that', () => {
  const hypervisor = testHost(FRAMES);
  const { scheduler } = hypervisor;
  // Short slices, so that the emulated processor need not run for long.
  expect(scheduler.configure({ tslice_ms: 1, ratelimit_us: 100, vcpu_migr_delay_us: 0 }, 0)).toBe(0);
  const guests = [1, 2].map((id) => load(COUNTER, 1, hypervisor, id));
  for (const setup of guests) start(setup, setup.guest.vcpu);
  const [one, two] = guests.map(({ guest }) => guest.vcpu);
  scheduler.adjust(two!.domain, { weight: 3 * 256 }, 0);
  const times = (): number[] => [one!, two!].map((vcpu) => cpuTimeNs(vcpu, hypervisor.nowNs()) / 40_000_000);
  hypervisor.run(40_000_000);
  const [first, second] = times();
  expect(first).toBeCloseTo(0.25, 1);
  expect(second).toBeCloseTo(0.75, 1);
  pauseDomain(hypervisor, two!.domain);
  scheduler.adjust(one!.domain, { cap: 20 }, hypervisor.nowNs());
  hypervisor.run(80_000_000);
  expect(times()[0]! - first!).toBeCloseTo(0.2, 1);
});

test('what a hypercall changes for a domain, the next deadline follows', () => {
  const hypervisor = testHost(FRAMES, { scheduler: 'bvt' });
  const setup = load(COUNTER, 1, hypervisor, 1);
  start(setup, setup.guest.vcpu);
  hypervisor.run(1000);
  expect(hypervisor.scheduler.tickNs).toBe(Infinity);
  const domain0 = new TestDomain(hypervisor, 0, 32, 1, true);
  // It runs, and warps from now on for 30 ms.
  expect(adjust(domain0, SCHED_BVT, XEN_DOMCTL_SCHEDOP_putinfo, 20, 1, 5, 0, 30, 0, 40, 0)).toBe(0);
  expect(hypervisor.scheduler.tickNs).toBe(hypervisor.nowNs() + 30_000_000);
  expect(hypervisor.schedulerTickNs).toBe(hypervisor.scheduler.tickNs);
  expect(hypervisor.deadlineTicks).toBeLessThanOrEqual(30_001_000);
});
