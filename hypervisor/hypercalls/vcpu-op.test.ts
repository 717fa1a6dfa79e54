/** vcpu_op as xen/include/public/vcpu.h promises it: each command, and each of its errors. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as abi from '../abi/vcpu.ts';
import { EEXIST, EFAULT, EINVAL, ENOENT, ENOSYS, ENXIO } from '../abi/errno.ts';
import { SHUTDOWN_poweroff } from '../abi/sched.ts';
import { vcpu_info } from '../abi/shared-info.ts';
import { newGuestContext } from '../domain/context-words.ts';
import { ARGUMENTS, L1_PFN, TEST_BASE, TestDomain, testHost } from '../memory/testing.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { vcpuOp } from './vcpu-op.ts';

const NOWHERE = TEST_BASE + 40 * 4096;
const XENS = -(2 ** 47) + 4096;
const MS = 1_000_000;

let guest: TestDomain;
let other: Vcpu;

beforeEach(() => {
  guest = new TestDomain(testHost(), 1, 32, 2);
  other = guest.domain.vcpus[1]!;
});

const op = (command: number, vcpu = 0, argument = ARGUMENTS): number =>
  guest.call(vcpuOp, command, vcpu, argument);

test('a vcpu that does not exist is -ENOENT, a command -ENOSYS', () => {
  expect(op(abi.VCPUOP_is_up, 2)).toBe(-ENOENT);
  expect(op(abi.VCPUOP_is_up, -1)).toBe(-ENOENT);
  expect(op(99)).toBe(-ENOSYS);
  expect(op(99, 2)).toBe(-ENOENT);
});

test.each([
  ['initialise', abi.VCPUOP_initialise],
  ['get_runstate_info', abi.VCPUOP_get_runstate_info],
  ['register_runstate_memory_area', abi.VCPUOP_register_runstate_memory_area],
  ['set_periodic_timer', abi.VCPUOP_set_periodic_timer],
  ['set_singleshot_timer', abi.VCPUOP_set_singleshot_timer],
  ['register_vcpu_info', abi.VCPUOP_register_vcpu_info],
  ['register_vcpu_time_memory_area', abi.VCPUOP_register_vcpu_time_memory_area],
])('%s wants an argument that can be reached', (_, command) => {
  guest.vcpu.initialised = true;
  expect(op(command, 0, NOWHERE)).toBe(-EFAULT);
});

describe('up and down', () => {
  test('a vcpu goes up once it has a context, and down again', () => {
    expect(op(abi.VCPUOP_is_up, 1)).toBe(0);
    expect(op(abi.VCPUOP_up, 1)).toBe(-EINVAL);
    expect(op(abi.VCPUOP_is_up, 1)).toBe(0);
    other.initialised = true;
    expect(op(abi.VCPUOP_up, 1)).toBe(0);
    expect([op(abi.VCPUOP_is_up, 1), other.queued]).toEqual([1, true]);
    expect(op(abi.VCPUOP_up, 1)).toBe(0);
    guest.vcpu.down = false;
    expect(op(abi.VCPUOP_down, 1)).toBe(0);
    expect([op(abi.VCPUOP_is_up, 1), other.queued]).toEqual([0, false]);
    expect(guest.domain.shutdown).toBe(null);
  });

  test('the last one that goes down takes the domain with it', () => {
    guest.vcpu.down = false;
    expect(op(abi.VCPUOP_down, 0)).toBe(0);
    expect(guest.domain.shutdown?.reason).toBe(SHUTDOWN_poweroff);
  });

  test('a context is given once: -EEXIST; a bad one -EINVAL, without a vcpu_info too', () => {
    // No root page table.
    expect(newGuestContext().every((word) => word === 0)).toBe(true);
    const zeroes = TEST_BASE + 12 * 4096;
    expect(op(abi.VCPUOP_initialise, 1, zeroes)).toBe(-EINVAL);
    expect(other.initialised).toBe(false);
    other.initialised = true;
    expect(op(abi.VCPUOP_initialise, 1, zeroes)).toBe(-EEXIST);
    other.initialised = false;
    other.info = 0;
    expect(op(abi.VCPUOP_initialise, 1, NOWHERE)).toBe(-EINVAL);
  });
});

describe('timers', () => {
  test('a period is 1 ms or more, of any vcpu; stopped it is none', () => {
    guest.poke(ARGUMENTS, MS - 1);
    expect(op(abi.VCPUOP_set_periodic_timer, 1)).toBe(-EINVAL);
    guest.poke(ARGUMENTS, MS);
    expect(op(abi.VCPUOP_set_periodic_timer, 1)).toBe(0);
    expect([other.periodNs, other.periodicNs]).toEqual([MS, guest.hypervisor.nowNs() + MS]);
    expect(op(abi.VCPUOP_stop_periodic_timer, 1)).toBe(0);
    expect([other.periodNs, other.periodicNs]).toEqual([0, -1]);
  });

  test('a deadline is the calling vcpu’s own alone', () => {
    guest.poke(ARGUMENTS, 5 * MS, 0);
    expect(op(abi.VCPUOP_set_singleshot_timer, 1)).toBe(-EINVAL);
    expect(op(abi.VCPUOP_stop_singleshot_timer, 1)).toBe(-EINVAL);
    expect(op(abi.VCPUOP_set_singleshot_timer)).toBe(0);
    expect([guest.vcpu.singleshotNs, other.singleshotNs]).toEqual([5 * MS, -1]);
    expect(op(abi.VCPUOP_stop_singleshot_timer)).toBe(0);
    expect(guest.vcpu.singleshotNs).toBe(-1);
  });
});

describe('areas', () => {
  test.each([
    ['run states', abi.VCPUOP_register_runstate_memory_area],
    ['time', abi.VCPUOP_register_vcpu_time_memory_area],
  ])('of %s are no addresses of Xen’s', (_, command) => {
    guest.poke(ARGUMENTS, XENS);
    expect(op(command)).toBe(-EFAULT);
    expect([guest.vcpu.runstateArea, guest.vcpu.timeArea]).toEqual([0, 0]);
  });

  test('a vcpu_info moves once, within a page, at a multiple of 8', () => {
    const register = (mfn: number, offset: number): number => {
      guest.poke(ARGUMENTS, mfn, offset);
      return op(abi.VCPUOP_register_vcpu_info, 1);
    };
    const mfn = guest.mfns[20]!;
    expect(register(mfn, 4096 - vcpu_info.size + 8)).toBe(-ENXIO);
    expect(register(mfn, 4)).toBe(-ENXIO);
    expect(register(guest.mfns[L1_PFN]!, 0)).toBe(-EINVAL);
    expect(register(guest.hypervisor.frames.frames, 0)).toBe(-EINVAL);
    other.down = false;
    expect(register(mfn, 0)).toBe(-EINVAL);
    other.down = true;
    expect(register(mfn, 4096 - vcpu_info.size)).toBe(0);
    expect(other.info).toBe(mfn * 4096 + 4096 - vcpu_info.size);
    const { bytes } = guest.hypervisor.machine;
    expect(bytes[other.info + vcpu_info.offset.evtchn_upcall_pending]).toBe(1);
    expect(register(guest.mfns[21]!, 0)).toBe(-EINVAL);
    expect(guest.check()).toEqual([]);
  });

  test('a vcpu that had none starts with its events masked', () => {
    other.info = 0;
    guest.poke(TEST_BASE + 20 * 4096, -1, -1);
    guest.poke(ARGUMENTS, guest.mfns[20]!, 0);
    expect(op(abi.VCPUOP_register_vcpu_info, 1)).toBe(0);
    const { bytes, words } = guest.hypervisor.machine;
    expect([bytes[other.info], bytes[other.info + 1]]).toEqual([1, 1]);
    expect(words[(other.info + vcpu_info.offset.time) / 4]).toBe(0);
  });
});

test('run states count up to this instant', () => {
  const { hypervisor } = guest;
  hypervisor.processor.tscOffset += 2 ** 34;
  expect(op(abi.VCPUOP_get_runstate_info, 1)).toBe(0);
  const state = Number(guest.peek(ARGUMENTS) & 0xffn);
  expect(state).toBe(other.runstate);
  const spent = guest.peek(ARGUMENTS + abi.vcpu_runstate_info.offset.time + state * 8);
  expect(Number(spent)).toBe(hypervisor.nowNs() - other.runstateSinceNs);
  expect(Number(spent)).toBeGreaterThan(2 ** 32);
});

test('an NMI takes no argument, and wakes', () => {
  other.blocked = true;
  expect(op(abi.VCPUOP_send_nmi, 1)).toBe(-EINVAL);
  expect(other.nmiPending).toBe(false);
  expect(op(abi.VCPUOP_send_nmi, 1, 0)).toBe(0);
  expect([other.nmiPending, other.blocked]).toEqual([true, false]);
});

test('who is not pinned has no physical id', () => {
  expect(op(abi.VCPUOP_get_physid)).toBe(-EINVAL);
});
