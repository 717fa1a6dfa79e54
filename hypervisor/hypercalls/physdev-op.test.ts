/** physdev_op: what any domain may ask of it, and what is of the devices and so domain 0's alone. */
import { beforeEach, describe, expect, test } from 'vitest';
import { EBUSY, EFAULT, EINVAL, ENODEV, ENOSYS, EPERM, ESRCH } from '../abi/errno.ts';
import * as abi from '../abi/physdev.ts';
import { DOMID_SELF } from '../abi/xen.ts';
import { ARGUMENTS, L1_PFN, TEST_BASE, TestDomain, testHost } from '../memory/testing.ts';
import { removeRange } from '../state/range-set.ts';
import { GSIS } from '../state/gsi.ts';
import { physdevOp } from './physdev-op.ts';

const NOWHERE = TEST_BASE + 40 * 4096;
const XENS = -(2 ** 47) + 4096;
const LINE = 11;

let guest: TestDomain;
let dom0: TestDomain;

beforeEach(() => {
  const host = testHost();
  guest = new TestDomain(host, 1, 32);
  dom0 = new TestDomain(host, 0, 32, 1, true);
  removeRange(dom0.domain.lines, LINE + 1, LINE + 1);
});

/** The command with a structure of words. */
function op(by: TestDomain, command: number, ...words: readonly number[]): number {
  by.enter();
  const all = [...words, 0, 0, 0, 0, 0, 0].slice(0, 6);
  by.poke(ARGUMENTS, ...[0, 2, 4].map((at) => BigInt(all[at]! >>> 0) | (BigInt(all[at + 1]! >>> 0) << 32n)));
  return by.call(physdevOp, command, ARGUMENTS);
}

test('commands that do not exist', () => {
  for (const command of [1, 99, abi.PHYSDEVOP_free_irq_vector]) expect(op(dom0, command)).toBe(-ENOSYS);
});

test.each([
  abi.PHYSDEVOP_set_iopl,
  abi.PHYSDEVOP_set_iobitmap,
  abi.PHYSDEVOP_eoi,
  abi.PHYSDEVOP_irq_status_query,
  abi.PHYSDEVOP_pirq_eoi_gmfn_v2,
  abi.PHYSDEVOP_map_pirq,
  abi.PHYSDEVOP_unmap_pirq,
  abi.PHYSDEVOP_setup_gsi,
  abi.PHYSDEVOP_restore_msi,
  abi.PHYSDEVOP_restore_msi_ext,
])('command %i wants an argument that can be read', (command) => {
  dom0.enter();
  expect(dom0.call(physdevOp, command, NOWHERE)).toBe(-EFAULT);
});

test('I/O privilege levels are 0 to 3', () => {
  expect(op(guest, abi.PHYSDEVOP_set_iopl, 4)).toBe(-EINVAL);
  expect(op(guest, abi.PHYSDEVOP_set_iopl, 3)).toBe(0);
  expect(guest.vcpu.iopl).toBe(3);
});

test('a bitmap is of at most 65536 ports, and a guest’s', () => {
  const bitmap = (low: number, high: number, ports: number): number =>
    op(guest, abi.PHYSDEVOP_set_iobitmap, low, high, ports);
  expect(bitmap(XENS, Math.floor(XENS / 2 ** 32), 8)).toBe(-EINVAL);
  expect(bitmap(0x1000, 0, 65537)).toBe(-EINVAL);
  expect([guest.vcpu.ioBitmap, guest.vcpu.ioBitmapPorts]).toEqual([0, 0]);
  expect(bitmap(0x1000, 1, 65536)).toBe(0);
  expect([guest.vcpu.ioBitmap, guest.vcpu.ioBitmapPorts]).toEqual([0x1_0000_1000, 65536]);
});

test('interrupts are noted in one page, for good, which is no page table', () => {
  const note = (mfn: number): number => op(guest, abi.PHYSDEVOP_pirq_eoi_gmfn_v2, mfn);
  expect(note(guest.mfns[L1_PFN]!)).toBe(-EINVAL);
  expect(note(dom0.mfns[20]!)).toBe(-EINVAL);
  expect(note(guest.mfns[20]!)).toBe(0);
  expect(note(guest.mfns[21]!)).toBe(-EBUSY);
  expect(note(guest.mfns[L1_PFN]!)).toBe(-EINVAL);
  expect(guest.domain.pirqEoiMfn).toBe(guest.mfns[20]);
  expect(guest.check()).toEqual([]);
});

