import { beforeEach, describe, expect, test } from 'vitest';
import { EBUSY, EFAULT, EINVAL, ENOSYS, EPERM, ESRCH } from '../abi/errno.ts';
import * as xen from '../abi/xen.ts';
import { mmuUpdate } from '../hypercalls/mmu-update.ts';
import { mmuextOp } from '../hypercalls/mmuext-op.ts';
import { setGdt } from '../hypercalls/set-gdt.ts';
import { updateDescriptor } from '../hypercalls/update-descriptor.ts';
import { updateVaMapping, updateVaMappingOtherdomain } from '../hypercalls/update-va-mapping.ts';
import { PGT_L1_PAGE_TABLE, PGT_WRITABLE_PAGE } from './frame-table.ts';
import { getM2p } from './m2p.ts';
import { addRange, removeRange } from '../state/range-set.ts';
import {
  ARGUMENTS,
  L1_PFN,
  L2_PFN,
  L3_PFN,
  L4_PFN,
  TABLE_FLAGS,
  TEST_BASE,
  TestDomain,
  testHost,
} from './testing.ts';

const READ_ONLY = TABLE_FLAGS & ~2;
const NX = 1n << 63n;

let guest: TestDomain;
let other: TestDomain;

beforeEach(() => {
  const host = testHost();
  other = new TestDomain(host, 2, 16);
  guest = new TestDomain(host, 1, 64);
});

/** Where page `pfn` of a test domain is mapped. */
function va(pfn: number): number {
  return TEST_BASE + pfn * 4096;
}

/** Writes entry `slot` of the table in `pfn` by mmu_update. */
function update(pfn: number, slot: number, value: bigint, command = xen.MMU_NORMAL_PT_UPDATE): number {
  guest.poke(ARGUMENTS, guest.entryAddress(pfn, slot) + command, value);
  return guest.call(mmuUpdate, ARGUMENTS, 1, 0, xen.DOMID_SELF);
}

function extended(command: number, argument1: number, argument2 = 0): number {
  guest.poke(ARGUMENTS, command, argument1, argument2);
  return guest.call(mmuextOp, ARGUMENTS, 1, 0, xen.DOMID_SELF);
}

function readEntry(pfn: number, slot: number): bigint {
  const at = guest.entryAddress(pfn, slot) / 4;
  const { words } = guest.hypervisor.frames.memory;
  return (BigInt(words[at + 1]!) << 32n) | BigInt(words[at]!);
}

/** Makes page `pfn` read-only, so that it can become a table. */
function protect(pfn: number): void {
  expect(guest.call(updateVaMapping, va(pfn), guest.entry(pfn, READ_ONLY), xen.UVMF_INVLPG)).toBe(0);
}

test('a new domain keeps the invariant', () => {
  expect(guest.check()).toEqual([]);
  expect(guest.domain.totalPages).toBe(64);
});

describe('memory of devices', () => {
  const map = (by: TestDomain, mfn: number, flags = 7, foreign: number = xen.DOMID_SELF): number => {
    by.enter();
    by.poke(ARGUMENTS, by.entryAddress(L1_PFN, 100), (BigInt(mfn) << 12n) | BigInt(flags));
    return by.call(mmuUpdate, ARGUMENTS, 1, 0, foreign);
  };
  const BELOW_1_MIB = 0xf0;
  const LOCAL_APIC = 0xfee00;
  let dom0: TestDomain;
  beforeEach(() => {
    dom0 = new TestDomain(guest.hypervisor, 0, 64, 1, true);
  });

  test('is mapped by whoever was given it, cached in any way, and nothing is counted', () => {
    const beyond = guest.hypervisor.frames.frames + 5;
    for (const mfn of [BELOW_1_MIB, beyond, 2 ** 33]) {
      for (const flags of [5, 7, 0x1f, 0x97]) expect(map(dom0, mfn, flags)).toBe(0);
      expect(map(guest, mfn)).toBe(-EPERM);
    }
    expect(guest.hypervisor.frames.count[BELOW_1_MIB]).toBe(1);
    expect(dom0.check()).toEqual([]);
    addRange(guest.domain.deviceFrames, beyond, beyond);
    expect(map(guest, beyond)).toBe(0);
    expect(map(guest, beyond + 1)).toBe(-EPERM);
    // It stays mapped when it is taken away, and the entry can be written over.
    removeRange(guest.domain.deviceFrames, beyond, beyond);
    expect(map(guest, beyond)).toBe(0);
    expect(map(guest, guest.mfns[30]!)).toBe(0);
    expect(map(guest, beyond)).toBe(-EPERM);
    expect(guest.check()).toEqual([]);
  });

  test('is named as DOMID_IO’s, too, which has no RAM', () => {
    expect(map(dom0, BELOW_1_MIB, 7, xen.DOMID_IO)).toBe(0);
    expect(map(dom0, dom0.mfns[30]!, 7, xen.DOMID_IO)).toBe(-EBUSY);
    expect(map(guest, BELOW_1_MIB, 7, xen.DOMID_IO)).toBe(-EPERM);
  });

  test('does not reach to where interrupts are sent', () => {
    expect(map(dom0, LOCAL_APIC)).toBe(-EPERM);
    expect(map(dom0, LOCAL_APIC - 1)).toBe(0);
    expect(map(dom0, LOCAL_APIC + 0x100)).toBe(0);
  });

  test('reads all ones where no device answers', () => {
    expect(map(dom0, guest.hypervisor.frames.frames + 5)).toBe(0);
    const { processor } = dom0.hypervisor;
    expect(processor.translate(va(100), 0)).toBe(-1);
  });
});

