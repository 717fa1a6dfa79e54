/** The page-table entries of grant mappings: how they look, where they may stand, and how they are given back. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as abi from '../abi/grant-table.ts';
import { DOMID_SELF } from '../abi/xen.ts';
import { grantTableOp } from '../hypercalls/grant-table-op.ts';
import { updateVaMapping } from '../hypercalls/update-va-mapping.ts';
import {
  PAGE_ACCESSED,
  PAGE_DIRTY,
  PAGE_GUEST_KERNEL_HIGH,
  PAGE_NX_HIGH,
  PAGE_PRESENT,
  PAGE_RW,
  PAGE_USER,
} from '../memory/entries.ts';
import { writeWords } from '../memory/guest-frames.ts';
import { ARGUMENTS, L1_PFN, TABLE_FLAGS, TestDomain, testHost } from '../memory/testing.ts';
import { unpin } from './pin.ts';
import { halfword, put, va } from './testing.ts';

const GRANTER = 2;
const MAPPER = 1;
const REF = 9;
/** The page that is granted, and where it is mapped. */
const GRANTED = 20;
const PLACE = 40;

let granter: TestDomain;
let mapper: TestDomain;

beforeEach(() => {
  const host = testHost();
  granter = new TestDomain(host, GRANTER, 64);
  mapper = new TestDomain(host, MAPPER, 64);
  const at = granter.domain.grants.frames[0]! * 4096 + REF * 8;
  writeWords(host.frames, at, [abi.GTF_permit_access | (MAPPER << 16), granter.mfns[GRANTED]!]);
});

function map(host: number, flags: number): { status: number; handle: number; bus: number } {
  const { offset, size } = abi.gnttab_map_grant_ref;
  put(
    mapper,
    size,
    [offset.host_addr, 8, host],
    [offset.flags, 4, abi.GNTMAP_host_map | flags],
    [offset.ref, 4, REF],
    [offset.dom, 2, GRANTER],
  );
  expect(mapper.call(grantTableOp, abi.GNTTABOP_map_grant_ref, ARGUMENTS, 1)).toBe(0);
  return {
    status: halfword(mapper, offset.status),
    handle: Number(mapper.peek(ARGUMENTS + offset.handle) & 0xffff_ffffn),
    bus: Number(mapper.peek(ARGUMENTS + offset.dev_bus_addr)),
  };
}

function unmap(handle: number, host: number, bus = 0): number {
  const { offset, size } = abi.gnttab_unmap_grant_ref;
  put(mapper, size, [offset.host_addr, 8, host], [offset.dev_bus_addr, 8, bus], [offset.handle, 4, handle]);
  expect(mapper.call(grantTableOp, abi.GNTTABOP_unmap_grant_ref, ARGUMENTS, 1)).toBe(0);
  return halfword(mapper, offset.status);
}

function unmapAndReplace(handle: number, host: number, other: number): number {
  const { offset, size } = abi.gnttab_unmap_and_replace;
  put(mapper, size, [offset.host_addr, 8, host], [offset.new_addr, 8, other], [offset.handle, 4, handle]);
  expect(mapper.call(grantTableOp, abi.GNTTABOP_unmap_and_replace, ARGUMENTS, 1)).toBe(0);
  return halfword(mapper, offset.status);
}

/** The L1 entry of a page of the mapper's, as it stands in memory: frame, lower flags, upper flags. */
function entryOf(pfn: number): [mfn: number, low: number, high: number] {
  const { words } = mapper.hypervisor.frames.memory;
  const at = mapper.entryAddress(L1_PFN, pfn) / 4;
  return [words[at]! >>> 12, words[at]! & 0xfff, words[at + 1]!];
}

function writers(): number {
  return granter.domain.grants.active.get(REF)?.writers ?? 0;
}

describe('an entry', () => {
  const ALWAYS = PAGE_PRESENT | PAGE_USER | PAGE_ACCESSED | PAGE_DIRTY;

  test('is the kernel’s, writable, used already, and not to be executed', () => {
    const { bus } = map(va(PLACE), 0);
    const mfn = granter.mfns[GRANTED]!;
    expect(entryOf(PLACE)).toEqual([mfn, ALWAYS | PAGE_RW, (PAGE_NX_HIGH | PAGE_GUEST_KERNEL_HIGH) >>> 0]);
    expect(bus).toBe(mfn * 4096);
  });

  test('is not writable when asked for so', () => {
    map(va(PLACE), abi.GNTMAP_readonly);
    expect(entryOf(PLACE)[1]).toBe(ALWAYS);
  });

  test('is the user’s, when asked for so', () => {
    map(va(PLACE), abi.GNTMAP_application_map);
    expect(entryOf(PLACE)[2] & PAGE_GUEST_KERNEL_HIGH).toBe(0);
  });

  test('has the guest’s own three bits', () => {
    map(va(PLACE), 5 << abi.GNTMAP_guest_avail0);
    expect(entryOf(PLACE)[1] >> 9).toBe(5);
  });
});

