/**
 * Grants: a domain may map and copy what it has granted to itself, so one kernel plays both parts: the mapping and its
 * rights, the entry's flags while it is in use, copies in both directions, and what is refused with which status.
 */
import * as xen from 'xen';
import { DOMID_SELF, gnttab_copy, gnttab_get_version, gnttab_map_grant_ref, gnttab_query_size } from 'xen';
import { gnttab_set_version, gnttab_setup_table, gnttab_unmap_grant_ref } from 'xen';
import { initKernel } from 'kernel/boot';
import { endAccess, grantAccess } from 'kernel/grants/grants';
import { HYPERVISOR_grant_table_op, HYPERVISOR_update_va_mapping } from 'kernel/xen/hypercalls';
import { virtual } from 'kernel/xen/intrinsics';
import { allocatePage, PAGE_SIZE } from 'kernel/memory/pages';
import { KERNEL_BITS, makeEntry, mfnOf } from 'kernel/memory/pagetable';
import { takeSlots } from 'kernel/memory/window';
import { domainId } from '../identity';
import { check, checkNumber, finish } from '../check';

const request: usize = memory.data(64, 8);
const frames: usize = memory.data(256, 8);
const NO_REF: u32 = 2000;
const ABSURD_REF: u32 = 0x1000_0000;
const NO_DOMAIN: u32 = 0x7000;

let self: u32 = 0;
let handle: u32 = 0;

export function main(): void {
  initKernel();
  self = domainId();
  mapping();
  readOnly();
  refusedMaps();
  copies();
  refusedCopies();
  tables();
  finish();
}

function operation(command: i32): i32 {
  return HYPERVISOR_grant_table_op(command, request, 1);
}

/** Maps a grant at a page of the window: its status. */
function map(ref: u32, domid: u32, at: usize, flags: u32): i32 {
  memory.fill(request, 0, gnttab_map_grant_ref.SIZE);
  store<u64>(request + gnttab_map_grant_ref.host_addr, virtual(at));
  store<u32>(request + gnttab_map_grant_ref.flags, xen.GNTMAP_host_map | flags);
  store<u32>(request + gnttab_map_grant_ref.ref, ref);
  store<u16>(request + gnttab_map_grant_ref.dom, <u16>domid);
  if (operation(xen.GNTTABOP_map_grant_ref) != 0) return 1;
  handle = load<u32>(request + gnttab_map_grant_ref.handle);
  return load<i16>(request + gnttab_map_grant_ref.status);
}

function unmap(which: u32, at: usize): i32 {
  memory.fill(request, 0, gnttab_unmap_grant_ref.SIZE);
  store<u64>(request + gnttab_unmap_grant_ref.host_addr, virtual(at));
  store<u32>(request + gnttab_unmap_grant_ref.handle, which);
  if (operation(xen.GNTTABOP_unmap_grant_ref) != 0) return 1;
  return load<i16>(request + gnttab_unmap_grant_ref.status);
}

function mapping(): void {
  const page = allocatePage();
  store<u64>(page, 1111);
  const slot = takeSlots(1);
  const ref = grantAccess(self, page, false);
  check('a page is granted', ref >= <u32>xen.GNTTAB_NR_RESERVED_ENTRIES);
  checkNumber('and mapped', map(ref, self, slot, 0), xen.GNTST_okay);
  const first = handle;
  checkNumber('what is in it is seen', load<u64>(slot), 1111);
  store<u64>(slot, 2222);
  checkNumber('and what is written there comes back', load<u64>(page), 2222);
  check('the grant cannot be ended while it is mapped', !endAccess(ref));
  checkNumber('a handle that is none', unmap(first + 100, slot), xen.GNTST_bad_handle);
  checkNumber('an address where it is not', unmap(first, slot - PAGE_SIZE), xen.GNTST_general_error);
  checkNumber('unmapped', unmap(first, slot), xen.GNTST_okay);
  checkNumber('unmapped twice', unmap(first, slot), xen.GNTST_bad_handle);
  check('the grant can be ended', endAccess(ref));
}

function readOnly(): void {
  const page = allocatePage();
  const slot = takeSlots(1);
  const ref = grantAccess(self, page, true);
  checkNumber('a read-only grant, to be written', map(ref, self, slot, 0), xen.GNTST_general_error);
  checkNumber('and to be read', map(ref, self, slot, xen.GNTMAP_readonly), xen.GNTST_okay);
  const first = handle;
  const entry = makeEntry(page, KERNEL_BITS);
  check('its mapping cannot be made writable', HYPERVISOR_update_va_mapping(virtual(slot), entry, 0) <= 0);
  checkNumber('and its grant is not there any more', unmap(first, slot), xen.GNTST_general_error);
}

function refusedMaps(): void {
  const slot = takeSlots(1);
  const toAnother = grantAccess(NO_DOMAIN, allocatePage(), false);
  checkNumber('a grant that is for another domain', map(toAnother, self, slot, 0), xen.GNTST_general_error);
  checkNumber('a reference to nothing', map(NO_REF, self, slot, 0), xen.GNTST_general_error);
  checkNumber('a reference beyond the table', map(ABSURD_REF, self, slot, 0), xen.GNTST_bad_gntref);
  checkNumber('a domain that is not there', map(8, NO_DOMAIN, slot, 0), xen.GNTST_bad_domain);
  checkNumber('nothing to be mapped', mapNowhere(), xen.GNTST_bad_gntref);
}