describe('L1 entries', () => {
  test('a page table can be mapped read-only but not writable', () => {
    expect(guest.call(updateVaMapping, va(L1_PFN), guest.entry(L1_PFN, TABLE_FLAGS), 0)).toBe(-EBUSY);
    expect(guest.call(updateVaMapping, va(40), guest.entry(L1_PFN, READ_ONLY), 0)).toBe(0);
    expect(guest.check()).toEqual([]);
  });

  test('a page that is mapped writable cannot become a page table', () => {
    expect(extended(xen.MMUEXT_PIN_L1_TABLE, guest.mfns[20]!)).toBe(-EINVAL);
    protect(20);
    expect(extended(xen.MMUEXT_PIN_L1_TABLE, guest.mfns[20]!)).toBe(0);
    expect(guest.call(updateVaMapping, va(20), guest.entry(20, TABLE_FLAGS), 0)).toBe(-EBUSY);
    expect(extended(xen.MMUEXT_UNPIN_TABLE, guest.mfns[20]!)).toBe(0);
    expect(guest.call(updateVaMapping, va(20), guest.entry(20, TABLE_FLAGS), 0)).toBe(0);
    expect(guest.check()).toEqual([]);
  });

  test("another's frame, I/O memory, a free frame and Xen's own are refused", () => {
    const { frames } = guest.hypervisor;
    const map = (mfn: number): number => update(L1_PFN, 100, (BigInt(mfn) << 12n) | 7n);
    expect(map(other.mfns[10]!)).toBe(-EBUSY);
    expect(map(1)).toBe(-EPERM);
    expect(map(frames.frames)).toBe(-EPERM);
    expect(map(0xff_ffff_ffff)).toBe(-EINVAL);
    expect(map([...frames.freeList()][0]!)).toBe(-EBUSY);
    expect(map(frames.m2pFrame)).toBe(-EBUSY);
    expect(map(guest.domain.memory.perDomainL3)).toBe(-EBUSY);
    expect(guest.check()).toEqual([]);
  });

  test('caching attributes and large pages are refused', () => {
    for (const flag of [8, 0x10, 0x80]) expect(update(L1_PFN, 100, guest.entry(30, 7 | flag))).toBe(-EINVAL);
    expect(update(L1_PFN, 100, guest.entry(30, 0x107) | NX)).toBe(0);
  });

  test("a page for the guest's kernel alone gets U and GUEST_KERNEL, another gets G", () => {
    expect(update(L1_PFN, 100, guest.entry(30, 3))).toBe(0);
    expect(readEntry(L1_PFN, 100)).toBe(guest.entry(30, 7) | (1n << 52n));
    expect(update(L1_PFN, 101, guest.entry(30, 7))).toBe(0);
    expect(readEntry(L1_PFN, 101)).toBe(guest.entry(30, 0x107));
  });

  test('PRESERVE_AD keeps the accessed and dirty bits, a normal update does not', () => {
    expect(update(L1_PFN, 100, guest.entry(30, 0x67))).toBe(0);
    expect(update(L1_PFN, 100, guest.entry(30, 5), xen.MMU_PT_UPDATE_PRESERVE_AD)).toBe(0);
    expect(readEntry(L1_PFN, 100)).toBe(guest.entry(30, 0x165));
    expect(update(L1_PFN, 100, guest.entry(30, 5))).toBe(0);
    expect(readEntry(L1_PFN, 100)).toBe(guest.entry(30, 0x105));
  });

  test('update_va_mapping needs an L1 table at the address', () => {
    expect(guest.call(updateVaMapping, 0x1000, guest.entry(30, 7), 0)).toBe(-EINVAL);
    expect(guest.call(updateVaMapping, -0x8000_0000_0000, guest.entry(30, 7), 0)).toBe(-EINVAL);
    expect(guest.call(updateVaMapping, 0x8000_0000_0000n, guest.entry(30, 7), 0)).toBe(-EINVAL);
    expect(guest.call(updateVaMappingOtherdomain, va(30), guest.entry(30, 7), 0, 9)).toBe(-ESRCH);
    expect(guest.call(updateVaMappingOtherdomain, va(30), guest.entry(30, 7), 0, 2)).toBe(-EPERM);
  });

  test('update_va_mapping reads a bitmap of vcpus', () => {
    expect(guest.call(updateVaMapping, va(30), guest.entry(30, 7), xen.UVMF_TLB_FLUSH + 0x5000)).toBe(
      -EFAULT,
    );
    expect(guest.call(updateVaMapping, va(30), guest.entry(30, 7), ARGUMENTS + xen.UVMF_INVLPG)).toBe(0);
  });
});

