import { beforeEach, describe, expect, test } from 'vitest';
import { ACCESS_SUPERVISOR_READ, ACCESS_SUPERVISOR_WRITE, ACCESS_WRITE } from '../../core/machine.ts';
import { MACH2PHYS_VIRT_START } from '../abi/arch-x86.ts';
import { EINVAL } from '../abi/errno.ts';
import * as xen from '../abi/xen.ts';
import { destroyDomain } from '../domain/destroy.ts';
import type { Xen } from '../xen.ts';
import { mmuextOp } from '../hypercalls/mmuext-op.ts';
import { setGdt } from '../hypercalls/set-gdt.ts';
import { updateVaMapping } from '../hypercalls/update-va-mapping.ts';
import { mapLdtOnFault } from '../traps/ldt.ts';
import { gdtAddress, ldtAddress } from './per-domain.ts';
import { ARGUMENTS, L4_PFN, TEST_BASE, TestDomain, testHost } from './testing.ts';
import { fillReadOnlyM2p } from './xen-slots.ts';

const DESCRIPTORS = TEST_BASE + 20 * 4096;
const USER_CODE = 0x00af_fb00_0000_ffffn;

let host: Xen;
let guest: TestDomain;

beforeEach(() => {
  host = testHost();
  guest = new TestDomain(host, 1, 32, 2);
  guest.poke(DESCRIPTORS, 0n, USER_CODE);
  expect(guest.call(updateVaMapping, DESCRIPTORS, guest.entry(20, 5), 0)).toBe(0);
});

function wordAt(va: number): number {
  const address = host.processor.translate(va, ACCESS_SUPERVISOR_READ);
  expect(address).toBeGreaterThan(0);
  return host.machine.words[address / 4]!;
}

describe("what the processor finds in Xen's part of an address space", () => {
  test("Xen's own segments, behind each vcpu's GDT", () => {
    for (const vcpu of [0, 1]) {
      expect(wordAt(gdtAddress(vcpu) + 0xe030 + 4)).toBe(0x00affb00);
      expect(wordAt(gdtAddress(vcpu) + 0xe028 + 4)).toBe(0x00cff300);
      expect(wordAt(gdtAddress(vcpu))).toBe(0);
    }
  });

  test("a GDT that a vcpu sets is that vcpu's alone", () => {
    guest.poke(ARGUMENTS, guest.mfns[20]!);
    expect(guest.call(setGdt, ARGUMENTS, 2)).toBe(0);
    expect(wordAt(gdtAddress(0) + 12)).toBe(Number(USER_CODE >> 32n));
    expect(wordAt(gdtAddress(1) + 12)).toBe(0);
  });

  test('the M2P, which nobody can write', () => {
    fillReadOnlyM2p(host.frames, guest.mfns[L4_PFN]!);
    host.frames.flushTlb();
    expect(wordAt(MACH2PHYS_VIRT_START + guest.mfns[7]! * 8)).toBe(7);
    const { processor } = host;
    expect(processor.translate(MACH2PHYS_VIRT_START, ACCESS_WRITE)).toBe(-1);
    expect(processor.translate(MACH2PHYS_VIRT_START, ACCESS_SUPERVISOR_WRITE)).toBe(-1);
  });
});

describe('the LDT', () => {
  function setLdt(address: number, entries: number): number {
    guest.poke(ARGUMENTS, xen.MMUEXT_SET_LDT, address, entries);
    return guest.call(mmuextOp, ARGUMENTS, 1, 0, xen.DOMID_SELF);
  }

  test('its pages are mapped when they are first needed, and given back', () => {
    expect(setLdt(DESCRIPTORS, 512)).toBe(0);
    expect(host.processor.translate(ldtAddress(0) + 8, ACCESS_SUPERVISOR_READ)).toBe(-1);
    expect(mapLdtOnFault(host, guest.vcpu, ldtAddress(0) + 8)).toBe(true);
    expect(wordAt(ldtAddress(0) + 12)).toBe(Number(USER_CODE >> 32n));
    expect(guest.check()).toEqual([]);
    expect(mapLdtOnFault(host, guest.vcpu, ldtAddress(0) + 4096)).toBe(false);
    expect(setLdt(0, 0)).toBe(0);
    expect(host.processor.translate(ldtAddress(0) + 8, ACCESS_SUPERVISOR_READ)).toBe(-1);
    expect(guest.check()).toEqual([]);
  });

  test('a writable page, an unaligned one and too many entries are refused', () => {
    expect(setLdt(DESCRIPTORS + 8, 1)).toBe(-EINVAL);
    expect(setLdt(DESCRIPTORS, 8193)).toBe(-EINVAL);
    expect(setLdt(TEST_BASE + 21 * 4096, 512)).toBe(0);
    expect(mapLdtOnFault(host, guest.vcpu, ldtAddress(0))).toBe(false);
  });
});

test('a destroyed domain leaves nothing', () => {
  const free = testHost().frames.freeFrames;
  guest.poke(ARGUMENTS, guest.mfns[20]!);
  guest.call(setGdt, ARGUMENTS, 2);
  destroyDomain(host, guest.domain);
  expect(host.frames.freeFrames).toBe(free);
  expect(guest.check()).toEqual([]);
});
