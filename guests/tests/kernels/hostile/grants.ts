/** Grants: what is for others, more than is granted, taken back, passed on, moved; and all the handles there are. */
import * as xen from 'xen';
import {
  gnttab_copy,
  gnttab_get_status_frames,
  gnttab_get_version,
  gnttab_map_grant_ref,
  gnttab_query_size,
} from 'xen';
import {
  gnttab_setup_table,
  gnttab_transfer,
  gnttab_unmap_and_replace,
  gnttab_unmap_grant_ref,
  grant_entry_v1,
} from 'xen';
import { endAccess, grantAccess } from 'kernel/grants/grants';
import { allocatePage } from 'kernel/memory/pages';
import { mfnOf } from 'kernel/memory/pagetable';
import { checkNumber, checkRefused } from '../check';
import { Agent, ARGUMENTS, arguments, DATA, FREE, hostile, hypercall, L1, Piece, run, SPARE } from './agent';
import { piece, SPARE2, va, victim } from './agent';
import { mapAt, NO_DOMAIN, ours } from './frames';
import { passes, traps } from './report';

const LIST: usize = 2048;
/** References of the victim. */
const FOR_DOMAIN_0: u32 = 8;
const READ_ONLY: u32 = 9;
const WRITABLE: u32 = 10;
const NOT_ITS_OWN: u32 = 11;
const OF_XEN: u32 = 12;
const TRANSFER_TO_0: u32 = 14;
const TABLE: u32 = FREE + 1;
const MANY: u32 = 3;

/** The frame of the victim's grant table. */
export let tableFrame: u64 = 0;
let handle: u32 = 0;
let mapped: u32 = 0;
const many: StaticArray<u32> = new StaticArray<u32>(3);

function operation(agent: Agent, command: u32): i64 {
  return hypercall(agent, xen.HYPERVISOR_grant_table_op, command, va(ARGUMENTS), 1);
}

/** Makes a table of a page for a domain, and maps it there: its frame. */
function setUp(agent: Agent): u64 {
  const at = arguments(agent);
  store<u16>(at + gnttab_setup_table.dom, <u16>xen.DOMID_SELF);
  store<u32>(at + gnttab_setup_table.nr_frames, 1);
  store<u64>(at + gnttab_setup_table.frame_list, va(ARGUMENTS) + LIST);
  assert(operation(agent, xen.GNTTABOP_setup_table) == 0, 'a grant table');
  const frame = load<u64>(at + LIST);
  const mapping = hypercall(agent, xen.HYPERVISOR_update_va_mapping, va(TABLE), (frame << 12) | 7, 2);
  assert(mapping == 0, 'its table is mapped');
  return frame;
}

function grant(agent: Agent, ref: u32, domid: u32, frame: u64, flags: u32): void {
  const at = va(TABLE) + ref * grant_entry_v1.SIZE;
  run(agent, Piece.writeMemory, at, (frame << 32) | ((<u64>domid) << 16) | flags);
}

/** What Xen needs for our own grants is not to be taken for a leak. */
export function warmUp(): void {
  assert(endAccess(grantAccess(0, allocatePage(), true)), 'a grant of ours');
}

/** Before the victim stands still: what it has granted, to whom. */
export function offerGrants(): void {
  tableFrame = setUp(victim);
  grant(victim, FOR_DOMAIN_0, 0, victim.mfn(DATA), xen.GTF_permit_access);
  grant(victim, READ_ONLY, hostile.id, victim.mfn(SPARE), xen.GTF_permit_access | xen.GTF_readonly);
  grant(victim, WRITABLE, hostile.id, victim.mfn(SPARE2), xen.GTF_permit_access);
  grant(victim, NOT_ITS_OWN, hostile.id, mfnOf(ours), xen.GTF_permit_access);
  grant(victim, OF_XEN, hostile.id, 1, xen.GTF_permit_access);
  grant(victim, TRANSFER_TO_0, 0, 0, xen.GTF_accept_transfer);
}

function map(domid: u32, ref: u32, page: u32, flags: u32 = 0): i64 {
  const at = arguments(hostile);
  store<u64>(at + gnttab_map_grant_ref.host_addr, va(page));
  store<u32>(at + gnttab_map_grant_ref.flags, xen.GNTMAP_host_map | flags);
  store<u32>(at + gnttab_map_grant_ref.ref, ref);
  store<u16>(at + gnttab_map_grant_ref.dom, <u16>domid);
  const got = operation(hostile, xen.GNTTABOP_map_grant_ref);
  handle = load<u32>(at + gnttab_map_grant_ref.handle);
  return got < 0 ? -1000 + got : load<i16>(at + gnttab_map_grant_ref.status);
}

