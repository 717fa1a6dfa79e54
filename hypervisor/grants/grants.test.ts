import { beforeEach, describe, expect, test } from 'vitest';
import * as abi from '../abi/grant-table.ts';
import { EBUSY, EINVAL, ENOSYS } from '../abi/errno.ts';
import { DOMID_SELF } from '../abi/xen.ts';
import { destroyDomain } from '../domain/destroy.ts';
import { grantTableOp } from '../hypercalls/grant-table-op.ts';
import { mmuUpdate } from '../hypercalls/mmu-update.ts';
import { updateVaMapping } from '../hypercalls/update-va-mapping.ts';
import { writeWord, writeWords } from '../memory/guest-frames.ts';
import { getM2p } from '../memory/m2p.ts';
import { ARGUMENTS, L1_PFN, TABLE_FLAGS, TestDomain, testHost } from '../memory/testing.ts';
import { halfword, put, va } from './testing.ts';

const GRANTER = 2;
const MAPPER = 1;

let granter: TestDomain;
let mapper: TestDomain;

beforeEach(() => {
  const host = testHost();
  granter = new TestDomain(host, GRANTER, 64);
  mapper = new TestDomain(host, MAPPER, 64);
});

/** Grants page `pfn` of the granter under a reference, by version 1. */
function grant(ref: number, pfn: number, flags: number = abi.GTF_permit_access, domid = MAPPER): void {
  const { grants } = granter.domain;
  const at = grants.frames[0]! * 4096 + ref * 8;
  writeWords(granter.hypervisor.frames, at, [flags | (domid << 16), granter.mfns[pfn]!]);
}

function flagsOf(ref: number): number {
  const at = (granter.domain.grants.frames[0]! * 4096 + ref * 8) / 4;
  return granter.hypervisor.frames.memory.words[at]! & 0xffff;
}

/** Maps a grant at page `pfn` of the mapper. Gives the status and the handle. */
function map(ref: number, pfn: number, flags = abi.GNTMAP_host_map): { status: number; handle: number } {
  const { offset, size } = abi.gnttab_map_grant_ref;
  put(
    mapper,
    size,
    [offset.host_addr, 8, va(pfn)],
    [offset.flags, 4, flags],
    [offset.ref, 4, ref],
    [offset.dom, 2, GRANTER],
  );
  expect(mapper.call(grantTableOp, abi.GNTTABOP_map_grant_ref, ARGUMENTS, 1)).toBe(0);
  const handle = Number(mapper.peek(ARGUMENTS + offset.handle) & 0xffffffffn);
  return { status: halfword(mapper, offset.status), handle };
}

function unmap(handle: number, pfn: number): number {
  const { offset, size } = abi.gnttab_unmap_grant_ref;
  put(mapper, size, [offset.host_addr, 8, va(pfn)], [offset.handle, 4, handle]);
  expect(mapper.call(grantTableOp, abi.GNTTABOP_unmap_grant_ref, ARGUMENTS, 1)).toBe(0);
  return halfword(mapper, offset.status);
}

