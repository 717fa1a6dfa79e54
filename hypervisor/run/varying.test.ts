/** What varies in Xen's own time: within what it promises, and nothing is lost. */
import { expect, test } from 'vitest';
import { Chance } from '../../devices/chance.ts';
import * as abi from '../abi/event-channel.ts';
import { VIRQ_TIMER } from '../abi/xen.ts';
import { isPortPending, sendVirq } from '../events/send.ts';
import { eventOp } from '../events/testing.ts';
import { TestDomain, testHost } from '../memory/testing.ts';
import { block, poll, wake } from '../sched/vcpus.ts';
import { findDeadline, setPeriodic, setSingleshot } from '../time/deadlines.ts';
import { expireTimers } from './timers.ts';

const MS = 1_000_000;
const PORT = 1;
const SEEDS = Array.from({ length: 16 }, (_, seed) => seed);

/** A domain whose timer is bound to port 1, on a host that varies by a seed. */
function guestOf(seed: number): TestDomain {
  const guest = new TestDomain(testHost(1024, { chance: new Chance({ seed }, 'host') }), 1, 32);
  guest.vcpu.initialised = true;
  guest.vcpu.down = false;
  setPeriodic(guest.hypervisor, guest.vcpu, 0);
  expect(eventOp(guest, abi.EVTCHNOP_bind_virq, VIRQ_TIMER, 0).result).toBe(0);
  return guest;
}

/** Time goes on to the next deadline, and what is due happens. When that is, in ns. */
function goOn({ hypervisor }: TestDomain): number {
  hypervisor.processor.tscOffset += hypervisor.deadlineTicks - hypervisor.ticks();
  expireTimers(hypervisor);
  return hypervisor.nowNs();
}

test('a timer fires when it was set to, or up to 50 us later', () => {
  const late = SEEDS.map((seed) => {
    const guest = guestOf(seed);
    return [10, 20, 30, 40].map((ms) => {
      setSingleshot(guest.hypervisor, guest.vcpu, ms * MS);
      const lateNs = goOn(guest) - ms * MS;
      expect(guest.vcpu.singleshotNs).toBe(-1);
      return lateNs;
    });
  }).flat();
  expect(Math.min(...late)).toBe(0);
  expect(Math.max(...late)).toBeGreaterThan(1000);
  expect(Math.max(...late)).toBeLessThanOrEqual(50_000);
});

test('who waits for an event wakes when it comes, or up to 100 us later; what it waited for is there at once', () => {
  const waited = SEEDS.map((seed) => {
    const guest = guestOf(seed);
    const { hypervisor, vcpu } = guest;
    poll(hypervisor, vcpu, [PORT], -1);
    sendVirq(hypervisor, vcpu, VIRQ_TIMER);
    expect(isPortPending(hypervisor, guest.domain, PORT)).toBe(true);
    if (!vcpu.polling) return 0;
    findDeadline(hypervisor);
    const waitedNs = goOn(guest);
    expect([vcpu.polling, hypervisor.wakings!.size]).toEqual([false, 0]);
    return waitedNs;
  });
  expect(Math.min(...waited)).toBe(0);
  expect(Math.max(...waited)).toBeGreaterThan(1000);
  expect(Math.max(...waited)).toBeLessThanOrEqual(100_000);
});

test('who wakes before its event has reached it is not woken by that again', () => {
  const late = SEEDS.map(guestOf).filter(({ hypervisor, vcpu }) => {
    poll(hypervisor, vcpu, [PORT], -1);
    sendVirq(hypervisor, vcpu, VIRQ_TIMER);
    return vcpu.polling;
  });
  expect(late.length).toBeGreaterThan(1);
  for (const { hypervisor, vcpu } of late) {
    wake(hypervisor, vcpu);
    block(hypervisor, vcpu);
    expect([vcpu.blocked, hypervisor.wakings!.size]).toEqual([false, 0]);
    poll(hypervisor, vcpu, [7], -1);
    findDeadline(hypervisor);
    expect([vcpu.polling, hypervisor.deadlineTicks]).toEqual([true, Infinity]);
  }
});
