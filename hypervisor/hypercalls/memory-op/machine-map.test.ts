/** The machine's memory as domain 0 finds it; on the reference the entries are those of its firmware, and the same two gaps. */
import { beforeEach, expect, test } from 'vitest';
import { EFAULT, EINVAL, EPERM } from '../../abi/errno.ts';
import * as abi from '../../abi/memory.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';
import { ARGUMENTS, TEST_BASE, TestDomain, testHost } from '../../memory/testing.ts';
import { memoryOp } from '../memory-op.ts';

const MAP = TEST_BASE + 30 * PAGE_BYTES;
const NOWHERE = 0x5000;
const FRAMES = 1024;

let dom0: TestDomain;

beforeEach(() => {
  dom0 = new TestDomain(testHost(FRAMES), 0, 64, 1, true);
});

/** The result, and how many entries the structure tells of then. */
function ask(guest: TestDomain, room: number, buffer = MAP): [number, number] {
  guest.poke(ARGUMENTS, room, buffer);
  const result = guest.call(memoryOp, abi.XENMEM_machine_memory_map, ARGUMENTS);
  return [result, Number(guest.peek(ARGUMENTS) & 0xffff_ffffn)];
}

test('is the firmware’s map, with what is Xen’s own reserved', () => {
  expect(ask(dom0, 128)).toEqual([0, 7]);
  const entries = Array.from({ length: 7 }, (_, index) => {
    const at = MAP + index * abi.E820_ENTRY_BYTES;
    return [Number(dom0.peek(at)), Number(dom0.peek(at + 8)), Number(dom0.peek(at + 16) & 0xffff_ffffn)];
  });
  expect(entries).toEqual([
    [0, 0x9_fc00, abi.E820_RAM],
    [0x9_fc00, 0x400, abi.E820_RESERVED],
    [0xf_0000, 0x1_0000, abi.E820_RESERVED],
    [0x10_0000, FRAMES * PAGE_BYTES - 0x10_0000, abi.E820_RAM],
    [0xfec0_0000, 0x1000, abi.E820_RESERVED],
    [0xfee0_0000, 0x10_0000, abi.E820_RESERVED],
    [0xfffc_0000, 0x4_0000, abi.E820_RESERVED],
  ]);
});

test('wants room for one entry more than there are, and memory to write to', () => {
  expect(ask(dom0, 2)).toEqual([-EINVAL, 2]);
  expect(ask(dom0, 7)).toEqual([-EINVAL, 7]);
  expect(ask(dom0, 8)[0]).toBe(0);
  expect(ask(dom0, 128, NOWHERE)).toEqual([-EFAULT, 128]);
  expect(dom0.call(memoryOp, abi.XENMEM_machine_memory_map, NOWHERE)).toBe(-EFAULT);
});

test('is not told to others, whatever they give', () => {
  const guest = new TestDomain(dom0.hypervisor, 1, 64);
  expect(ask(guest, 128)).toEqual([-EPERM, 128]);
  expect(guest.call(memoryOp, abi.XENMEM_machine_memory_map, NOWHERE)).toBe(-EPERM);
});
