import { beforeEach, describe, expect, test } from 'vitest';
import { shared_info } from '../../abi/shared-info.ts';
import { EFAULT, EINVAL, ENOMEM, ENOSYS, EOPNOTSUPP, EPERM, ESRCH } from '../../abi/errno.ts';
import * as abi from '../../abi/memory.ts';
import { DOMID_SELF } from '../../abi/xen.ts';
import { destroyDomain } from '../../domain/destroy.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';
import { rawMemory } from '../../memory/raw-memory.ts';
import { ARGUMENTS, TEST_BASE, TestDomain, testHost } from '../../memory/testing.ts';
import { checkFrameTable } from '../../state/check.ts';
import type { Xen } from '../../xen.ts';
import { memoryOp } from '../memory-op.ts';

/** Where the tests keep memory maps. */
const MAP = TEST_BASE + 30 * PAGE_BYTES;
const NOWHERE = 0x5000;
const NOBODY = 77;

const ENTRIES = [
  { address: 0, size: 0xa_0000, type: abi.E820_RAM },
  { address: 0xf_0000, size: 0x1_0000, type: abi.E820_RESERVED },
  { address: 0x1_2345_6000, size: 0x2_0000_1000, type: abi.E820_ACPI },
];

let host: Xen;
let guest: TestDomain;
let other: TestDomain;

beforeEach(() => {
  host = testHost(4096);
  other = new TestDomain(host, 2, 100);
  guest = new TestDomain(host, 1, 100);
});

/** From here on domain 0 makes the calls. */
function beDom0(): void {
  guest = new TestDomain(host, 0, 100, 1, true);
}

/** A command with a struct of these words. */
function call(command: number, ...words: (number | bigint)[]): number {
  guest.poke(ARGUMENTS, ...words);
  return guest.call(memoryOp, command, ARGUMENTS);
}

/** Entry `index` of the map in the guest's memory: 20 bytes each. */
function entryAt(index: number): (typeof ENTRIES)[number] {
  const at = MAP + index * abi.E820_ENTRY_BYTES;
  return {
    address: Number(guest.peek(at)),
    size: Number(guest.peek(at + 8)),
    type: Number(guest.peek(at + 16) & 0xffff_ffffn),
  };
}

function entriesToldOf(): number {
  return Number(guest.peek(ARGUMENTS) & 0xffff_ffffn);
}

describe('the map of a domain’s memory', () => {
  test('is told whole, and how many entries it has', () => {
    guest.domain.memory.e820 = ENTRIES;
    expect(call(abi.XENMEM_memory_map, 10, MAP)).toBe(0);
    expect(entriesToldOf()).toBe(3);
    expect([0, 1, 2].map(entryAt)).toEqual(ENTRIES);
  });

  test('is told as far as there is room', () => {
    guest.domain.memory.e820 = ENTRIES;
    guest.poke(MAP + 40, 0x55n);
    expect(call(abi.XENMEM_memory_map, 2, MAP)).toBe(0);
    expect(entriesToldOf()).toBe(2);
    expect([0, 1].map(entryAt)).toEqual(ENTRIES.slice(0, 2));
    expect(guest.peek(MAP + 40)).toBe(0x55n);
  });

  test('is none before somebody has made one', () => {
    expect(call(abi.XENMEM_memory_map, 2, MAP)).toBe(-ENOSYS);
  });

  test('cannot be told to where the guest has no memory', () => {
    guest.domain.memory.e820 = ENTRIES;
    expect(guest.call(memoryOp, abi.XENMEM_memory_map, NOWHERE)).toBe(-EFAULT);
    expect(call(abi.XENMEM_memory_map, 2, NOWHERE)).toBe(-EFAULT);
  });

  test('is what was set', () => {
    guest.domain.memory.e820 = ENTRIES;
    expect(call(abi.XENMEM_memory_map, 10, MAP)).toBe(0);
    guest.domain.memory.e820 = [];
    expect(call(abi.XENMEM_set_memory_map, DOMID_SELF, 3, MAP)).toBe(0);
    expect(guest.domain.memory.e820).toEqual(ENTRIES);
  });

  test('is set of the caller alone, unless dom0 asks', () => {
    guest.poke(MAP, 0x1000, 0x25_8000, abi.E820_RAM);
    expect(call(abi.XENMEM_set_memory_map, 2, 1, MAP)).toBe(-EPERM);
    expect(other.domain.memory.e820).toEqual([]);
    beDom0();
    guest.poke(MAP, 0x1000, 0x25_8000, abi.E820_RAM);
    expect(call(abi.XENMEM_set_memory_map, 2, 1, MAP)).toBe(0);
    expect(other.domain.memory.e820).toEqual([{ address: 0x1000, size: 0x25_8000, type: abi.E820_RAM }]);
  });

  test('stays as it is when the new one cannot be read, is too long or is nobody’s', () => {
    guest.domain.memory.e820 = ENTRIES;
    expect(call(abi.XENMEM_set_memory_map, DOMID_SELF, abi.E820MAX + 1, MAP)).toBe(-EINVAL);
    expect(call(abi.XENMEM_set_memory_map, DOMID_SELF, 1, NOWHERE)).toBe(-EFAULT);
    expect(call(abi.XENMEM_set_memory_map, NOBODY, 1, MAP)).toBe(-ESRCH);
    expect(guest.call(memoryOp, abi.XENMEM_set_memory_map, NOWHERE)).toBe(-EFAULT);
    expect(guest.domain.memory.e820).toEqual(ENTRIES);
  });

  test('has at most E820MAX entries', () => {
    expect(call(abi.XENMEM_set_memory_map, DOMID_SELF, abi.E820MAX, MAP)).toBe(0);
    expect(guest.domain.memory.e820).toHaveLength(abi.E820MAX);
  });
});