describe('a mapping at an entry’s own address', () => {
  test('is made and given back like one at a virtual address', () => {
    const at = mapper.entryAddress(L1_PFN, PLACE);
    const { status, handle } = map(at, abi.GNTMAP_contains_pte);
    expect(status).toBe(abi.GNTST_okay);
    mapper.poke(va(PLACE), 0x77n);
    expect(granter.peek(va(GRANTED))).toBe(0x77n);
    expect(mapper.check()).toEqual([]);
    expect(unmap(handle, at)).toBe(abi.GNTST_okay);
    expect([entryOf(PLACE), writers()]).toEqual([[0, 0, 0], 0]);
    expect(mapper.check()).toEqual([]);
  });

  test.each([
    ['between two entries', (): number => mapper.entryAddress(L1_PFN, PLACE) + 4],
    ['in a page that is no page table', (): number => mapper.entryAddress(30, PLACE)],
    ['in a table of another level', (): number => mapper.entryAddress(L1_PFN - 1, PLACE)],
    ['in the granter’s page table', (): number => granter.entryAddress(L1_PFN, PLACE)],
    ['behind the end of memory', (): number => mapper.hypervisor.frames.frames * 4096],
    ['below its beginning', (): number => -8],
  ])('is refused %s, and holds nothing', (_, address) => {
    expect(map(address(), abi.GNTMAP_contains_pte).status).toBe(abi.GNTST_general_error);
    expect(writers()).toBe(0);
    expect(mapper.check()).toEqual([]);
  });
});

describe('unmap_and_replace', () => {
  const OTHER = 41;

  test('puts the page of another address in the mapping’s place, and leaves that address empty', () => {
    const { handle } = map(va(PLACE), 0);
    mapper.poke(va(OTHER), 0x4141n);
    expect(unmapAndReplace(handle, va(PLACE), va(OTHER))).toBe(abi.GNTST_okay);
    expect(mapper.peek(va(PLACE))).toBe(0x4141n);
    expect([entryOf(OTHER), writers()]).toEqual([[0, 0, 0], 0]);
    expect(mapper.check()).toEqual([]);
  });

  test('puts nothing there when the other address maps nothing', () => {
    const { handle } = map(va(PLACE), 0);
    expect(mapper.call(updateVaMapping, va(OTHER), 0, 0)).toBe(0);
    expect(unmapAndReplace(handle, va(PLACE), va(OTHER))).toBe(abi.GNTST_okay);
    expect(entryOf(PLACE)).toEqual([0, 0, 0]);
    expect(mapper.check()).toEqual([]);
  });

  test('of an address by itself is an end of the mapping', () => {
    const { handle } = map(va(PLACE), 0);
    expect(unmapAndReplace(handle, va(PLACE), va(PLACE))).toBe(abi.GNTST_okay);
    expect([entryOf(PLACE), writers()]).toEqual([[0, 0, 0], 0]);
    expect(mapper.check()).toEqual([]);
  });

  test('is refused where there is no page table for the other address, or the mapping was made by its entry', () => {
    const { handle } = map(va(PLACE), 0);
    expect(unmapAndReplace(handle, va(PLACE), va(600))).toBe(abi.GNTST_general_error);
    const at = mapper.entryAddress(L1_PFN, OTHER);
    const byEntry = map(at, abi.GNTMAP_contains_pte);
    expect(unmapAndReplace(byEntry.handle, at, va(50))).toBe(abi.GNTST_general_error);
    expect(writers()).toBe(2);
    expect(mapper.check()).toEqual([]);
  });
});

