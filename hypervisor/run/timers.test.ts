/** Timers that are due: which, once or again, whom they wake, and when the next is. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as abi from '../abi/event-channel.ts';
import { SHUTDOWN_watchdog } from '../abi/sched.ts';
import { VIRQ_TIMER } from '../abi/xen.ts';
import { EINVAL, ENOSPC } from '../abi/errno.ts';
import { isPortPending, clearPortPending } from '../events/send.ts';
import { eventOp } from '../events/testing.ts';
import { TestDomain, testHost } from '../memory/testing.ts';
import { block, poll } from '../sched/vcpus.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { findDeadline, setPeriodic, setSingleshot } from '../time/deadlines.ts';
import { setWatchdog } from '../time/watchdog.ts';
import { expireTimers } from './timers.ts';

const MS = 1_000_000;

let guest: TestDomain;
let second: Vcpu;

beforeEach(() => {
  guest = new TestDomain(testHost(), 1, 32, 2);
  second = guest.domain.vcpus[1]!;
  for (const vcpu of guest.domain.vcpus) {
    vcpu.initialised = true;
    vcpu.down = false;
    // Port 1 is vcpu 0's timer, port 2 vcpu 1's.
    expect(eventOp(guest, abi.EVTCHNOP_bind_virq, VIRQ_TIMER, vcpu.id).result).toBe(0);
  }
  guest.hypervisor.pcpu.running = guest.vcpu;
});

/** Time goes on to `ns`, as when everyone sleeps, and what is due happens. */
function at(ns: number): void {
  const { hypervisor } = guest;
  hypervisor.processor.tscOffset += ns / hypervisor.clock.periodNs - hypervisor.ticks();
  expireTimers(hypervisor);
}

/** Ports that are pending, and not any more. */
function raised(): number[] {
  const { hypervisor, domain } = guest;
  return [1, 2].filter((port) => {
    const was = isPortPending(hypervisor, domain, port);
    clearPortPending(hypervisor, domain, domain.events.at(port)!);
    return was;
  });
}

const deadlineNs = (): number => guest.hypervisor.deadlineTicks * guest.hypervisor.clock.periodNs;

describe('the singleshot timer', () => {
  test('fires once, not before its time', () => {
    setSingleshot(guest.hypervisor, second, 10 * MS);
    at(10 * MS - 1);
    expect(raised()).toEqual([]);
    at(10 * MS);
    expect(raised()).toEqual([2]);
    expect(second.singleshotNs).toBe(-1);
    at(30 * MS);
    expect(raised()).toEqual([]);
  });

  test('fires at once for a time that is past, and never when it was stopped', () => {
    at(20 * MS);
    setSingleshot(guest.hypervisor, guest.vcpu, 10 * MS);
    setSingleshot(guest.hypervisor, second, 10 * MS);
    setSingleshot(guest.hypervisor, second, -1);
    at(20 * MS);
    expect(raised()).toEqual([1]);
  });

  test('wakes its vcpu', () => {
    setSingleshot(guest.hypervisor, second, 10 * MS);
    block(guest.hypervisor, second);
    at(9 * MS);
    expect(second.blocked).toBe(true);
    at(11 * MS);
    expect(second.blocked).toBe(false);
  });

  test('of a domain that has shut down does not fire', () => {
    setSingleshot(guest.hypervisor, second, 10 * MS);
    guest.domain.shutdown = { reason: 0, crash: null };
    at(11 * MS);
    expect(raised()).toEqual([]);
  });
});

describe('the periodic timer', () => {
  test('ticks every period while the vcpu runs', () => {
    setPeriodic(guest.hypervisor, guest.vcpu, 10 * MS);
    at(9 * MS);
    expect(raised()).toEqual([]);
    for (const ns of [10, 20, 30]) {
      at(ns * MS);
      expect(raised()).toEqual([1]);
    }
  });

  test('missed ticks are one tick, and the next is a period later', () => {
    setPeriodic(guest.hypervisor, guest.vcpu, 10 * MS);
    at(55 * MS);
    expect(raised()).toEqual([1]);
    expect(guest.vcpu.periodicNs).toBe(65 * MS);
    at(60 * MS);
    expect(raised()).toEqual([]);
    at(65 * MS);
    expect(raised()).toEqual([1]);
  });

  test('does not tick for a vcpu that does not run, nor wakes it', () => {
    setPeriodic(guest.hypervisor, second, 10 * MS);
    block(guest.hypervisor, second);
    at(50 * MS);
    expect(raised()).toEqual([]);
    expect(second.blocked).toBe(true);
  });

  test('stops', () => {
    setPeriodic(guest.hypervisor, guest.vcpu, 10 * MS);
    setPeriodic(guest.hypervisor, guest.vcpu, 0);
    at(50 * MS);
    expect(raised()).toEqual([]);
  });
});

test("a poll's time-out wakes who polls, without an event", () => {
  poll(guest.hypervisor, second, [2], 10 * MS);
  findDeadline(guest.hypervisor);
  at(10 * MS);
  expect([second.polling, second.pollTimeoutNs]).toEqual([false, -1]);
  expect(raised()).toEqual([]);
});

describe('the deadline', () => {
  test('is the earliest of all timers', () => {
    for (const vcpu of guest.domain.vcpus) setPeriodic(guest.hypervisor, vcpu, 0);
    // The scheduler's own tick is not before that.
    setSingleshot(guest.hypervisor, guest.vcpu, 5 * MS);
    expect(deadlineNs()).toBe(5 * MS);
    setSingleshot(guest.hypervisor, second, 3 * MS);
    expect(deadlineNs()).toBe(3 * MS);
    setSingleshot(guest.hypervisor, second, -1);
    expect(deadlineNs()).toBe(5 * MS);
    setPeriodic(guest.hypervisor, guest.vcpu, 2 * MS);
    expect(deadlineNs()).toBe(2 * MS);
    setPeriodic(guest.hypervisor, guest.vcpu, 0);
    poll(guest.hypervisor, second, [2], 4 * MS);
    findDeadline(guest.hypervisor);
    expect(deadlineNs()).toBe(4 * MS);
  });

  test('a periodic timer of who does not run is none', () => {
    setSingleshot(guest.hypervisor, guest.vcpu, 5 * MS);
    setPeriodic(guest.hypervisor, second, MS);
    expect(deadlineNs()).toBe(5 * MS);
  });
});

describe('watchdogs', () => {
  const set = (id: number, seconds: number): number =>
    setWatchdog(guest.hypervisor, guest.domain, id, seconds);

  test('there are two; a stopped one is free again', () => {
    expect([set(0, 5), set(0, 6), set(0, 7)]).toEqual([1, 2, -ENOSPC >>> 0]);
    expect([set(3, 1), set(2, 0), set(2, 1), set(0, 9)]).toEqual([-EINVAL, 0, -EINVAL, 2]);
  });

  test('one that is not renewed in time shuts the domain down', () => {
    set(0, 2);
    expect(deadlineNs()).toBeLessThanOrEqual(2000 * MS);
    at(1900 * MS);
    expect(set(1, 2)).toBe(0);
    at(2100 * MS);
    expect(guest.domain.shutdown).toBe(null);
    at(3900 * MS);
    expect(guest.domain.shutdown?.reason).toBe(SHUTDOWN_watchdog);
  });

  test('one that was stopped does nothing', () => {
    set(0, 2);
    set(1, 0);
    at(5000 * MS);
    expect(guest.domain.shutdown).toBe(null);
  });
});