describe('upper tables', () => {
  test('a table is validated down to its last entry, or not at all', () => {
    protect(20);
    protect(21);
    guest.prepare(20, 0, guest.entry(30, 7));
    guest.prepare(20, 511, guest.entry(L1_PFN, 7));
    guest.prepare(21, 5, guest.entry(20, 7));
    // Entry 511 would map a page table writable.
    expect(extended(xen.MMUEXT_PIN_L2_TABLE, guest.mfns[21]!)).toBe(-EBUSY);
    expect(guest.check()).toEqual([]);
    guest.prepare(20, 511, guest.entry(L1_PFN, 5));
    expect(extended(xen.MMUEXT_PIN_L2_TABLE, guest.mfns[21]!)).toBe(0);
    expect(guest.hypervisor.frames.type[guest.mfns[20]!]).toBe(PGT_L1_PAGE_TABLE);
    expect(guest.check()).toEqual([]);
  });

  test('an entry names a table of the level below only', () => {
    expect(update(L2_PFN, 7, guest.entry(L3_PFN, 5))).toBe(-EINVAL);
    expect(update(L3_PFN, 7, guest.entry(L1_PFN, 5))).toBe(-EINVAL);
    expect(update(L4_PFN, 7, guest.entry(L2_PFN, 5))).toBe(-EINVAL);
    expect(update(L2_PFN, 7, guest.entry(30, 0x87))).toBe(-EINVAL);
    expect(guest.check()).toEqual([]);
  });

  test("Xen's slots are not the guest's", () => {
    for (const slot of [256, 260, 271]) expect(update(L4_PFN, slot, guest.entry(L3_PFN, 7))).toBe(-EINVAL);
    expect(update(L4_PFN, 272, guest.entry(L3_PFN, 7))).toBe(0);
    expect(update(L4_PFN, 272, 0n)).toBe(0);
    expect(guest.check()).toEqual([]);
  });

  test('a table that loses its last use gives back all it names', () => {
    protect(20);
    expect(update(L2_PFN, 9, guest.entry(20, 7))).toBe(0);
    expect(update(20, 3, guest.entry(31, 7))).toBe(0);
    const { frames } = guest.hypervisor;
    const uses = frames.typeCount[guest.mfns[31]!];
    expect(update(L2_PFN, 9, 0n)).toBe(0);
    expect(frames.typeCount[guest.mfns[31]!]).toBe(uses! - 1);
    expect(frames.typeCount[guest.mfns[20]!]).toBe(0);
    expect(guest.check()).toEqual([]);
  });

  test('linear page tables: read-only, of itself or of a table that has none', () => {
    expect(update(L4_PFN, 300, guest.entry(L4_PFN, 7))).toBe(-EINVAL);
    expect(update(L4_PFN, 300, guest.entry(L4_PFN, 5))).toBe(0);
    protect(20);
    protect(21);
    guest.prepare(20, 1, guest.entry(L4_PFN, 5));
    expect(extended(xen.MMUEXT_PIN_L4_TABLE, guest.mfns[20]!)).toBe(0);
    expect(guest.check()).toEqual([]);
    // L4_PFN is named by page 20, so it can name no other.
    expect(extended(xen.MMUEXT_PIN_L4_TABLE, guest.mfns[21]!)).toBe(0);
    expect(update(L4_PFN, 301, guest.entry(21, 5))).toBe(-EINVAL);
    expect(update(20, 2, guest.entry(21, 5))).toBe(0);
    expect(guest.check()).toEqual([]);
    expect(extended(xen.MMUEXT_UNPIN_TABLE, guest.mfns[20]!)).toBe(0);
    expect(update(L4_PFN, 301, guest.entry(21, 5))).toBe(0);
    expect(guest.check()).toEqual([]);
  });
});