function unmap(which: u32, page: u32): i64 {
  const at = arguments(hostile);
  store<u64>(at + gnttab_unmap_grant_ref.host_addr, va(page));
  store<u32>(at + gnttab_unmap_grant_ref.handle, which);
  const got = operation(hostile, xen.GNTTABOP_unmap_grant_ref);
  return got < 0 ? -1000 + got : load<i16>(at + gnttab_unmap_grant_ref.status);
}

export function foreignGrants(): void {
  checkRefused('a grant', ' that is for domain 0', map(victim.id, FOR_DOMAIN_0, FREE));
  checkRefused(
    'a grant',
    ' that is for domain 0, read-only',
    map(victim.id, FOR_DOMAIN_0, FREE, xen.GNTMAP_readonly),
  );
  checkRefused('a grant to read', ' to write', map(victim.id, READ_ONLY, FREE));
  checkRefused('a grant', " of domain 0's page by the victim", map(victim.id, NOT_ITS_OWN, FREE));
  checkRefused('a grant', " of no domain's page by the victim", map(victim.id, OF_XEN, FREE));
  checkRefused('a grant', ' to transfer', map(victim.id, TRANSFER_TO_0, FREE));
  checkRefused('a grant', ' that is none', map(victim.id, 100, FREE));
  checkRefused('a grant', ' beyond the table', map(victim.id, 0xffff_fff0, FREE));
  checkRefused('a grant', ' of domain 0', map(0, 8, FREE));
  checkRefused('a grant', ' of no domain', map(NO_DOMAIN, 8, FREE));
  checkRefused('a grant', ' of Xen', map(xen.DOMID_XEN, 8, FREE));
  checkRefused('a grant', " at an address of Xen's", mapThere(0xffff_8300_0000_0000));
  checkRefused('a grant', ' at an address that is none', mapThere(0x0000_8000_0000_0000));
  checkRefused('a grant', ' for devices', map(victim.id, WRITABLE, FREE, xen.GNTMAP_device_map) - 1);
  unmap(handle, FREE);
  checkRefused('a grant', " into an entry of the victim's table", mapEntry(victim.mfn(L1)));
  checkRefused('a grant', ' into a page that is no table', mapEntry(hostile.mfn(DATA)));
}

function mapThere(address: u64): i64 {
  const at = arguments(hostile);
  store<u64>(at + gnttab_map_grant_ref.host_addr, address);
  store<u32>(at + gnttab_map_grant_ref.flags, xen.GNTMAP_host_map);
  store<u32>(at + gnttab_map_grant_ref.ref, WRITABLE);
  store<u16>(at + gnttab_map_grant_ref.dom, <u16>victim.id);
  const got = operation(hostile, xen.GNTTABOP_map_grant_ref);
  return got < 0 ? -1000 + got : load<i16>(at + gnttab_map_grant_ref.status);
}

function mapEntry(table: u64): i64 {
  const at = arguments(hostile);
  store<u64>(at + gnttab_map_grant_ref.host_addr, table << 12);
  store<u32>(at + gnttab_map_grant_ref.flags, xen.GNTMAP_host_map | xen.GNTMAP_contains_pte);
  store<u32>(at + gnttab_map_grant_ref.ref, WRITABLE);
  store<u16>(at + gnttab_map_grant_ref.dom, <u16>victim.id);
  const got = operation(hostile, xen.GNTTABOP_map_grant_ref);
  return got < 0 ? -1000 + got : load<i16>(at + gnttab_map_grant_ref.status);
}

