/** sched_op, its elder, and set_timer_op, as xen/include/public/sched.h promises them, with their errors. */
import { beforeEach, describe, expect, test } from 'vitest';
import { EFAULT, EINVAL, ENOSPC, ENOSYS, EPERM, ESRCH } from '../abi/errno.ts';
import * as abi from '../abi/sched.ts';
import { DOMID_SELF } from '../abi/xen.ts';
import { setPortPending } from '../events/send.ts';
import { writeByte } from '../memory/guest-frames.ts';
import { ARGUMENTS, TEST_BASE, TestDomain, testHost } from '../memory/testing.ts';
import { ECS_IPI } from '../state/event-channels.ts';
import { schedOp, schedOpCompat, setTimerOp } from './sched-op.ts';

const NOWHERE = TEST_BASE + 40 * 4096;
const LIST = ARGUMENTS + 1024;

let guest: TestDomain;

beforeEach(() => {
  guest = new TestDomain(testHost(), 1, 32);
  guest.hypervisor.processor.tscOffset += 1e9;
  guest.vcpu.initialised = true;
  guest.vcpu.down = false;
});

const op = (command: number, argument = ARGUMENTS): number => guest.call(schedOp, command, argument);
const withWord = (command: number, low: number, high = 0): number => {
  guest.poke(ARGUMENTS, BigInt(low) | (BigInt(high) << 32n));
  return op(command);
};

test('commands that do not exist; pinning is not for guests', () => {
  expect(op(99)).toBe(-ENOSYS);
  expect(op(abi.SCHEDOP_pin_override)).toBe(-EPERM);
  expect(guest.call(schedOpCompat, abi.SCHEDOP_poll, ARGUMENTS)).toBe(-ENOSYS);
});

test.each([
  abi.SCHEDOP_shutdown,
  abi.SCHEDOP_poll,
  abi.SCHEDOP_shutdown_code,
  abi.SCHEDOP_remote_shutdown,
  abi.SCHEDOP_watchdog,
])('command %i wants an argument that can be read', (command) => {
  expect(op(command, NOWHERE)).toBe(-EFAULT);
  expect(guest.domain.shutdown).toBe(null);
});

test('block lets events in and sleeps, unless one waits', () => {
  const { hypervisor, vcpu } = guest;
  writeByte(hypervisor.frames, vcpu.info + 1, 1);
  expect(op(abi.SCHEDOP_block)).toBe(0);
  expect([hypervisor.machine.bytes[vcpu.info + 1], vcpu.blocked]).toEqual([0, true]);
  vcpu.blocked = false;
  writeByte(hypervisor.frames, vcpu.info, 1);
  expect(op(abi.SCHEDOP_block)).toBe(0);
  expect(vcpu.blocked).toBe(false);
});

test('yield lets others run', () => {
  expect(op(abi.SCHEDOP_yield)).toBe(0);
  expect([guest.hypervisor.pcpu.mustSchedule, guest.vcpu.blocked]).toEqual([true, false]);
});

describe('shutdown', () => {
  test('for a reason that there is', () => {
    expect(withWord(abi.SCHEDOP_shutdown, abi.SHUTDOWN_MAX + 1)).toBe(-EINVAL);
    expect(guest.call(schedOpCompat, abi.SCHEDOP_shutdown, abi.SHUTDOWN_MAX + 1)).toBe(-EINVAL);
    expect(guest.domain.shutdown).toBe(null);
    expect(withWord(abi.SCHEDOP_shutdown, abi.SHUTDOWN_MAX)).toBe(0);
    expect(guest.domain.shutdown?.reason).toBe(abi.SHUTDOWN_MAX);
  });

  test('its elder takes the reason by value', () => {
    expect(guest.call(schedOpCompat, abi.SCHEDOP_shutdown, abi.SHUTDOWN_reboot)).toBe(0);
    expect(guest.domain.shutdown?.reason).toBe(abi.SHUTDOWN_reboot);
  });

  test('a code that was given before is told instead', () => {
    expect(withWord(abi.SCHEDOP_shutdown_code, abi.SHUTDOWN_suspend)).toBe(0);
    expect(guest.domain.shutdown).toBe(null);
    expect(withWord(abi.SCHEDOP_shutdown, abi.SHUTDOWN_poweroff)).toBe(0);
    expect(guest.domain.shutdown?.reason).toBe(abi.SHUTDOWN_suspend);
  });

  test('of another is for domain 0, and never of oneself', () => {
    const dom0 = new TestDomain(guest.hypervisor, 0, 32, 1, true);
    const remote = (by: TestDomain, id: number, reason = abi.SHUTDOWN_crash): number => {
      by.poke(ARGUMENTS, BigInt(id) | (BigInt(reason) << 32n));
      return by.call(schedOp, abi.SCHEDOP_remote_shutdown, ARGUMENTS);
    };
    expect(remote(dom0, DOMID_SELF)).toBe(-EINVAL);
    expect(remote(dom0, 0)).toBe(-EINVAL);
    expect(remote(dom0, 7)).toBe(-ESRCH);
    guest.enter();
    expect(remote(guest, 0)).toBe(-EPERM);
    dom0.enter();
    expect(remote(dom0, 1, abi.SHUTDOWN_reboot)).toBe(0);
    expect([guest.domain.shutdown?.reason, dom0.domain.shutdown]).toEqual([abi.SHUTDOWN_reboot, null]);
  });
});