describe('mmu_update', () => {
  test('counts what it has done and stops at the first failure', () => {
    guest.poke(
      ARGUMENTS,
      guest.entryAddress(L1_PFN, 100),
      guest.entry(30, 7),
      guest.entryAddress(L1_PFN, 101),
      guest.entry(L1_PFN, 7),
      guest.entryAddress(L1_PFN, 102),
      guest.entry(30, 7),
    );
    expect(guest.call(mmuUpdate, ARGUMENTS, 3, ARGUMENTS + 2048, xen.DOMID_SELF)).toBe(-EBUSY);
    expect(Number(guest.peek(ARGUMENTS + 2048) & 0xffffffffn)).toBe(1);
    expect(readEntry(L1_PFN, 102)).toBe(0n);
  });

  test('a long batch goes on in continuations and counts all of it', () => {
    const requests = va(10);
    for (let i = 0; i < 1024; i++)
      guest.poke(
        requests + i * 16,
        guest.entryAddress(L1_PFN, 100 + (i % 300)),
        guest.entry(30, i % 2 ? 7 : 5),
      );
    expect(guest.call(mmuUpdate, requests, 1024, ARGUMENTS, xen.DOMID_SELF)).toBe(0);
    expect(Number(guest.peek(ARGUMENTS) & 0xffffffffn)).toBe(1024);
    expect(guest.check()).toEqual([]);
  });

  test('writes to a writable page like a store', () => {
    expect(update(30, 4, 0x1234_5678_9abc_def0n)).toBe(0);
    expect(guest.peek(va(30) + 32)).toBe(0x1234_5678_9abc_def0n);
    expect(guest.hypervisor.frames.type[guest.mfns[30]!]).toBe(PGT_WRITABLE_PAGE);
  });

  test('machine-to-physical updates are for own frames', () => {
    const address = (domain: TestDomain): number => domain.mfns[30 % domain.mfns.length]! * 4096;
    guest.poke(ARGUMENTS, address(guest) + xen.MMU_MACHPHYS_UPDATE, 77);
    expect(guest.call(mmuUpdate, ARGUMENTS, 1, 0, xen.DOMID_SELF)).toBe(0);
    expect(getM2p(guest.hypervisor.frames, guest.mfns[30]!)).toBe(77);
    guest.poke(ARGUMENTS, address(other) + xen.MMU_MACHPHYS_UPDATE, 77);
    expect(guest.call(mmuUpdate, ARGUMENTS, 1, 0, xen.DOMID_SELF)).toBe(-EINVAL);
  });

  test('bad addresses, domains and commands', () => {
    expect(guest.call(mmuUpdate, 0x5000, 1, 0, xen.DOMID_SELF)).toBe(-EFAULT);
    expect(guest.call(mmuUpdate, -0x8000_0000_0000, 1, 0, xen.DOMID_SELF)).toBe(-EFAULT);
    guest.poke(ARGUMENTS, guest.entryAddress(L1_PFN, 100) + 7, 0);
    expect(guest.call(mmuUpdate, ARGUMENTS, 1, 0, xen.DOMID_SELF)).toBe(-ENOSYS);
    expect(guest.call(mmuUpdate, ARGUMENTS, 1, 0, 1)).toBe(-ESRCH);
    guest.poke(ARGUMENTS, guest.entryAddress(L1_PFN, 100), 0);
    expect(guest.call(mmuUpdate, ARGUMENTS, 1, 0, 2)).toBe(-EPERM);
    expect(guest.call(mmuUpdate, ARGUMENTS, 1, 0, xen.DOMID_XEN)).toBe(-EPERM);
  });
});