/** A grant that it may read: no more than that, and not a moment longer. */
export function readOnlyGrant(): void {
  checkNumber('a grant to read', map(victim.id, READ_ONLY, FREE, xen.GNTMAP_readonly), xen.GNTST_okay);
  const first = handle;
  passes('is read', 0, Piece.readMemory, va(FREE));
  traps('is written to', Piece.writeMemory, va(FREE), 1);
  traps('is written to by a user', Piece.user, piece(Piece.userWrite), va(FREE), 1);
  const theirs = victim.mfn(SPARE);
  checkRefused('its mapping', ' made writable', mapAt(FREE + 3, theirs, 7));
  checkRefused('its frame', ' mapped elsewhere', mapAt(FREE + 3, theirs, 5));
  checkRefused('its frame', ' pinned', pinned(theirs));
  checkRefused('a handle', ' that is none', unmap(first + 1, FREE));
  checkRefused('a handle', ' far beyond', unmap(0xffff_ffff, FREE));
  checkRefused('the handle', ' at another address', unmap(first, FREE + 3));
  checkRefused('replaced', " by Xen's address", replace(first, 0xffff_8300_0000_0000));
  checkNumber('unmapped', unmap(first, FREE), xen.GNTST_okay);
  traps('and read after that', Piece.readMemory, va(FREE));
  checkRefused('unmapped', ' again', unmap(first, FREE));
}

function pinned(mfn: u64): i64 {
  const at = arguments(hostile);
  store<u32>(at + xen.mmuext_op.cmd, xen.MMUEXT_PIN_L1_TABLE);
  store<u64>(at + xen.mmuext_op.arg1, mfn);
  return hypercall(hostile, xen.HYPERVISOR_mmuext_op, va(ARGUMENTS), 1, 0, xen.DOMID_SELF);
}

function replace(which: u32, address: u64): i64 {
  const at = arguments(hostile);
  store<u64>(at + gnttab_unmap_and_replace.host_addr, va(FREE));
  store<u64>(at + gnttab_unmap_and_replace.new_addr, address);
  store<u32>(at + gnttab_unmap_and_replace.handle, which);
  operation(hostile, xen.GNTTABOP_unmap_and_replace);
  return load<i16>(at + gnttab_unmap_and_replace.status);
}

/** Domain 0's grants: taken back before they are used, and while they are. */
export function grantsTakenBack(): void {
  const revoked = grantAccess(hostile.id, ours, false);
  checkNumber('a grant is taken back', endAccess(revoked) ? 1 : 0, 1);
  checkRefused('and', ' used', map(0, revoked, FREE));
  const used = grantAccess(hostile.id, ours, true);
  checkNumber('a grant is used', map(0, used, FREE, xen.GNTMAP_readonly), xen.GNTST_okay);
  const first = handle;
  checkNumber('and cannot be taken back', endAccess(used) ? 1 : 0, 0);
  checkRefused('and', ' to write as well', map(0, used, FREE + 3));
  checkNumber('until it is unused', unmap(first, FREE), xen.GNTST_okay);
  checkNumber('and then it can', endAccess(used) ? 1 : 0, 1);
}

/** Copies: from `source` to `target`, each a reference or a frame of a domain. */
function copy(source: u64, sourceDomid: u32, target: u64, targetDomid: u32, flags: u32): i64 {
  return copyPart(source, sourceDomid, target, targetDomid, flags, 0, 0, 8);
}

function copyPart(
  source: u64,
  sourceDomid: u32,
  target: u64,
  targetDomid: u32,
  flags: u32,
  from: u32,
  to: u32,
  bytes: u32,
): i64 {
  const at = arguments(hostile);
  store<u64>(at + gnttab_copy.source_u, source);
  store<u16>(at + gnttab_copy.source_domid, <u16>sourceDomid);
  store<u16>(at + gnttab_copy.source_offset, <u16>from);
  store<u64>(at + gnttab_copy.dest_u, target);
  store<u16>(at + gnttab_copy.dest_domid, <u16>targetDomid);
  store<u16>(at + gnttab_copy.dest_offset, <u16>to);
  store<u16>(at + gnttab_copy.len, <u16>bytes);
  store<u16>(at + gnttab_copy.flags, <u16>flags);
  const got = operation(hostile, xen.GNTTABOP_copy);
  return got < 0 ? -1000 + got : load<i16>(at + gnttab_copy.status);
}