describe('mapping', () => {
  test('a granted page is shared while it is mapped, and marked so in the entry', () => {
    grant(9, 20);
    const { status, handle } = map(9, 40);
    expect(status).toBe(abi.GNTST_okay);
    expect(flagsOf(9)).toBe(abi.GTF_permit_access | abi.GTF_reading | abi.GTF_writing);
    mapper.poke(va(40), 0x1234n);
    expect(granter.peek(va(20))).toBe(0x1234n);
    expect(mapper.check()).toEqual([]);
    expect(unmap(handle, 40)).toBe(abi.GNTST_okay);
    expect(flagsOf(9)).toBe(abi.GTF_permit_access);
    expect(() => mapper.peek(va(40))).toThrow();
    expect(unmap(handle, 40)).toBe(abi.GNTST_bad_handle);
    expect(mapper.check()).toEqual([]);
  });

  test('what is not granted, or not so, or not to this domain, is refused', () => {
    grant(9, 20, abi.GTF_permit_access | abi.GTF_readonly);
    grant(10, 20, abi.GTF_permit_access, 7);
    grant(11, 20, abi.GTF_invalid);
    expect(map(9, 40).status).toBe(abi.GNTST_general_error);
    expect(map(10, 40).status).toBe(abi.GNTST_general_error);
    expect(map(11, 40).status).toBe(abi.GNTST_general_error);
    expect(map(512, 40).status).toBe(abi.GNTST_bad_gntref);
    expect(map(9, 40, 0).status).toBe(abi.GNTST_bad_gntref);
    expect(map(9, 600, abi.GNTMAP_host_map | abi.GNTMAP_readonly).status).toBe(abi.GNTST_general_error);
    expect(flagsOf(9)).toBe(abi.GTF_permit_access | abi.GTF_readonly);
    expect(mapper.check()).toEqual([]);
  });

  test("a grant of the granter's page table is not mapped writable", () => {
    grant(9, L1_PFN);
    expect(map(9, 40).status).toBe(abi.GNTST_general_error);
    const { status, handle } = map(9, 40, abi.GNTMAP_host_map | abi.GNTMAP_readonly);
    expect(status).toBe(abi.GNTST_okay);
    expect(mapper.check()).toEqual([]);
    expect(unmap(handle, 40)).toBe(abi.GNTST_okay);
    expect(mapper.check()).toEqual([]);
  });

  test('overwriting the entry gives the reference back once, not twice', () => {
    grant(9, 20);
    const { handle } = map(9, 40);
    expect(mapper.call(updateVaMapping, va(40), mapper.entry(40, TABLE_FLAGS), 0)).toBe(0);
    expect(mapper.check()).toEqual([]);
    expect(unmap(handle, 40)).toBe(abi.GNTST_general_error);
    expect(mapper.check()).toEqual([]);
  });

  test("the mapper cannot make an entry for the granter's frame itself", () => {
    grant(9, 20);
    map(9, 40);
    mapper.poke(ARGUMENTS, mapper.entryAddress(L1_PFN, 41), granter.entry(20, TABLE_FLAGS));
    expect(mapper.call(mmuUpdate, ARGUMENTS, 1, 0, DOMID_SELF)).toBe(-EBUSY);
    expect(mapper.check()).toEqual([]);
  });

  test('a device mapping holds the frame, together with a mapping or alone', () => {
    grant(9, 20);
    const both = map(9, 40, abi.GNTMAP_host_map | abi.GNTMAP_device_map);
    expect(both.status).toBe(abi.GNTST_okay);
    expect(mapper.check()).toEqual([]);
    expect(unmap(both.handle, 40)).toBe(abi.GNTST_okay);
    expect(flagsOf(9) & abi.GTF_reading).not.toBe(0);
    expect(mapper.check()).toEqual([]);
    const { offset, size } = abi.gnttab_unmap_grant_ref;
    put(mapper, size, [offset.dev_bus_addr, 8, granter.mfns[20]! * 4096], [offset.handle, 4, both.handle]);
    expect(mapper.call(grantTableOp, abi.GNTTABOP_unmap_grant_ref, ARGUMENTS, 1)).toBe(0);
    expect(flagsOf(9) & abi.GTF_reading).toBe(0);
    expect(mapper.check()).toEqual([]);
  });
});

