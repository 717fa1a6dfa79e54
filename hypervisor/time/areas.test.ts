/** What a guest reads of time: pvclock, its run state, the wall clock. */
import { beforeEach, describe, expect, test } from 'vitest';
import { shared_info, vcpu_info, vcpu_time_info } from '../abi/shared-info.ts';
import * as abi from '../abi/vcpu.ts';
import { vcpuOp } from '../hypercalls/vcpu-op.ts';
import { updateVaMapping } from '../hypercalls/update-va-mapping.ts';
import { PAGE_PRESENT, PAGE_USER } from '../memory/entries.ts';
import { ARGUMENTS, L1_PFN, TEST_BASE, TestDomain, testHost } from '../memory/testing.ts';
import { makeClock, ticksAt, tscKhz } from '../state/clock.ts';
import { changeRunstate } from '../state/runstate.ts';
import { RUNSTATE_BLOCKED, RUNSTATE_OFFLINE, RUNSTATE_RUNNABLE, RUNSTATE_RUNNING } from '../state/vcpu.ts';
import { startTime, updatePendingAreas, writeRunstate, writeVcpuTime } from './areas.ts';
import { setTime, setTimeOffset } from './wall-clock.ts';

const AREA = TEST_BASE + 20 * 4096 + 0xff0;

let guest: TestDomain;

beforeEach(() => {
  guest = new TestDomain(testHost(1024, { periodNs: 0.5 }), 1, 32, 2);
});

function pass(ns: number): void {
  guest.hypervisor.processor.tscOffset += ns / guest.hypervisor.clock.periodNs;
}

/** A struct vcpu_time_info as eight words. */
function timeInfo(words: ArrayLike<number>): {
  version: number;
  tsc: number;
  ns: number;
  mul: number;
  shift: number;
} {
  const wide = (at: number): number => words[at / 4]! + words[at / 4 + 1]! * 2 ** 32;
  const { offset } = vcpu_time_info;
  return {
    version: words[0]!,
    tsc: wide(offset.tsc_timestamp),
    ns: wide(offset.system_time),
    mul: words[offset.tsc_to_system_mul / 4]!,
    shift: (words[offset.tsc_shift / 4]! << 24) >> 24,
  };
}

function ofVcpuInfo(): ReturnType<typeof timeInfo> {
  const at = (guest.vcpu.info + vcpu_info.offset.time) / 4;
  return timeInfo(guest.hypervisor.machine.words.slice(at, at + 8));
}

function area(words: number): number[] {
  return Array.from({ length: words / 2 }, (_, n) => guest.peek(AREA + n * 8)).flatMap((word) => [
    Number(word & 0xffff_ffffn),
    Number(word >> 32n),
  ]);
}

function register(command: number, va: number, vcpu = 0): number {
  guest.poke(ARGUMENTS, va);
  return guest.call(vcpuOp, command, vcpu, ARGUMENTS);
}

describe('pvclock', () => {
  test('what the record says now, and a TSC later, is system time', () => {
    pass(12_345_678_901);
    writeVcpuTime(guest.hypervisor, guest.vcpu);
    const { version, tsc, ns, mul, shift } = ofVcpuInfo();
    expect(version % 2).toBe(0);
    expect(ns).toBe(guest.hypervisor.nowNs());
    expect(tsc).toBe(guest.hypervisor.ticks());
    const later = tsc + 1_000_000;
    const shifted = shift < 0 ? Math.floor((later - tsc) / 2 ** -shift) : (later - tsc) * 2 ** shift;
    expect(ns + Math.floor((shifted * mul) / 2 ** 32)).toBe(later * guest.hypervisor.clock.periodNs);
  });

  test.each([1 / 16, 0.5, 1, 2, 64])('a period of %d ns is told exactly', (periodNs) => {
    const { multiplier, shift } = makeClock(periodNs);
    expect((multiplier / 2 ** 32) * 2 ** shift).toBe(periodNs);
    expect(tscKhz(makeClock(periodNs))).toBe(Math.floor(1e6 / periodNs));
    expect(ticksAt(makeClock(periodNs), 1001)).toBe(Math.ceil(1001 / periodNs));
  });

  test.each([1 / 32, 3, 128, 0, -1, NaN])('a period of %d ns is none', (periodNs) => {
    expect(() => makeClock(periodNs)).toThrow(RangeError);
  });

  test('every write has another, even version', () => {
    const versions = [1, 2, 3].map(() => {
      writeVcpuTime(guest.hypervisor, guest.vcpu);
      return ofVcpuInfo().version;
    });
    expect(versions).toEqual([2, 4, 6]);
  });

  test('a registered area has it too, across two pages', () => {
    expect(register(abi.VCPUOP_register_vcpu_time_memory_area, AREA)).toBe(0);
    pass(5000);
    writeVcpuTime(guest.hypervisor, guest.vcpu);
    expect(timeInfo(area(8))).toEqual(ofVcpuInfo());
    expect(timeInfo(area(8)).ns).toBe(guest.hypervisor.nowNs());
  });
});