export function copies(): void {
  const self: u32 = xen.DOMID_SELF;
  const own = hostile.mfn(SPARE);
  const from: u32 = xen.GNTCOPY_source_gref;
  const to: u32 = xen.GNTCOPY_dest_gref;
  checkRefused('a copy', ' from what is for domain 0', copy(FOR_DOMAIN_0, victim.id, own, self, from));
  checkRefused('a copy', ' to what is for domain 0', copy(own, self, FOR_DOMAIN_0, victim.id, to));
  checkRefused('a copy', ' to what is to be read', copy(own, self, READ_ONLY, victim.id, to));
  checkRefused('a copy', ' from a frame of the victim', copy(victim.mfn(DATA), victim.id, own, self, 0));
  checkRefused('a copy', ' to a frame of the victim', copy(own, self, victim.mfn(DATA), victim.id, 0));
  checkRefused('a copy', ' from its frame as its own', copy(victim.mfn(DATA), self, own, self, 0));
  checkRefused('a copy', ' to its frame as its own', copy(own, self, victim.mfn(DATA), self, 0));
  checkRefused('a copy', ' to its own table', copy(own, self, hostile.mfn(L1), self, 0));
  checkRefused('a copy', ' from no frame', copy(1 << 40, self, own, self, 0));
  checkRefused(
    'a copy',
    ' of a page that is not its own by the victim',
    copy(NOT_ITS_OWN, victim.id, own, self, from),
  );
  checkRefused(
    'a copy',
    ' past the end of what it may read',
    copyPart(READ_ONLY, victim.id, own, self, from, 4090, 0, 16),
  );
  checkRefused(
    'a copy',
    ' past the end of its page',
    copyPart(READ_ONLY, victim.id, own, self, from, 0, 4090, 16),
  );
  checkRefused('a copy', ' of very much', copyPart(READ_ONLY, victim.id, own, self, from, 0, 0, 65535));
  checkNumber('a copy of what it may read', copy(READ_ONLY, victim.id, own, self, from), xen.GNTST_okay);
}

export function tables(): void {
  for (let index = 0; index < 3; index++) {
    const domid: u32 = index == 0 ? 0 : index == 1 ? victim.id : NO_DOMAIN;
    const whose = index == 0 ? ' of domain 0' : index == 1 ? ' of the victim' : ' of no domain';
    checkRefused('the table', whose, tableOf(domid));
    checkRefused('the size', whose, sizeOf(domid));
    checkRefused('the version', whose, versionOf(domid));
    checkRefused('the status', whose, statusOf(domid));
  }
  const at = arguments(hostile);
  store<u16>(at + gnttab_setup_table.dom, <u16>xen.DOMID_SELF);
  store<u32>(at + gnttab_setup_table.nr_frames, 5);
  store<u64>(at + gnttab_setup_table.frame_list, va(ARGUMENTS) + LIST);
  operation(hostile, xen.GNTTABOP_setup_table);
  checkRefused('a table', ' larger than it may have', load<i16>(at + gnttab_setup_table.status));
  checkRefused(
    'a frame',
    ' of the victim transferred',
    transfer(victim.mfn(SPARE), victim.id, TRANSFER_TO_0),
  );
  checkRefused(
    'a frame',
    ' that is mapped transferred',
    transfer(hostile.mfn(SPARE), victim.id, TRANSFER_TO_0),
  );
  checkRefused('a frame', ' that is a table transferred', transfer(hostile.mfn(L1), 0, 8));
}

function tableOf(domid: u32): i64 {
  const at = arguments(hostile);
  store<u16>(at + gnttab_setup_table.dom, <u16>domid);
  store<u32>(at + gnttab_setup_table.nr_frames, 1);
  store<u64>(at + gnttab_setup_table.frame_list, va(ARGUMENTS) + LIST);
  const got = operation(hostile, xen.GNTTABOP_setup_table);
  return got < 0 ? -1000 + got : load<i16>(at + gnttab_setup_table.status);
}

function sizeOf(domid: u32): i64 {
  const at = arguments(hostile);
  store<u16>(at + gnttab_query_size.dom, <u16>domid);
  const got = operation(hostile, xen.GNTTABOP_query_size);
  return got < 0 ? -1000 + got : load<i16>(at + gnttab_query_size.status);
}

function versionOf(domid: u32): i64 {
  store<u16>(arguments(hostile) + gnttab_get_version.dom, <u16>domid);
  return operation(hostile, xen.GNTTABOP_get_version);
}

function statusOf(domid: u32): i64 {
  const at = arguments(hostile);
  store<u16>(at + gnttab_get_status_frames.dom, <u16>domid);
  store<u32>(at + gnttab_get_status_frames.nr_frames, 1);
  store<u64>(at + gnttab_get_status_frames.frame_list, va(ARGUMENTS) + LIST);
  const got = operation(hostile, xen.GNTTABOP_get_status_frames);
  return got < 0 ? -1000 + got : load<i16>(at + gnttab_get_status_frames.status);
}

