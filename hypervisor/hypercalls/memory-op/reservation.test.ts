import { beforeEach, describe, expect, test } from 'vitest';
import { MACH2PHYS_NR_ENTRIES, MACH2PHYS_VIRT_START } from '../../abi/arch-x86.ts';
import { EACCES, EFAULT, EINVAL, ENOMEM, ENOSYS, EPERM, ESRCH } from '../../abi/errno.ts';
import * as abi from '../../abi/memory.ts';
import { DOMID_SELF, DOMID_XEN } from '../../abi/xen.ts';
import { memoryOp } from '../memory-op.ts';
import { updateVaMapping } from '../update-va-mapping.ts';
import { getM2p } from '../../memory/m2p.ts';
import { ARGUMENTS, L1_PFN, TEST_BASE, TestDomain, testHost } from '../../memory/testing.ts';
import { rawMemory } from '../../memory/raw-memory.ts';

/** Where the tests keep lists of frames. */
const LIST_PFN = 30;
const LIST = TEST_BASE + LIST_PFN * 4096;

let guest: TestDomain;

beforeEach(() => {
  guest = new TestDomain(testHost(4096), 1, 400);
});

/** Words of a struct xen_memory_reservation. */
function reservation(
  list: number,
  count: number,
  order = 0,
  flags = 0,
  domid = DOMID_SELF,
): (number | bigint)[] {
  return [list, count, BigInt(order) | (BigInt(flags) << 32n), domid];
}

function adjust(command: number, ...args: Parameters<typeof reservation>): number {
  guest.poke(ARGUMENTS, ...reservation(...args));
  return guest.call(memoryOp, command, ARGUMENTS);
}

/** Unmaps a page, so that nothing but its allocation refers to it. */
function unmap(pfn: number): number {
  expect(guest.call(updateVaMapping, TEST_BASE + pfn * 4096, 0, 0)).toBe(0);
  return guest.mfns[pfn]!;
}

describe('ballooning', () => {
  test('a page given back is free once nothing maps it, and can be had again', () => {
    const mfn = unmap(50);
    guest.poke(LIST, mfn);
    const { frames } = guest.hypervisor;
    const free = frames.freeFrames;
    expect(adjust(abi.XENMEM_decrease_reservation, LIST, 1)).toBe(1);
    expect([guest.domain.totalPages, frames.freeFrames, getM2p(frames, mfn)]).toEqual([399, free + 1, -1]);
    guest.poke(LIST, 50);
    expect(adjust(abi.XENMEM_populate_physmap, LIST, 1)).toBe(1);
    expect(getM2p(frames, Number(guest.peek(LIST)))).toBe(50);
    expect(guest.domain.totalPages).toBe(400);
    expect(guest.check()).toEqual([]);
  });

  test('a page that is still mapped is freed with its last mapping', () => {
    guest.poke(LIST, guest.mfns[50]!);
    expect(adjust(abi.XENMEM_decrease_reservation, LIST, 1)).toBe(1);
    expect(guest.domain.totalPages).toBe(400);
    expect(guest.check()).toEqual([]);
    unmap(50);
    expect(guest.domain.totalPages).toBe(399);
    expect(guest.check()).toEqual([]);
  });

  test('a freed frame is allocated again only zeroed, and with no translation of it left', () => {
    const { frames, trace } = guest.hypervisor;
    const mfn = unmap(50);
    guest.poke(LIST, mfn);
    expect(adjust(abi.XENMEM_decrease_reservation, LIST, 1)).toBe(1);
    // As a guest would that still has a translation of it.
    rawMemory(frames).words[mfn * 1024 + 5] = 1;
    const flushes: number[] = [];
    trace.add({
      event: ({ detail }) => {
        if (detail.kind === 'tlb') flushes.push(frames.tlbClock);
      },
      end: () => undefined,
    });
    expect(frames.allocateForXen()).toBe(mfn);
    expect(flushes).toHaveLength(1);
    expect(frames.memory.words[mfn * 1024 + 5]).toBe(0);
    frames.release(mfn);
  });

  test('a list ends where a frame is not the domain’s; Xen’s own frames are never given back', () => {
    guest.poke(LIST, unmap(50), 1, unmap(51));
    expect(adjust(abi.XENMEM_decrease_reservation, LIST, 3)).toBe(1);
    guest.poke(LIST, guest.domain.grants.frames[0]!);
    expect(adjust(abi.XENMEM_decrease_reservation, LIST, 1)).toBe(0);
    expect(guest.check()).toEqual([]);
  });

  test('a domain gets no more than its maximum', () => {
    guest.domain.maxPages = 403;
    expect(adjust(abi.XENMEM_increase_reservation, 0, 10)).toBe(3);
    guest.poke(ARGUMENTS, DOMID_SELF);
    expect(guest.call(memoryOp, abi.XENMEM_current_reservation, ARGUMENTS)).toBe(403);
    expect(guest.call(memoryOp, abi.XENMEM_maximum_reservation, ARGUMENTS)).toBe(403);
    expect(guest.check()).toEqual([]);
  });

  test('long lists go on in continuations', () => {
    guest.domain.maxPages = 2000;
    expect(adjust(abi.XENMEM_increase_reservation, 0, 1100)).toBe(1100);
    expect(guest.domain.totalPages).toBe(1500);
    expect(guest.check()).toEqual([]);
  });

  test('extents are contiguous and aligned, and within the address bits asked for', () => {
    guest.domain.maxPages = 2000;
    guest.poke(LIST, 700);
    expect(adjust(abi.XENMEM_populate_physmap, LIST, 1, 4, 22)).toBe(1);
    const mfn = Number(guest.peek(LIST));
    expect(mfn % 16).toBe(0);
    expect(mfn + 16).toBeLessThanOrEqual(2 ** 22 / 4096);
    expect(getM2p(guest.hypervisor.frames, mfn + 15)).toBe(715);
    expect(adjust(abi.XENMEM_populate_physmap, LIST, 1, 10)).toBe(0);
    expect(guest.check()).toEqual([]);
  });
});