describe('an end of a mapping is refused', () => {
  test('at another address, or with another kind of entry there', () => {
    const { handle } = map(va(PLACE), 0);
    expect(unmap(handle, va(PLACE + 1))).toBe(abi.GNTST_general_error);
    expect(unmap(handle, va(600))).toBe(abi.GNTST_general_error);
    const readOnly = map(va(PLACE + 2), abi.GNTMAP_readonly);
    expect(unmap(readOnly.handle, va(PLACE))).toBe(abi.GNTST_general_error);
    expect(unmap(handle, va(PLACE + 2))).toBe(abi.GNTST_general_error);
    expect(mapper.check()).toEqual([]);
    expect(unmap(handle, va(PLACE))).toBe(abi.GNTST_okay);
  });

  test('with a wrong bus address', () => {
    const { handle, bus } = map(va(PLACE), abi.GNTMAP_device_map);
    expect(unmap(handle, va(PLACE), bus + 4096)).toBe(abi.GNTST_bad_dev_addr);
    expect(writers()).toBe(2);
    expect(unmap(handle, va(PLACE), bus)).toBe(abi.GNTST_okay);
    expect(writers()).toBe(0);
  });

  test('of a handle that there is none of', () => {
    const { handle } = map(va(PLACE), 0);
    expect(unmap(handle + 1, va(PLACE))).toBe(abi.GNTST_bad_handle);
    expect(unmap(0xffff_ffff, va(PLACE))).toBe(abi.GNTST_bad_handle);
  });
});

describe('pins that cannot be', () => {
  test('are given back more often than taken, or of a grant that is not in use', () => {
    const { frames, domains } = granter.hypervisor;
    const giveBack = (readOnly: boolean) => (): void => {
      unpin(frames, domains, granter.domain, REF, readOnly);
    };
    expect(giveBack(false)).toThrow(/not in use/);
    map(va(PLACE), 0);
    expect(giveBack(true)).toThrow(/more often than taken/);
  });

  test('belong to a mapping whose granter is gone', () => {
    const { handle } = map(va(PLACE), 0);
    const { mappings } = mapper.domain.grants;
    mappings[handle] = { ...mappings[handle]!, domid: 77 };
    expect(() => unmap(handle, va(PLACE))).toThrow(/granter 77 of a mapping is gone/);
  });
});

describe('handles', () => {
  test('are used again', () => {
    const first = map(va(PLACE), 0).handle;
    const second = map(va(PLACE + 1), 0).handle;
    expect(second).not.toBe(first);
    unmap(first, va(PLACE));
    expect(map(va(PLACE + 2), 0).handle).toBe(first);
  });

  test('are as many as the toolstack said', () => {
    mapper.domain.grants.maxMappings = 2;
    const { handle } = map(va(PLACE), 0);
    expect(map(va(PLACE + 1), 0).status).toBe(abi.GNTST_okay);
    expect(map(va(PLACE + 2), 0).status).toBe(abi.GNTST_no_space);
    unmap(handle, va(PLACE));
    expect(map(va(PLACE + 2), 0).status).toBe(abi.GNTST_okay);
    expect(mapper.check()).toEqual([]);
  });
});

describe('a domain’s table', () => {
  function querySize(domid: number): [status: number, frames: bigint] {
    const { offset, size } = abi.gnttab_query_size;
    put(mapper, size, [offset.dom, 2, domid]);
    expect(mapper.call(grantTableOp, abi.GNTTABOP_query_size, ARGUMENTS, 1)).toBe(0);
    const at = ARGUMENTS + offset.nr_frames;
    const low = mapper.peek(at - (at & 7)) >> BigInt((at & 7) * 8);
    return [halfword(mapper, offset.status), low & 0xffff_ffffn];
  }
  function version(domid: number): [result: number, version: bigint] {
    const { offset, size } = abi.gnttab_get_version;
    put(mapper, size, [offset.dom, 2, domid]);
    const result = mapper.call(grantTableOp, abi.GNTTABOP_get_version, ARGUMENTS, 1);
    return [result, mapper.peek(ARGUMENTS) >> 32n];
  }

  test('tells its size and its version, to whom it belongs', () => {
    const { frames, version: has } = mapper.domain.grants;
    expect(querySize(DOMID_SELF)).toEqual([abi.GNTST_okay, BigInt(frames.length)]);
    expect(querySize(GRANTER)[0]).toBe(abi.GNTST_permission_denied);
    expect(querySize(77)[0]).toBe(abi.GNTST_bad_domain);
    expect(version(DOMID_SELF)).toEqual([0, BigInt(has)]);
    expect(version(GRANTER)[0]).toBe(-1);
    expect(version(77)[0]).toBe(-3);
  });

  test('is no way to the mapper’s own pages: they are there as they were', () => {
    const before = mapper.entry(PLACE, TABLE_FLAGS);
    const { handle } = map(va(PLACE), 0);
    expect(unmap(handle, va(PLACE))).toBe(abi.GNTST_okay);
    expect(mapper.call(updateVaMapping, va(PLACE), before, 0)).toBe(0);
    expect(mapper.check()).toEqual([]);
  });
});
