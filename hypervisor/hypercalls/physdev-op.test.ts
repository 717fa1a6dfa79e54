/** physdev_op: what any domain may ask of it, and what is of the devices and so domain 0's alone. */
import { beforeEach, describe, expect, test } from 'vitest';
import { EBUSY, EEXIST, EFAULT, EINVAL, ENODEV, ENOSYS, EPERM, ESRCH } from '../abi/errno.ts';
import * as abi from '../abi/physdev.ts';
import { DOMID_SELF } from '../abi/xen.ts';
import { COM1_IRQ } from '../../devices/uart16550.ts';
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
    for (const command of [abi.PHYSDEVOP_irq_status_query, abi.PHYSDEVOP_eoi])
      expect(op(dom0, command, LINE + 1)).toBe(-EINVAL);
  });

  test('are set up by domain 0, unless they are in use', () => {
    const setUp = (by: TestDomain, line: number): number => op(by, abi.PHYSDEVOP_setup_gsi, line);
    expect(setUp(guest, LINE)).toBe(-EPERM);
    expect([setUp(dom0, LINE), setUp(dom0, 16), setUp(dom0, 23)]).toEqual([0, 0, 0]);
    expect([setUp(dom0, 24), setUp(dom0, -1)]).toEqual([-EINVAL, -EINVAL]);
    dom0.hypervisor.gsis[LINE]!.domain = 0;
    expect([setUp(dom0, LINE), setUp(dom0, 0), setUp(dom0, COM1_IRQ)]).toEqual([-EEXIST, -EEXIST, -EEXIST]);
  });

  test('have themselves for vectors', () => {
    expect(op(dom0, abi.PHYSDEVOP_alloc_irq_vector, LINE)).toBe(0);
    expect(dom0.peek(ARGUMENTS) >> 32n).toBe(BigInt(LINE));
    expect(op(dom0, abi.PHYSDEVOP_alloc_irq_vector, 24)).toBe(-EINVAL);
  });

  test('come to an I/O APIC, whose registers are read, and written without effect', () => {
    const read = (register: number, base = 0xfec0_0000): [number, bigint] => {
      const result = op(dom0, abi.PHYSDEVOP_apic_read, base, 0, register);
      return [result, dom0.peek(ARGUMENTS + 8) >> 32n];
    };
    expect([read(0), read(1), read(2), read(0x40)]).toEqual([
      [0, 0n],
      [0, 0x17_0020n],
      [0, 0n],
      [0, 0n],
    ]);
    expect(read(0x10 + 2 * 16)).toEqual([0, 0x1_0000n]);
    dom0.hypervisor.gsis[5]!.domain = 0;
    expect([read(0x1a)[1] & 0x1_ff00n, read(0x1b)[1]]).toEqual([0x8900n, 0x100_0000n]);
    expect(read(1, 0xfec0_1000)[0]).toBe(-EINVAL);
    expect(op(dom0, abi.PHYSDEVOP_apic_write, 0xfec0_0000, 0, 0x10, 0x1_0000)).toBe(0);
    expect(op(dom0, abi.PHYSDEVOP_apic_write, 0xfec0_1000)).toBe(-EINVAL);
  });

  test('are given by domain 0, of those that it has, under their own numbers', () => {
    expect(map(guest, DOMID_SELF, LINE)).toBe(-EPERM);
    expect(map(dom0, 7, LINE)).toBe(-ESRCH);
    expect(map(dom0, 1, LINE, -1, abi.MAP_PIRQ_TYPE_MSI)).toBe(-ENODEV);
    expect(map(dom0, 1, GSIS)).toBe(-EINVAL);
    expect(map(dom0, 1, LINE, LINE + 1)).toBe(-EEXIST);
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

test('PCI functions that domain 0 has found are told of on the console, whatever they are', () => {
  expect(op(dom0, abi.PHYSDEVOP_pci_device_add, 0x0800_0000)).toBe(0);
  expect(op(dom0, abi.PHYSDEVOP_manage_pci_add, 0xfb07)).toBe(0);
  expect(op(dom0, abi.PHYSDEVOP_pci_device_remove, 0)).toBe(0);
  expect(op(dom0, abi.PHYSDEVOP_pci_device_remove, 0xf800_0000)).toBe(-ENODEV);
  const { bytes } = dom0.hypervisor.console.readRing(dom0.hypervisor.console.quietBytes, 1000, false);
  expect(new TextDecoder().decode(bytes).split('\n').slice(0, 3)).toEqual([
    '(XEN) PCI add device 0000:00:01.0',
    '(XEN) PCI add device 0000:07:1f.3',
    '(XEN) PCI remove device 0000:00:00.0',
  ]);
});

test('nothing has messages, a debug port, or its configuration in memory', () => {
  for (const command of [abi.PHYSDEVOP_prepare_msix, abi.PHYSDEVOP_release_msix])
    expect(op(dom0, command)).toBe(-ENODEV);
  expect(op(dom0, abi.PHYSDEVOP_pci_mmcfg_reserved)).toBe(-ENODEV);
  expect(op(dom0, abi.PHYSDEVOP_dbgp_op, 1)).toBe(0);
  expect(op(dom0, abi.PHYSDEVOP_restore_msi, 0)).toBe(0);
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