function mapNowhere(): i32 {
  memory.fill(request, 0, gnttab_map_grant_ref.SIZE);
  if (operation(xen.GNTTABOP_map_grant_ref) != 0) return 1;
  return load<i16>(request + gnttab_map_grant_ref.status);
}

/** Copies 8 bytes: from or to a reference where the flags say so, else from or to a frame of ours. */
function copy(from: u64, to: u64, flags: u32, fromOffset: u32, toOffset: u32, bytes: u32): i32 {
  memory.fill(request, 0, gnttab_copy.SIZE);
  store<u64>(request + gnttab_copy.source_u, from);
  store<u64>(request + gnttab_copy.dest_u, to);
  store<u16>(request + gnttab_copy.source_domid, <u16>(flags & xen.GNTCOPY_source_gref ? self : DOMID_SELF));
  store<u16>(request + gnttab_copy.dest_domid, <u16>(flags & xen.GNTCOPY_dest_gref ? self : DOMID_SELF));
  store<u16>(request + gnttab_copy.source_offset, <u16>fromOffset);
  store<u16>(request + gnttab_copy.dest_offset, <u16>toOffset);
  store<u16>(request + gnttab_copy.len, <u16>bytes);
  store<u16>(request + gnttab_copy.flags, <u16>flags);
  if (operation(xen.GNTTABOP_copy) != 0) return 1;
  return load<i16>(request + gnttab_copy.status);
}

function copies(): void {
  const source = allocatePage();
  const target = allocatePage();
  for (let at: usize = 0; at < PAGE_SIZE; at += 8) store<u64>(source + at, at * 3);
  memory.fill(target, 0, PAGE_SIZE);
  const from = grantAccess(self, source, true);
  const to = grantAccess(self, target, false);
  checkNumber(
    'a copy from a grant',
    copy(from, mfnOf(target), xen.GNTCOPY_source_gref, 16, 32, 8),
    xen.GNTST_okay,
  );
  checkNumber('is there', load<u64>(target + 32), 48);
  checkNumber('and nothing beside it', load<u64>(target + 24) | load<u64>(target + 40), 0);
  checkNumber(
    'a copy to a grant',
    copy(mfnOf(source), to, xen.GNTCOPY_dest_gref, 0, 0, 4096),
    xen.GNTST_okay,
  );
  checkNumber('is the whole page', memory.compare(source, target, PAGE_SIZE), 0);
  checkNumber(
    'from grant to grant',
    copy(from, to, xen.GNTCOPY_source_gref | xen.GNTCOPY_dest_gref, 8, 0, 8),
    xen.GNTST_okay,
  );
  checkNumber('too', load<u64>(target), 24);
  check('nothing stays in use', endAccess(from) && endAccess(to));
}

function refusedCopies(): void {
  const source = allocatePage();
  const target = allocatePage();
  const to = grantAccess(self, target, true);
  const flags: u32 = xen.GNTCOPY_dest_gref;
  checkNumber(
    'a copy to a read-only grant',
    copy(mfnOf(source), to, flags, 0, 0, 8),
    xen.GNTST_general_error,
  );
  checkNumber(
    'over the end of a page',
    copy(mfnOf(source), mfnOf(target), 0, 4090, 0, 8),
    xen.GNTST_bad_copy_arg,
  );
  checkNumber('a copy of nothing', copy(mfnOf(source), mfnOf(target), 0, 0, 0, 0), xen.GNTST_okay);
  checkNumber(
    'from a reference to nothing',
    copy(NO_REF, mfnOf(target), xen.GNTCOPY_source_gref, 0, 0, 8),
    xen.GNTST_general_error,
  );
}

function tables(): void {
  store<u16>(request + gnttab_query_size.dom, <u16>DOMID_SELF);
  checkNumber('the size is asked', operation(xen.GNTTABOP_query_size), 0);
  const most = load<u32>(request + gnttab_query_size.max_nr_frames);
  check('the table is within its limit', load<u32>(request + gnttab_query_size.nr_frames) <= most);
  store<u16>(request + gnttab_setup_table.dom, <u16>DOMID_SELF);
  store<u32>(request + gnttab_setup_table.nr_frames, most + 1);
  store<u64>(request + gnttab_setup_table.frame_list, virtual(frames));
  operation(xen.GNTTABOP_setup_table);
  checkNumber('a table beyond it', load<i16>(request + gnttab_setup_table.status), xen.GNTST_general_error);
  store<u16>(request + gnttab_get_version.dom, <u16>DOMID_SELF);
  operation(xen.GNTTABOP_get_version);
  checkNumber('the version', load<u32>(request + gnttab_get_version.version), 1);
  store<u32>(request + gnttab_set_version.version, 3);
  checkNumber('a version that does not exist', operation(xen.GNTTABOP_set_version), -xen.EINVAL);
  checkNumber('an operation that does not exist', operation(99), -xen.ENOSYS);
}