function transfer(mfn: u64, domid: u32, ref: u32): i64 {
  const at = arguments(hostile);
  store<u64>(at + gnttab_transfer.mfn, mfn);
  store<u16>(at + gnttab_transfer.domid, <u16>domid);
  store<u32>(at + gnttab_transfer.ref, ref);
  const got = operation(hostile, xen.GNTTABOP_transfer);
  return got < 0 ? -1000 + got : load<i16>(at + gnttab_transfer.status);
}

/** Passes on what the victim has granted: to domain 0 what is for itself, and the other way round. */
export function transitive(): void {
  checkNumber('version 2', setVersion(2), 0);
  setUp(hostile);
  passOn(20, hostile.id, victim.id, FOR_DOMAIN_0);
  passOn(21, hostile.id, hostile.id, 21);
  passOn(22, hostile.id, NO_DOMAIN, 8);
  passOn(23, hostile.id, victim.id, READ_ONLY);
  const own = hostile.mfn(SPARE);
  const from: u32 = xen.GNTCOPY_source_gref;
  checkRefused('passed on:', ' what is for domain 0', copy(20, hostile.id, own, xen.DOMID_SELF, from));
  checkRefused('passed on:', ' itself', copy(21, hostile.id, own, xen.DOMID_SELF, from));
  checkRefused('passed on:', ' of no domain', copy(22, hostile.id, own, xen.DOMID_SELF, from));
  checkNumber('passed on: what it may read', copy(23, hostile.id, own, xen.DOMID_SELF, from), xen.GNTST_okay);
  checkRefused(
    'passed on:',
    ' and written',
    copy(own, xen.DOMID_SELF, 23, hostile.id, xen.GNTCOPY_dest_gref),
  );
  checkRefused('passed on:', ' and mapped', map(hostile.id, 23, FREE, xen.GNTMAP_readonly));
  checkNumber('version 1 again', setVersion(1), 0);
  checkRefused('a version', ' that is none', setVersion(3));
}

function setVersion(version: u32): i64 {
  store<u32>(arguments(hostile), version);
  return operation(hostile, xen.GNTTABOP_set_version);
}

/** An entry of version 2 by which `to` may copy from a grant of `source`'s to the hostile domain. */
function passOn(ref: u32, to: u32, source: u32, sourceRef: u32): void {
  const at = va(TABLE) + ref * 16;
  run(hostile, Piece.writeMemory, at + 8, 0);
  run(hostile, Piece.writeMemory, at + 4, ((<u64>sourceRef) << 32) | source);
  run(hostile, Piece.writeMemory, at, ((<u64>source) << 32) | ((<u64>to) << 16) | xen.GTF_transitive);
  run(hostile, Piece.writeMemory, at + 8, sourceRef);
}

/** Maps grants of domain 0's until there is no handle left, and leaves them so. */
export function everyHandle(): void {
  for (let index: u32 = 0; index < MANY; index++) many[index] = grantAccess(hostile.id, ours, true);
  let last = mapMany(0, 400);
  checkNumber('a grant mapped until it is no more', mapped, 128);
  checkNumber('and then', last, xen.GNTST_general_error);
  mapMany(1, 100);
  last = mapMany(2, 100);
  // One is a device's still, from before.
  checkNumber('grants mapped until there is no handle', mapped, 254);
  checkNumber('and then', last, xen.GNTST_no_space);
  checkNumber('while they are, they cannot be taken back', endAccess(many[0]) ? 1 : 0, 0);
}

/** Maps one of them so often, or as often as it can: what the last one came to. */
function mapMany(which: u32, times: u32): i64 {
  let last: i64 = xen.GNTST_okay;
  for (let n: u32 = 0; n < times; n++) {
    last = map(0, many[which], FREE + 4 + mapped, xen.GNTMAP_readonly);
    if (last != xen.GNTST_okay) break;
    mapped++;
  }
  return last;
}

/** Once the domain is gone, nothing of domain 0's is in use any more. */
export function takeBack(): void {
  let free: u32 = 0;
  for (let index: u32 = 0; index < MANY; index++) if (endAccess(many[index])) free++;
  checkNumber('what was mapped can be taken back', free, MANY);
}