describe('both kinds of mapping together', () => {
  const BOTH = abi.GNTMAP_host_map | abi.GNTMAP_device_map;
  const pins = (ref: number): [number, number] => {
    const active = granter.domain.grants.active.get(ref);
    return [active?.readers ?? 0, active?.writers ?? 0];
  };

  test('are two pins, taken together and given back together', () => {
    grant(9, 20);
    const { handle } = map(9, 40, BOTH);
    expect(pins(9)).toEqual([0, 2]);
    expect(mapper.check()).toEqual([]);
    const { offset, size } = abi.gnttab_unmap_grant_ref;
    const bus = granter.mfns[20]! * 4096;
    put(
      mapper,
      size,
      [offset.host_addr, 8, va(40)],
      [offset.dev_bus_addr, 8, bus],
      [offset.handle, 4, handle],
    );
    expect(mapper.call(grantTableOp, abi.GNTTABOP_unmap_grant_ref, ARGUMENTS, 1)).toBe(0);
    expect(halfword(mapper, offset.status)).toBe(abi.GNTST_okay);
    expect(pins(9)).toEqual([0, 0]);
    expect(flagsOf(9)).toBe(abi.GTF_permit_access);
    expect(mapper.check()).toEqual([]);
  });

  test('read-only ones leave the entry "reading" until the last is gone', () => {
    grant(9, 20, abi.GTF_permit_access | abi.GTF_readonly);
    const first = map(9, 40, BOTH | abi.GNTMAP_readonly);
    const second = map(9, 41, abi.GNTMAP_host_map | abi.GNTMAP_readonly);
    expect(pins(9)).toEqual([3, 0]);
    expect(unmap(first.handle, 40)).toBe(abi.GNTST_okay);
    expect(unmap(second.handle, 41)).toBe(abi.GNTST_okay);
    expect(pins(9)).toEqual([1, 0]);
    expect(flagsOf(9)).toBe(abi.GTF_permit_access | abi.GTF_readonly | abi.GTF_reading);
    expect(mapper.check()).toEqual([]);
  });

  test('where one of them cannot be, none is', () => {
    grant(9, L1_PFN);
    expect(map(9, 40, BOTH).status).toBe(abi.GNTST_general_error);
    expect(map(9, 40, abi.GNTMAP_device_map).status).toBe(abi.GNTST_general_error);
    grant(10, 20);
    expect(map(10, 600, BOTH).status).toBe(abi.GNTST_general_error);
    expect([pins(9), pins(10), flagsOf(10)]).toEqual([[0, 0], [0, 0], abi.GTF_permit_access]);
    expect(mapper.check()).toEqual([]);
  });

  test('the end of who mapped gives all pins back', () => {
    grant(9, 20);
    map(9, 40, BOTH);
    map(9, 41);
    destroyDomain(mapper.hypervisor, mapper.domain);
    expect(pins(9)).toEqual([0, 0]);
    expect(flagsOf(9)).toBe(abi.GTF_permit_access);
    expect(granter.check()).toEqual([]);
  });
});

describe('the end of who granted', () => {
  test('the next domain with its id has granted nothing, and loses no pin to an old mapping', () => {
    const { hypervisor } = granter;
    grant(9, 20);
    const old = map(9, 40);
    expect(mapper.call(updateVaMapping, va(40), mapper.entry(40, TABLE_FLAGS), 0)).toBe(0);
    destroyDomain(hypervisor, granter.domain);
    expect(hypervisor.frames.remains.size).toBe(0);
    granter = new TestDomain(hypervisor, GRANTER, 64);
    mapper.enter();
    grant(9, 20);
    const { handle } = map(9, 41);
    expect(mapper.check()).toEqual([]);
    // The old mapping's entry is gone: let it be there again, as the new granter's.
    expect(unmap(old.handle, 40)).toBe(abi.GNTST_general_error);
    expect(unmap(handle, 41)).toBe(abi.GNTST_okay);
    expect(mapper.check()).toEqual([]);
  });

  test('a frame stays while another domain maps it, and is free when that one lets go', () => {
    const { hypervisor } = granter;
    const { frames } = hypervisor;
    grant(9, 20);
    grant(10, 21);
    const first = map(9, 40);
    const second = map(10, 41, abi.GNTMAP_host_map | abi.GNTMAP_device_map);
    mapper.poke(va(40), 7n);
    destroyDomain(hypervisor, granter.domain);
    expect(frames.remains.get(GRANTER)).toBe(2);
    expect(mapper.peek(va(40))).toBe(7n);
    expect(mapper.check()).toEqual([]);
    const free = frames.freeFrames;
    expect(unmap(first.handle, 40)).toBe(abi.GNTST_okay);
    expect(frames.freeFrames).toBe(free + 1);
    expect(unmap(second.handle, 41)).toBe(abi.GNTST_okay);
    const { offset, size } = abi.gnttab_unmap_grant_ref;
    put(mapper, size, [offset.dev_bus_addr, 8, granter.mfns[21]! * 4096], [offset.handle, 4, second.handle]);
    mapper.call(grantTableOp, abi.GNTTABOP_unmap_grant_ref, ARGUMENTS, 1);
    expect(halfword(mapper, offset.status)).toBe(abi.GNTST_okay);
    expect(frames.remains.has(GRANTER)).toBe(false);
    expect(mapper.check()).toEqual([]);
  });
});