describe('sizes', () => {
  test('maximum_ram_page is the machine’s', () => {
    expect(guest.call(memoryOp, abi.XENMEM_maximum_ram_page, 0)).toBe(4096);
    expect(call(abi.XENMEM_machphys_compat_mfn_list, 2, MAP)).toBe(-EOPNOTSUPP);
  });

  test('maximum_gpfn is what the guest wrote to shared_info.arch.max_pfn, less one', () => {
    const at = (guest.domain.sharedInfoMfn * PAGE_BYTES + shared_info.offset['arch.max_pfn']) / 4;
    const { words } = rawMemory(guest.hypervisor.frames);
    expect(call(abi.XENMEM_maximum_gpfn, DOMID_SELF)).toBe(0);
    words[at] = 1;
    expect(call(abi.XENMEM_maximum_gpfn, DOMID_SELF)).toBe(0);
    words[at] = 100;
    words[at + 1] = 3;
    expect(call(abi.XENMEM_maximum_gpfn, DOMID_SELF)).toBe(3 * 2 ** 32 + 99);
    expect(call(abi.XENMEM_maximum_gpfn, 2)).toBe(-EPERM);
    expect(call(abi.XENMEM_maximum_gpfn, NOBODY)).toBe(-ESRCH);
  });
});

describe('what is of domains with paging of their own, or of toolstacks', () => {
  test('populate-on-demand', () => {
    for (const command of [abi.XENMEM_set_pod_target, abi.XENMEM_get_pod_target]) {
      expect(call(command, 0, 0, 0, 0, DOMID_SELF)).toBe(-EINVAL);
      expect(call(command, 0, 0, 0, 0, NOBODY)).toBe(-ESRCH);
      expect(guest.call(memoryOp, command, NOWHERE)).toBe(-EFAULT);
    }
  });

  test('claims', () => {
    expect(call(abi.XENMEM_claim_pages, 0, 10, 0, 2)).toBe(-EPERM);
    expect(call(abi.XENMEM_claim_pages, 0, 10, 0, NOBODY)).toBe(-EINVAL);
    for (const words of [
      [MAP, 10, 0, 2],
      [0, 10, 1, 2],
      [0, 10, 1n << 32n, 2],
    ])
      expect(call(abi.XENMEM_claim_pages, ...words)).toBe(-EINVAL);
    beDom0();
    const { frames } = guest.hypervisor;
    const free = frames.freeFrames;
    const had = other.domain.totalPages;
    other.domain.maxPages = had + free;
    const claim = (pages: number): number => call(abi.XENMEM_claim_pages, 0, pages, 0, 2);
    // No more than it may have, nor than there are; not what it has already.
    for (const pages of [had, had + free + 1]) expect(claim(pages)).toBe(-EINVAL);
    other.domain.maxPages++;
    expect(claim(had + free + 1)).toBe(-ENOMEM);
    expect(claim(had + free - 1)).toBe(0);
    expect(claim(had + free - 2)).toBe(-EINVAL);
    // One is left for all others.
    expect(frames.allocate(0)).toBeGreaterThanOrEqual(0);
    expect([frames.allocate(0), frames.allocateForXen(), frames.allocateExtent(0, 1, Infinity)]).toEqual([
      -1, -1, -1,
    ]);
    expect(checkFrameTable(frames, guest.hypervisor.domains)).toEqual([]);
    // What it gets is not claimed any more; nor is what it gives back again.
    const mfn = frames.allocate(2);
    expect([mfn >= 0, frames.claims.get(2), frames.unclaimedFrames]).toEqual([true, free - 2, 0]);
    frames.dropAllocation(mfn, 2);
    expect([frames.claims.get(2), frames.unclaimedFrames]).toEqual([free - 2, 1]);
    expect(claim(0)).toBe(0);
    expect([frames.outstandingClaims, frames.claims.size]).toEqual([0, 0]);
    expect(claim(had + 10)).toBe(0);
    destroyDomain(guest.hypervisor, other.domain);
    expect(frames.outstandingClaims).toBe(0);
  });

  test('memory that devices have reserved: none', () => {
    expect(call(abi.XENMEM_reserved_device_memory_map, 7n << 32n, MAP)).toBe(0);
    expect(guest.peek(ARGUMENTS) >> 32n).toBe(0n);
    expect(call(abi.XENMEM_reserved_device_memory_map, 2n | (7n << 32n), MAP)).toBe(-EINVAL);
  });
});