describe('lines', () => {
  const map = (
    by: TestDomain,
    domain: number,
    line: number,
    pirq = -1,
    type = abi.MAP_PIRQ_TYPE_GSI,
  ): number => op(by, abi.PHYSDEVOP_map_pirq, domain, type, line, pirq);

  test('are told of, and their end taken, where a domain has them', () => {
    expect(op(dom0, abi.PHYSDEVOP_irq_status_query, LINE)).toBe(0);
    expect(dom0.peek(ARGUMENTS) >> 32n).toBe(BigInt(abi.XENIRQSTAT_needs_eoi));
    expect(op(dom0, abi.PHYSDEVOP_eoi, LINE)).toBe(0);
    for (const command of [abi.PHYSDEVOP_irq_status_query, abi.PHYSDEVOP_eoi, abi.PHYSDEVOP_setup_gsi])
      expect(op(dom0, command, LINE + 1)).toBe(-EINVAL);
    expect(op(dom0, abi.PHYSDEVOP_setup_gsi, LINE)).toBe(0);
    expect(op(guest, abi.PHYSDEVOP_setup_gsi, LINE)).toBe(-EPERM);
  });

  test('are given by domain 0, of those that it has, under their own numbers', () => {
    expect(map(guest, DOMID_SELF, LINE)).toBe(-EPERM);
    expect(map(dom0, 7, LINE)).toBe(-ESRCH);
    expect(map(dom0, 1, LINE, -1, abi.MAP_PIRQ_TYPE_MSI)).toBe(-EINVAL);
    expect(map(dom0, 1, GSIS)).toBe(-EINVAL);
    expect(map(dom0, 1, LINE, LINE + 1)).toBe(-EINVAL);
    expect(map(dom0, 1, LINE + 1)).toBe(-EPERM);
    expect(guest.domain.lines).toEqual([]);
    expect(map(dom0, 1, LINE)).toBe(0);
    expect(dom0.peek(ARGUMENTS + 8) >> 32n).toBe(BigInt(LINE));
    expect(op(guest, abi.PHYSDEVOP_irq_status_query, LINE)).toBe(0);
  });

  test('are taken away where nobody listens; domain 0 keeps its own', () => {
    const unmap = (by: TestDomain, domain: number, pirq = LINE): number =>
      op(by, abi.PHYSDEVOP_unmap_pirq, domain, pirq);
    expect(map(dom0, 1, LINE)).toBe(0);
    expect(unmap(guest, DOMID_SELF)).toBe(-EPERM);
    expect(unmap(dom0, 7)).toBe(-ESRCH);
    expect(unmap(dom0, 1, LINE + 1)).toBe(-EINVAL);
    dom0.hypervisor.gsis[LINE]!.domain = 1;
    expect(unmap(dom0, 1)).toBe(-EBUSY);
    dom0.hypervisor.gsis[LINE]!.domain = null;
    expect(unmap(dom0, 1)).toBe(0);
    expect(op(guest, abi.PHYSDEVOP_eoi, LINE)).toBe(-EINVAL);
    expect(unmap(dom0, DOMID_SELF)).toBe(0);
    expect(op(dom0, abi.PHYSDEVOP_eoi, LINE)).toBe(0);
  });
});

test('messages of a device that is not there: -ENODEV, whoever asks', () => {
  for (const by of [guest, dom0]) {
    expect(op(by, abi.PHYSDEVOP_restore_msi, 0x0801)).toBe(-ENODEV);
    expect(op(by, abi.PHYSDEVOP_restore_msi_ext, 1)).toBe(-ENODEV);
  }
});

test.each([
  abi.PHYSDEVOP_apic_read,
  abi.PHYSDEVOP_apic_write,
  abi.PHYSDEVOP_alloc_irq_vector,
  abi.PHYSDEVOP_manage_pci_add,
  abi.PHYSDEVOP_pci_device_add,
  abi.PHYSDEVOP_pci_mmcfg_reserved,
  abi.PHYSDEVOP_prepare_msix,
  abi.PHYSDEVOP_dbgp_op,
])('command %i is for whoever has the machine’s devices', (command) => {
  expect(op(guest, command)).toBe(-EPERM);
});
