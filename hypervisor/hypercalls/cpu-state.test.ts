/** What a ring 3 kernel has done for it: its stack, its segment bases, TS, its debug registers, its traps. */
import { beforeEach, describe, expect, test } from 'vitest';
import { SEG_FS, SEG_GS } from '../../core/wasm/layout.ts';
import * as arch from '../abi/arch-x86.ts';
import { EFAULT, EINVAL, ENODEV } from '../abi/errno.ts';
import { ARGUMENTS, TEST_BASE, TestDomain, testHost } from '../memory/testing.ts';
import { fpuTaskswitch, getDebugreg, setDebugreg, setSegmentBase, stackSwitch } from './cpu-state.ts';
import { setTrapTable } from './set-trap-table.ts';

const NOT_CANONICAL = 2n ** 47n;

let guest: TestDomain;

beforeEach(() => {
  guest = new TestDomain(testHost(), 1, 32);
});

test('stack_switch: the selector is of ring 3', () => {
  expect(guest.call(stackSwitch, 0x1_e010, TEST_BASE)).toBe(0);
  expect([guest.vcpu.kernelSs, guest.vcpu.kernelSp]).toEqual([0xe013, TEST_BASE]);
});

describe('set_segment_base', () => {
  const set = (which: number, base: number | bigint): number => guest.call(setSegmentBase, which, base);

  test('FS and the kernel’s GS are in use at once; the user’s GS is kept for it', () => {
    const { processor } = guest.hypervisor;
    expect(set(arch.SEGBASE_FS, 0x1000)).toBe(0);
    expect(set(arch.SEGBASE_GS_KERNEL, 0x2000)).toBe(0);
    expect(set(arch.SEGBASE_GS_USER, 0x3000)).toBe(0);
    expect([processor.segmentBase(SEG_FS), processor.segmentBase(SEG_GS)]).toEqual([0x1000, 0x2000]);
    const { fsBase, gsBaseKernel, gsBaseUser } = guest.vcpu;
    expect([fsBase, gsBaseKernel, gsBaseUser]).toEqual([0x1000, 0x2000, 0x3000]);
  });

  test('a selector for the user’s GS leaves the kernel’s in use', () => {
    set(arch.SEGBASE_GS_KERNEL, 0x2000);
    set(arch.SEGBASE_GS_USER, 0x3000);
    expect(set(arch.SEGBASE_GS_USER_SEL, 0)).toBe(0);
    expect(guest.hypervisor.processor.segmentBase(SEG_GS)).toBe(0x2000);
    expect([guest.vcpu.gsBaseUser, guest.vcpu.guestKernelMode]).toEqual([0, true]);
  });

  test('-EINVAL: an address that is not canonical, a base that is not there', () => {
    for (const which of [arch.SEGBASE_FS, arch.SEGBASE_GS_USER, arch.SEGBASE_GS_KERNEL])
      expect(set(which, NOT_CANONICAL)).toBe(-EINVAL);
    expect(set(4, 0)).toBe(-EINVAL);
  });
});

test('fpu_taskswitch sets TS, and clears it', () => {
  for (const on of [true, false]) {
    expect(guest.call(fpuTaskswitch, on ? 2 : 0)).toBe(0);
    expect(guest.vcpu.taskSwitched).toBe(on);
  }
});

test('debug registers: 0 to 3, 6 and 7; addresses are a guest’s', () => {
  expect(guest.call(setDebugreg, 0, TEST_BASE)).toBe(0);
  expect(guest.call(getDebugreg, 0)).toBe(TEST_BASE);
  expect(guest.call(setDebugreg, 8, 0)).toBe(-ENODEV);
  expect(guest.call(getDebugreg, 8)).toBe(-ENODEV);
});

describe('set_trap_table', () => {
  /** trap_info: vector and flags, selector, address. */
  const entry = (vector: number, address: number | bigint): (number | bigint)[] => [
    BigInt(vector) | (0xe033n << 16n),
    address,
  ];

  test('an address of 0 ends it; null drops all of them', () => {
    const { traps } = guest.vcpu;
    guest.poke(ARGUMENTS, ...entry(3, 0x10), ...entry(14, 0x20), ...entry(6, 0), ...entry(7, 0x30));
    expect(guest.call(setTrapTable, ARGUMENTS)).toBe(0);
    expect([3, 14, 6, 7].map((vector) => traps.addresses[vector])).toEqual([0x10, 0x20, 0, 0]);
    expect(guest.call(setTrapTable, 0)).toBe(0);
    expect([traps.addresses[3], traps.selectors[3]]).toEqual([0, 0]);
  });

  test('-EFAULT where the table leaves memory, -EINVAL for an address that is not canonical', () => {
    const end = TEST_BASE + 32 * 4096 - 16;
    guest.poke(end, ...entry(3, 0x10));
    expect(guest.call(setTrapTable, end)).toBe(-EFAULT);
    expect(guest.vcpu.traps.addresses[3]).toBe(0x10);
    guest.poke(ARGUMENTS, ...entry(3, NOT_CANONICAL), ...entry(0, 0));
    expect(guest.call(setTrapTable, ARGUMENTS)).toBe(-EINVAL);
  });
});