describe('copying', () => {
  function copy(ref: number, targetPfn: number, offset: number, length: number, domid = GRANTER): number {
    const copyAbi = abi.gnttab_copy;
    const { source, dest } = copyAbi.offset;
    const pointer = copyAbi.fields.source.offset;
    put(
      mapper,
      copyAbi.size,
      [source, 4, ref],
      [source + pointer.domid, 2, domid],
      [source + pointer.offset, 2, offset],
      [dest, 8, mapper.mfns[targetPfn]!],
      [dest + pointer.domid, 2, DOMID_SELF],
      [dest + pointer.offset, 2, 8],
      [copyAbi.offset.len, 2, length],
      [copyAbi.offset.flags, 2, abi.GNTCOPY_source_gref],
    );
    expect(mapper.call(grantTableOp, abi.GNTTABOP_copy, ARGUMENTS, 1)).toBe(0);
    return halfword(mapper, copyAbi.offset.status);
  }

  test('copies from a grant to own memory, within a page', () => {
    granter.poke(va(20) + 16, 0xabcdn);
    grant(9, 20, abi.GTF_permit_access | abi.GTF_readonly);
    expect(copy(9, 30, 16, 8)).toBe(abi.GNTST_okay);
    expect(mapper.peek(va(30) + 8)).toBe(0xabcdn);
    expect(copy(9, 30, 16, 4096)).toBe(abi.GNTST_bad_copy_arg);
    expect(copy(9, L1_PFN, 16, 8)).toBe(abi.GNTST_general_error);
    expect(copy(10, 30, 16, 8)).toBe(abi.GNTST_general_error);
    expect(copy(9, 30, 16, 8, 77)).toBe(abi.GNTST_bad_domain);
    expect(flagsOf(9)).toBe(abi.GTF_permit_access | abi.GTF_readonly);
    expect(mapper.check()).toEqual([]);
  });
});

describe('transfer', () => {
  function transfer(mfn: number, ref: number): number {
    const { offset, size } = abi.gnttab_transfer;
    put(mapper, size, [0, 8, mfn], [offset.domid, 2, GRANTER], [offset.ref, 4, ref]);
    expect(mapper.call(grantTableOp, abi.GNTTABOP_transfer, ARGUMENTS, 1)).toBe(0);
    return halfword(mapper, offset.status);
  }

  test('a frame that nothing maps goes to a domain that accepts it', () => {
    const mfn = mapper.mfns[50]!;
    grant(12, 0, abi.GTF_accept_transfer);
    const at = granter.domain.grants.frames[0]! * 4096 + 12 * 8;
    writeWord(granter.hypervisor.frames, at + 4, 99);
    expect(transfer(mfn, 12)).toBe(abi.GNTST_bad_page);
    expect(mapper.call(updateVaMapping, va(50), 0, 0)).toBe(0);
    expect(transfer(mfn, 12)).toBe(abi.GNTST_okay);
    expect(getM2p(granter.hypervisor.frames, mfn)).toBe(99);
    expect(granter.hypervisor.frames.owner[mfn]).toBe(GRANTER);
    expect(flagsOf(12)).toBe(
      abi.GTF_accept_transfer | abi.GTF_transfer_committed | abi.GTF_transfer_completed,
    );
    expect(mapper.check()).toEqual([]);
  });
});