describe('exchange', () => {
  function exchange(input: Parameters<typeof reservation>, output: Parameters<typeof reservation>): number {
    guest.poke(ARGUMENTS, ...reservation(...input), ...reservation(...output), 0);
    return guest.call(memoryOp, abi.XENMEM_exchange, ARGUMENTS);
  }

  test('single frames for a contiguous extent', () => {
    guest.poke(LIST, unmap(50), unmap(51), unmap(52), unmap(53));
    guest.poke(LIST + 2048, 50);
    expect(exchange([LIST, 4], [LIST + 2048, 1, 2])).toBe(0);
    const mfn = Number(guest.peek(LIST + 2048));
    expect([mfn % 4, getM2p(guest.hypervisor.frames, mfn + 3)]).toEqual([0, 53]);
    expect(Number(guest.peek(ARGUMENTS + abi.xen_memory_exchange.offset.nr_exchanged))).toBe(4);
    expect(guest.domain.totalPages).toBe(400);
    expect(guest.check()).toEqual([]);
  });

  test('frames in use, lists that do not match, and too large extents are refused without change', () => {
    guest.poke(LIST, unmap(50), guest.mfns[51]!);
    guest.poke(LIST + 2048, 50);
    expect(exchange([LIST, 2], [LIST + 2048, 1, 1])).toBe(-EINVAL);
    expect(guest.hypervisor.frames.owner[guest.mfns[50]!]).toBe(1);
    expect(exchange([LIST, 3], [LIST + 2048, 1, 1])).toBe(-EINVAL);
    expect(exchange([LIST, 1024], [LIST + 2048, 1, 10])).toBe(-EPERM);
    expect(exchange([LIST, 1], [LIST + 2048, 1, 0, 5])).toBe(-ENOMEM);
    expect(guest.check()).toEqual([]);
  });
});

describe('what the machine is', () => {
  test('machphys_mapping tells where the M2P is, machphys_mfn_list which frames hold it', () => {
    expect(guest.call(memoryOp, abi.XENMEM_machphys_mapping, LIST)).toBe(0);
    expect(BigInt.asIntN(64, guest.peek(LIST))).toBe(BigInt(MACH2PHYS_VIRT_START));
    expect(Number(guest.peek(LIST + 16))).toBe(MACH2PHYS_NR_ENTRIES - 1);
    guest.poke(ARGUMENTS, 10, LIST, 0);
    expect(guest.call(memoryOp, abi.XENMEM_machphys_mfn_list, ARGUMENTS)).toBe(0);
    expect(Number(guest.peek(ARGUMENTS + 16) & 0xffffffffn)).toBe(1);
    const { owner, m2pFrame } = guest.hypervisor.frames;
    expect(Number(guest.peek(LIST))).toBe(m2pFrame);
    // Who maps it maps 2 MiB for each, however small the machine is: all of that is the table's.
    expect(owner.slice(m2pFrame, m2pFrame + 512).every((each) => each === DOMID_XEN)).toBe(true);
  });

  test('errors', () => {
    expect(guest.call(memoryOp, 63, ARGUMENTS)).toBe(-ENOSYS);
    expect(guest.call(memoryOp, abi.XENMEM_current_reservation, 0x5000)).toBe(-EFAULT);
    guest.poke(ARGUMENTS, 77);
    expect(guest.call(memoryOp, abi.XENMEM_current_reservation, ARGUMENTS)).toBe(-ESRCH);
    expect(guest.call(memoryOp, abi.XENMEM_maximum_ram_page | (1 << 6), 0)).toBe(-EINVAL);
    guest.poke(ARGUMENTS, DOMID_SELF, 0, 0);
    expect(guest.call(memoryOp, abi.XENMEM_add_to_physmap, ARGUMENTS)).toBe(-EACCES);
    expect(guest.call(updateVaMapping, TEST_BASE + L1_PFN * 4096, guest.entry(L1_PFN, 5), 0)).toBe(0);
  });
});