describe('the run state', () => {
  test('times spent in each state, and since when it is in this one', () => {
    const { vcpu } = guest;
    for (const [ns, state] of [
      [1000, RUNSTATE_RUNNABLE],
      [3000, RUNSTATE_RUNNING],
      [10_000, RUNSTATE_BLOCKED],
      [10_500, RUNSTATE_BLOCKED],
      [11_000, RUNSTATE_RUNNING],
    ] as const)
      changeRunstate(vcpu, state, ns);
    expect(register(abi.VCPUOP_register_runstate_memory_area, AREA)).toBe(0);
    const [state, , since] = area(12);
    expect([state, since]).toEqual([RUNSTATE_RUNNING, 11_000]);
    const times = [RUNSTATE_RUNNING, RUNSTATE_RUNNABLE, RUNSTATE_BLOCKED, RUNSTATE_OFFLINE];
    expect(times.map((each) => area(12)[4 + each * 2])).toEqual([7000, 2000, 1000, 1000]);
  });

  test('asked for, it counts up to now', () => {
    changeRunstate(guest.vcpu, RUNSTATE_RUNNING, 0);
    pass(5000);
    expect(guest.call(vcpuOp, abi.VCPUOP_get_runstate_info, 0, AREA)).toBe(0);
    expect(area(12)[4 + RUNSTATE_RUNNING * 2]).toBe(guest.hypervisor.nowNs());
  });

  test('of a vcpu that is away, or whose user runs, it waits for the kernel', () => {
    const { vcpu } = guest;
    register(abi.VCPUOP_register_runstate_memory_area, AREA);
    vcpu.guestKernelMode = false;
    vcpu.runstate = RUNSTATE_BLOCKED;
    writeRunstate(guest.hypervisor, vcpu);
    vcpu.guestKernelMode = true;
    expect(vcpu.areasPending).toBe(true);
    expect(area(12)[0]).toBe(RUNSTATE_OFFLINE);
    updatePendingAreas(guest.hypervisor, vcpu);
    expect(area(12)[0]).toBe(RUNSTATE_BLOCKED);
    expect(vcpu.areasPending).toBe(false);
    guest.hypervisor.current = guest.domain.vcpus[1]!;
    vcpu.runstate = RUNSTATE_RUNNABLE;
    writeRunstate(guest.hypervisor, vcpu);
    expect(vcpu.areasPending).toBe(true);
  });

  test('an area in a page table, or nowhere, is not written', () => {
    const { frames } = guest.hypervisor;
    const table = frames.memory.words.slice(guest.mfns[L1_PFN]! * 1024, (guest.mfns[L1_PFN]! + 1) * 1024);
    register(abi.VCPUOP_register_runstate_memory_area, TEST_BASE + L1_PFN * 4096 + 64);
    register(abi.VCPUOP_register_vcpu_time_memory_area, -0x7800_0000_0000 - 64);
    writeVcpuTime(guest.hypervisor, guest.vcpu);
    register(abi.VCPUOP_register_vcpu_time_memory_area, AREA);
    guest.call(updateVaMapping, TEST_BASE + 21 * 4096, guest.entry(21, PAGE_PRESENT | PAGE_USER), 0);
    writeVcpuTime(guest.hypervisor, guest.vcpu);
    const after = frames.memory.words.slice(guest.mfns[L1_PFN]! * 1024, (guest.mfns[L1_PFN]! + 1) * 1024);
    // But for accessed and dirty bits, and the entry that was changed.
    const differing = after.map((word, n) => (word ^ table[n]!) & ~0x60).filter((word) => word !== 0);
    expect(differing.length).toBeLessThanOrEqual(1);
    expect(guest.check()).toEqual([]);
  });
});

describe('the wall clock', () => {
  function wallClock(): { version: number; seconds: number; ns: number } {
    const at = (name: 'wc_version' | 'wc_sec' | 'wc_nsec' | 'wc_sec_hi'): number =>
      guest.hypervisor.machine.words[(guest.domain.sharedInfoMfn * 4096 + shared_info.offset[name]) / 4]!;
    return {
      version: at('wc_version'),
      seconds: at('wc_sec') + at('wc_sec_hi') * 2 ** 32,
      ns: at('wc_nsec'),
    };
  }

  test('a new domain has what it was at system time 0, and 100 Hz', () => {
    pass(1000);
    startTime(guest.hypervisor, guest.domain);
    expect(wallClock()).toEqual({ version: 2, seconds: 1_830_297_600, ns: 0 });
    expect(guest.vcpu).toMatchObject({
      periodNs: 10_000_000,
      periodicNs: guest.hypervisor.nowNs() + 10_000_000,
    });
  });

  test('set by domain 0, it is everyone’s, with what each is off', () => {
    setTime(guest.hypervisor, 5_000_000_000n, 600, 2_000_000_700n);
    expect(wallClock()).toEqual({ version: 2, seconds: 4_999_999_997, ns: 999_999_900 });
    setTimeOffset(guest.hypervisor, guest.domain, -3600);
    expect(wallClock()).toEqual({ version: 4, seconds: 4_999_996_397, ns: 999_999_900 });
  });
});