describe('mmuext_op', () => {
  test('a new kernel root is validated, used, and the old one given back', () => {
    protect(20);
    const { frames } = guest.hypervisor;
    expect(extended(xen.MMUEXT_NEW_BASEPTR, guest.mfns[30]!)).toBe(-EINVAL);
    const at = guest.mfns[L4_PFN]! * 1024 + 511 * 2;
    guest.prepare(20, 511, BigInt(frames.memory.words[at]!));
    expect(extended(xen.MMUEXT_NEW_BASEPTR, guest.mfns[20]!)).toBe(0);
    expect(guest.vcpu.kernelRoot).toBe(guest.mfns[20]);
    expect(extended(xen.MMUEXT_NEW_USER_BASEPTR, guest.mfns[L4_PFN]!)).toBe(0);
    expect(guest.check()).toEqual([]);
    expect(extended(xen.MMUEXT_NEW_USER_BASEPTR, 0)).toBe(0);
    expect(guest.check()).toEqual([]);
  });

  test('pinning twice and unpinning what is not pinned fail', () => {
    expect(extended(xen.MMUEXT_PIN_L4_TABLE, guest.mfns[L4_PFN]!)).toBe(-EINVAL);
    expect(extended(xen.MMUEXT_UNPIN_TABLE, guest.mfns[L1_PFN]!)).toBe(-EINVAL);
    expect(extended(xen.MMUEXT_PIN_L4_TABLE, other.mfns[L4_PFN]!)).toBe(-EINVAL);
    expect(guest.check()).toEqual([]);
  });

  test('clearing and copying need writable pages', () => {
    guest.poke(va(30), 1n, 2n);
    expect(extended(xen.MMUEXT_COPY_PAGE, guest.mfns[31]!, guest.mfns[30])).toBe(0);
    expect(guest.peek(va(31) + 8)).toBe(2n);
    expect(extended(xen.MMUEXT_CLEAR_PAGE, guest.mfns[31]!)).toBe(0);
    expect(guest.peek(va(31) + 8)).toBe(0n);
    expect(extended(xen.MMUEXT_CLEAR_PAGE, guest.mfns[L1_PFN]!)).toBe(-EINVAL);
    expect(extended(xen.MMUEXT_COPY_PAGE, guest.mfns[31]!, other.mfns[10])).toBe(-EINVAL);
    expect(guest.check()).toEqual([]);
  });
});

describe('descriptor tables', () => {
  const CODE = 0x00af_9b00_0000_ffffn;

  test("a GDT's pages are validated, raised to ring 3, and no longer writable", () => {
    guest.poke(va(20), 0n, CODE);
    guest.poke(ARGUMENTS, guest.mfns[20]!);
    expect(guest.call(setGdt, ARGUMENTS, 512)).toBe(-EINVAL);
    protect(20);
    expect(guest.call(setGdt, ARGUMENTS, 512)).toBe(0);
    expect(guest.peek(va(20) + 8)).toBe(CODE | (3n << 45n));
    expect(guest.call(updateVaMapping, va(20), guest.entry(20, 7), 0)).toBe(-EBUSY);
    expect(guest.check()).toEqual([]);
    expect(guest.call(setGdt, 0, 0)).toBe(0);
    expect(guest.call(updateVaMapping, va(20), guest.entry(20, 7), 0)).toBe(0);
    expect(guest.check()).toEqual([]);
  });

  test('system segments are refused in a GDT and by update_descriptor', () => {
    const TSS = 0x0000_8900_0000_0067n;
    const address = guest.mfns[20]! * 4096 + 16;
    expect(guest.call(updateDescriptor, address, TSS)).toBe(-EINVAL);
    expect(guest.call(updateDescriptor, address, CODE)).toBe(0);
    expect(guest.peek(va(20) + 16)).toBe(CODE | (3n << 45n));
    expect(guest.call(updateDescriptor, address + 4, CODE)).toBe(-EINVAL);
    expect(guest.call(updateDescriptor, guest.mfns[L1_PFN]! * 4096, CODE)).toBe(-EINVAL);
    guest.poke(va(20), TSS);
    protect(20);
    guest.poke(ARGUMENTS, guest.mfns[20]!);
    expect(guest.call(setGdt, ARGUMENTS, 512)).toBe(-EINVAL);
    expect(guest.call(setGdt, ARGUMENTS, 7169)).toBe(-EINVAL);
    expect(guest.check()).toEqual([]);
  });
});
