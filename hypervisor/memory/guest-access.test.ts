import { beforeEach, expect, test } from 'vitest';
import { HYPERVISOR_VIRT_END, HYPERVISOR_VIRT_START } from '../abi/arch-x86.ts';
import { updateVaMapping } from '../hypercalls/update-va-mapping.ts';
import { copyFromGuest, copyToGuest, isGuestAddress, readGuestWords, walkTo } from './guest-access.ts';
import { L1_PFN, L4_PFN, TEST_BASE, TestDomain, testHost } from './testing.ts';

const PAGES = 32;

let guest: TestDomain;

beforeEach(() => {
  guest = new TestDomain(testHost(), 1, PAGES);
});

function copyOut(va: number, length: number): number[] | null {
  const bytes = new Uint8Array(length);
  return copyFromGuest(guest.hypervisor.frames, guest.vcpu, va, bytes) ? [...bytes] : null;
}

function copyIn(va: number, ...bytes: number[]): boolean {
  return copyToGuest(guest.hypervisor.frames, guest.vcpu, va, new Uint8Array(bytes));
}

test("Xen's slots and non-canonical addresses are not the guest's", () => {
  const edges = [HYPERVISOR_VIRT_START, HYPERVISOR_VIRT_END - 1, 0x8000_0000_0000, HYPERVISOR_VIRT_START - 1];
  expect(edges.map(isGuestAddress)).toEqual([false, false, false, false]);
  expect([HYPERVISOR_VIRT_END, 0x7fff_ffff_ffff, 0, -1].map(isGuestAddress)).toEqual([
    true,
    true,
    true,
    true,
  ]);
});

test('copies go over page borders, to frames that do not follow each other', () => {
  const border = TEST_BASE + 21 * 4096;
  expect(copyIn(border - 2, 1, 2, 3, 4)).toBe(true);
  expect(copyOut(border - 2, 4)).toEqual([1, 2, 3, 4]);
  const { bytes } = guest.hypervisor.frames.memory;
  expect(bytes[guest.mfns[20]! * 4096 + 4095]).toBe(2);
  expect(bytes[guest.mfns[21]! * 4096]).toBe(3);
});

test('words may lie across a border', () => {
  const border = TEST_BASE + 21 * 4096;
  copyIn(border - 2, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88);
  const words = new Uint32Array(2);
  expect(readGuestWords(guest.hypervisor.frames, guest.vcpu, border - 2, words)).toBe(true);
  expect([...words]).toEqual([0x44332211, 0x88776655]);
});

test('a page that is not mapped, or not writable, fails the whole of a copy', () => {
  const end = TEST_BASE + PAGES * 4096;
  expect(copyOut(end - 4, 8)).toBeNull();
  expect(copyIn(end - 4, 1, 2, 3, 4, 5, 6, 7, 8)).toBe(false);
  expect(copyOut(TEST_BASE + L1_PFN * 4096, 8)).not.toBeNull();
  expect(copyIn(TEST_BASE + L1_PFN * 4096, 0)).toBe(false);
  expect(copyOut(-0x8000_0000_0000, 8)).toBeNull();
});

test('an access marks its entry accessed, a write dirty too', () => {
  const page = TEST_BASE + 20 * 4096;
  expect(guest.call(updateVaMapping, page, guest.entry(20, 7), 0)).toBe(0);
  const entry = (): number => {
    const at = walkTo(guest.hypervisor.frames, guest.mfns[L4_PFN]!, page, 1);
    return guest.hypervisor.frames.memory.words[at]! & 0x60;
  };
  expect(entry()).toBe(0);
  copyOut(page, 1);
  expect(entry()).toBe(0x20);
  copyIn(page, 1);
  expect(entry()).toBe(0x60);
});