describe('the table itself', () => {
  test('setup_table grows the table and lists its frames, which the guest can map', () => {
    const { offset, size } = abi.gnttab_setup_table;
    put(mapper, size, [offset.dom, 2, DOMID_SELF], [offset.nr_frames, 4, 4], [offset.frame_list, 8, va(30)]);
    expect(mapper.call(grantTableOp, abi.GNTTABOP_setup_table, ARGUMENTS, 1)).toBe(0);
    expect(halfword(mapper, offset.status)).toBe(abi.GNTST_okay);
    const frames = [0, 1, 2, 3].map((index) => mapper.peek(va(30) + index * 8));
    expect(frames.map(Number)).toEqual(mapper.domain.grants.frames);
    expect(mapper.call(updateVaMapping, va(40), (frames[3]! << 12n) | 7n, 0)).toBe(0);
    expect(mapper.check()).toEqual([]);
    put(mapper, size, [offset.dom, 2, DOMID_SELF], [offset.nr_frames, 4, 65], [offset.frame_list, 8, va(30)]);
    expect(mapper.call(grantTableOp, abi.GNTTABOP_setup_table, ARGUMENTS, 1)).toBe(0);
    expect(halfword(mapper, offset.status)).toBe(abi.GNTST_general_error);
    put(mapper, size, [offset.dom, 2, GRANTER], [offset.nr_frames, 4, 1], [offset.frame_list, 8, va(30)]);
    expect(mapper.call(grantTableOp, abi.GNTTABOP_setup_table, ARGUMENTS, 1)).toBe(0);
    expect(halfword(mapper, offset.status)).toBe(abi.GNTST_permission_denied);
  });

  test('version 2 keeps the reserved entries and has status frames of its own', () => {
    const at = granter.domain.grants.frames[0]! * 1024;
    grant(0, 20);
    grant(9, 21);
    granter.poke(ARGUMENTS, 2);
    expect(granter.call(grantTableOp, abi.GNTTABOP_set_version, ARGUMENTS, 1)).toBe(0);
    const { words } = granter.hypervisor.frames.memory;
    expect(words[at]).toBe(abi.GTF_permit_access | (MAPPER << 16));
    expect(words[at + 2]).toBe(granter.mfns[20]);
    expect(words[at + 9 * 4]).toBe(0);
    const { status, handle } = map(0, 40);
    expect(status).toBe(abi.GNTST_okay);
    expect(words[granter.domain.grants.statusFrames[0]! * 1024]! & 0xffff).toBe(
      abi.GTF_reading | abi.GTF_writing,
    );
    expect(unmap(handle, 40)).toBe(abi.GNTST_okay);
    granter.poke(ARGUMENTS, 1);
    expect(granter.call(grantTableOp, abi.GNTTABOP_set_version, ARGUMENTS, 1)).toBe(0);
    expect(words[at + 1]).toBe(granter.mfns[20]);
    expect(granter.domain.grants.statusFrames).toEqual([]);
    granter.poke(ARGUMENTS, 3);
    expect(granter.call(grantTableOp, abi.GNTTABOP_set_version, ARGUMENTS, 1)).toBe(-EINVAL);
    expect(granter.check()).toEqual([]);
  });

  test('a version above what the toolstack allows is refused', () => {
    granter.domain.grants.maxVersion = 1;
    granter.poke(ARGUMENTS, 2);
    expect(granter.call(grantTableOp, abi.GNTTABOP_set_version, ARGUMENTS, 1)).toBe(-ENOSYS);
    expect(granter.peek(ARGUMENTS) & 0xffff_ffffn).toBe(1n);
    expect(granter.domain.grants.version).toBe(1);
  });

  test('a version does not change while grants are in use', () => {
    grant(9, 20);
    map(9, 40);
    granter.poke(ARGUMENTS, 2);
    expect(granter.call(grantTableOp, abi.GNTTABOP_set_version, ARGUMENTS, 1)).toBe(-EBUSY);
  });

  test('commands that are none', () => {
    expect(mapper.call(grantTableOp, 99, ARGUMENTS, 1)).toBe(-ENOSYS);
    expect(mapper.call(grantTableOp, 0x1000, ARGUMENTS, 1)).toBe(-EINVAL);
    expect(mapper.call(grantTableOp, abi.GNTTABOP_setup_table, ARGUMENTS, 2)).toBe(-EINVAL);
  });
});