describe('poll', () => {
  const poll = (list: number, count: number, timeout = 0): number => {
    guest.poke(ARGUMENTS, list, count, timeout);
    return op(abi.SCHEDOP_poll);
  };

  test('of at most 128 ports, that there can be, in a list that can be read', () => {
    expect(poll(LIST, 129)).toBe(-EINVAL);
    expect(poll(NOWHERE, 1)).toBe(-EFAULT);
    guest.poke(LIST, guest.domain.events.limit);
    expect(poll(LIST, 1)).toBe(-EINVAL);
    expect(guest.vcpu.polling).toBe(false);
  });

  test('sleeps until its time, or for ever; the list may be empty then', () => {
    const { hypervisor, vcpu } = guest;
    expect(poll(NOWHERE, 0, hypervisor.nowNs() + 1000)).toBe(0);
    expect([vcpu.polling, vcpu.pollTimeoutNs]).toEqual([true, hypervisor.nowNs() + 1000]);
    expect(hypervisor.deadlineTicks).toBeLessThan(Infinity);
    expect(poll(NOWHERE, 0)).toBe(0);
    expect(vcpu.pollTimeoutNs).toBe(-1);
  });

  test('returns at once where its time is over, or a port is pending', () => {
    const { hypervisor, vcpu } = guest;
    expect(poll(LIST, 0, hypervisor.nowNs())).toBe(0);
    expect(vcpu.polling).toBe(false);
    const quiet = guest.domain.events.allocate()!;
    quiet.state = ECS_IPI;
    const pending = guest.domain.events.allocate()!;
    pending.state = ECS_IPI;
    guest.poke(LIST, BigInt(quiet.port) | (BigInt(pending.port) << 32n));
    setPortPending(hypervisor, guest.domain, pending);
    expect(poll(LIST, 2)).toBe(0);
    expect(vcpu.polling).toBe(false);
    expect(poll(LIST, 1)).toBe(0);
    expect([vcpu.polling, vcpu.pollPorts]).toEqual([true, [quiet.port]]);
  });
});

test('watchdogs: two, renewed or stopped by their ids', () => {
  const { domain, hypervisor } = guest;
  const dog = (id: number, seconds: number): number => withWord(abi.SCHEDOP_watchdog, id, seconds);
  expect(dog(3, 1)).toBe(-EINVAL);
  expect(dog(1, 1)).toBe(-EINVAL);
  expect([dog(0, 1), dog(0, 2)]).toEqual([1, 2]);
  expect(dog(0, 1)).toBe(-ENOSPC >>> 0);
  expect(domain.watchdogsNs).toEqual([hypervisor.nowNs() + 1e9, hypervisor.nowNs() + 2e9]);
  expect([dog(2, 5), dog(1, 0)]).toEqual([0, 0]);
  expect(domain.watchdogsNs).toEqual([-1, hypervisor.nowNs() + 5e9]);
  expect(dog(1, 1)).toBe(-EINVAL);
});

describe('set_timer_op', () => {
  const FAR_NS = 2 ** 50;
  test('sets the deadline, past or to come; 0 stops it', () => {
    const { vcpu } = guest;
    expect(guest.call(setTimerOp, 5)).toBe(0);
    expect(vcpu.singleshotNs).toBe(5);
    expect(guest.call(setTimerOp, 0)).toBe(0);
    expect(vcpu.singleshotNs).toBe(-1);
  });

  test('what is 13 days off, or negative, is taken for a wrapped clock: 100 ms', () => {
    const { vcpu, hypervisor } = guest;
    const now = hypervisor.nowNs();
    for (const deadline of [now + FAR_NS, -1]) {
      expect(guest.call(setTimerOp, deadline)).toBe(0);
      expect(vcpu.singleshotNs).toBe(now + 100_000_000);
    }
    expect(guest.call(setTimerOp, now + FAR_NS - 1)).toBe(0);
    expect(vcpu.singleshotNs).toBe(now + FAR_NS - 1);
  });
});
