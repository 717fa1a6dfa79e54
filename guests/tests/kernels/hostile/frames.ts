/** Frames that are not the hostile domain's: mapped, changed, pinned, taken as a root, under every owner's name. */
import * as xen from 'xen';
import { mmu_update, mmuext_op, xen_machphys_mfn_list } from 'xen';
import { HYPERVISOR_memory_op } from 'kernel/xen/hypercalls';
import { virtual } from 'kernel/xen/intrinsics';
import { allocatePage, PAGE_SHIFT } from 'kernel/memory/pages';
import { KERNEL_BITS, mfnOf, PAGE_PRESENT, PAGE_SUPER, PAGE_USER, PAGE_WRITE } from 'kernel/memory/pagetable';
import { FRAME_MASK, TABLE_BITS } from 'kernel/memory/pagetable';
import { unmapPage } from 'kernel/memory/window';
import { checkNumber, checkRefused } from '../check';
import { ARGUMENTS, arguments, DATA, FREE, hostile, hypercall, L1, L2 } from './agent';
import { L3, L4, mapOurs, SPARE, va, victim } from './agent';

/** No domain has this id. */
export const NO_DOMAIN: u32 = 0x7000;
const ENTRY: u64 = PAGE_PRESENT | PAGE_WRITE | PAGE_USER;
const GLOBAL: u64 = 0x100;
const READ_ONLY: u64 = PAGE_PRESENT | PAGE_USER;
const XENS_SLOTS: u32 = 256;
const PER_DOMAIN_SLOT: u32 = 260;

/** The local APIC's registers. */
const APIC_FRAME: u64 = 0xfee00;
const NO_FRAME: u64 = 0x0f_ffff_ffff;

export const TARGETS: u32 = 10;
const targets: usize = memory.data(8 * 10, 8);
const request: usize = memory.data(64, 8);

/** A frame of domain 0, which it uses. */
export let ours: usize = 0;

export function target(which: u32): u64 {
  return load<u64>(targets + which * 8);
}

function targetName(which: u32): string {
  switch (which) {
    case 0:
      return "domain 0's page";
    case 1:
      return "the victim's page";
    case 2:
      return "the victim's L1 table";
    case 3:
      return "the victim's L4 table";
    case 4:
      return "the victim's shared info";
    case 5:
      return 'the M2P';
    case 6:
      return "Xen's table";
    case 7:
      return 'a free frame';
    case 8:
      return "the APIC's frame";
    default:
      return 'no frame';
  }
}

const OWNERS: u32 = 7;

function owner(which: u32): u32 {
  switch (which) {
    case 0:
      return xen.DOMID_SELF;
    case 1:
      return 0;
    case 2:
      return victim.id;
    case 3:
      return xen.DOMID_XEN;
    case 4:
      return xen.DOMID_IO;
    case 5:
      return hostile.id;
    default:
      return NO_DOMAIN;
  }
}

function ownerName(which: u32): string {
  switch (which) {
    case 0:
      return ' as its own';
    case 1:
      return " as domain 0's";
    case 2:
      return " as the victim's";
    case 3:
      return " as Xen's";
    case 4:
      return ' as of a device';
    case 5:
      return ' under its number';
    default:
      return ' as of no domain';
  }
}

/** Finds the frames that it shall try. Domain 0 can see them all. */
export function findTargets(sharedInfo: u64): void {
  ours = allocatePage();
  store<u64>(ours, 0x1234_5678_9abc_def0);
  store<u64>(targets, mfnOf(ours));
  store<u64>(targets + 8, victim.mfn(DATA));
  store<u64>(targets + 16, victim.mfn(L1));
  store<u64>(targets + 24, victim.mfn(L4));
  store<u64>(targets + 32, sharedInfo);
  store<u64>(targets + 40, m2pFrame());
  assert(mapOurs(hostile, L4, KERNEL_BITS & ~PAGE_WRITE) == 0, 'its root is read');
  const entry = load<u64>(hostile.at(L4) + PER_DOMAIN_SLOT * 8);
  unmapPage(hostile.at(L4));
  store<u64>(targets + 48, (entry & FRAME_MASK) >> PAGE_SHIFT);
  store<u64>(targets + 56, freeFrame());
  store<u64>(targets + 64, APIC_FRAME);
  store<u64>(targets + 72, NO_FRAME);
}

function m2pFrame(): u64 {
  store<u32>(request + xen_machphys_mfn_list.max_extents, 1);
  store<u64>(request + xen_machphys_mfn_list.extent_start, virtual(request + 32));
  assert(HYPERVISOR_memory_op(xen.XENMEM_machphys_mfn_list, request) == 0, 'the frames of the M2P');
  return load<u64>(request + 32);
}

/** A page of ours that we give back, so that it is nobody's. */
function freeFrame(): u64 {
  const page = allocatePage();
  const mfn = mfnOf(page);
  unmapPage(page);
  store<u64>(request + 32, mfn);
  memory.fill(request, 0, xen.xen_memory_reservation.SIZE);
  store<u64>(request + xen.xen_memory_reservation.extent_start, virtual(request + 32));
  store<u64>(request + xen.xen_memory_reservation.nr_extents, 1);
  store<u16>(request + xen.xen_memory_reservation.domid, <u16>xen.DOMID_SELF);
  assert(HYPERVISOR_memory_op(xen.XENMEM_decrease_reservation, request) == 1, 'a frame is freed');
  return mfn;
}

/** Asks for an entry of a table, by its machine address. */
export function update(address: u64, value: u64, foreign: u32): i64 {
  const at = arguments(hostile);
  store<u64>(at + mmu_update.ptr, address);
  store<u64>(at + mmu_update.val, value);
  return hypercall(hostile, xen.HYPERVISOR_mmu_update, va(ARGUMENTS), 1, 0, foreign);
}

/** The machine address of an entry of a table of the hostile domain's. */
export function entryOf(table: u32, index: u64): u64 {
  return (hostile.mfn(table) << PAGE_SHIFT) + index * 8;
}

export function extended(command: u32, arg1: u64, arg2: u64 = 0, foreign: u32 = xen.DOMID_SELF): i64 {
  const at = arguments(hostile);
  store<u32>(at + mmuext_op.cmd, command);
  store<u64>(at + mmuext_op.arg1, arg1);
  store<u64>(at + mmuext_op.arg2, arg2);
  return hypercall(hostile, xen.HYPERVISOR_mmuext_op, va(ARGUMENTS), 1, 0, foreign);
}

/** Maps a frame of its own, or of who lets it. */
export function mapAt(page: u32, mfn: u64, bits: u64): i64 {
  return hypercall(hostile, xen.HYPERVISOR_update_va_mapping, va(page), (mfn << PAGE_SHIFT) | bits, 2);
}

export function foreignFrames(): void {
  for (let which: u32 = 0; which < TARGETS; which++)
    for (let name: u32 = 0; name < OWNERS; name++) {
      const value = (target(which) << PAGE_SHIFT) | ENTRY;
      checkRefused(targetName(which), ownerName(name), update(entryOf(L1, FREE), value, owner(name)));
    }
  for (let which: u32 = 0; which < TARGETS; which++)
    checkRefused(targetName(which), ' by update_va_mapping', mapAt(FREE, target(which), ENTRY));
  for (let which: u32 = 0; which < TARGETS; which++)
    checkRefused(targetName(which), ' read-only', mapAt(FREE, target(which), READ_ONLY));
  for (let name: u32 = 1; name < OWNERS; name++) {
    const entry = (target(name < 2 ? 0 : 1) << PAGE_SHIFT) | ENTRY;
    const got = hypercall(
      hostile,
      xen.HYPERVISOR_update_va_mapping_otherdomain,
      va(FREE),
      entry,
      0,
      owner(name),
    );
    checkRefused('update_va_mapping_otherdomain', ownerName(name), got);
  }
}

/** Entries of tables that are not its own, and what the M2P says of frames that are not. */
export function foreignTables(): void {
  const value = (hostile.mfn(DATA) << PAGE_SHIFT) | ENTRY;
  for (let which: u32 = 0; which < TARGETS; which++)
    checkRefused(
      targetName(which),
      ' written to as a table',
      update(target(which) << PAGE_SHIFT, value, xen.DOMID_SELF),
    );
  const theirs = target(2) << PAGE_SHIFT;
  checkRefused(
    "the victim's table",
    ' as the victim',
    update(theirs, value, ((victim.id + 1) << 16) | (<u32>xen.DOMID_SELF)),
  );
  checkRefused(
    "domain 0's page",
    ' as domain 0',
    update(target(0) << PAGE_SHIFT, value, (1 << 16) | (<u32>xen.DOMID_SELF)),
  );
  checkRefused(
    'a table',
    ' of no domain',
    update(theirs, value, ((NO_DOMAIN + 1) << 16) | (<u32>xen.DOMID_SELF)),
  );
  checkRefused(
    'its own table',
    ' as the victim',
    update(entryOf(L1, FREE), value, ((victim.id + 1) << 16) | (<u32>xen.DOMID_SELF)),
  );
  for (let which: u32 = 0; which < TARGETS; which++)
    checkRefused(
      targetName(which),
      ' renamed in the M2P',
      update((target(which) << PAGE_SHIFT) | xen.MMU_MACHPHYS_UPDATE, 5, xen.DOMID_SELF),
    );
  checkRefused('the M2P', ' as the victim', update(theirs | xen.MMU_MACHPHYS_UPDATE, 5, victim.id));
  checkRefused(
    'the M2P',
    ' for the victim',
    update(theirs | xen.MMU_MACHPHYS_UPDATE, 5, ((victim.id + 1) << 16) | (<u32>xen.DOMID_SELF)),
  );
}

/** Its own tables, turned against Xen. */
export function ownTables(): void {
  const table = (hostile.mfn(L1) << PAGE_SHIFT) | ENTRY;
  checkRefused('its L1 table', ' writable', update(entryOf(L1, FREE), table, xen.DOMID_SELF));
  checkRefused('its L1 table', ' writable by update_va_mapping', mapAt(FREE, hostile.mfn(L1), ENTRY));
  checkRefused('its L1 table', ' writable where it is read-only', mapAt(L1, hostile.mfn(L1), ENTRY));
  checkRefused('its root', ' writable', mapAt(FREE, hostile.mfn(L4), ENTRY));
  checkNumber('its L1 table read-only', mapAt(FREE, hostile.mfn(L1), READ_ONLY), 0);
  checkRefused('and then', ' writable', mapAt(FREE, hostile.mfn(L1), ENTRY));
  checkNumber('and away', mapAt(FREE, 0, 0), 0);
  const data = (hostile.mfn(DATA) << PAGE_SHIFT) | TABLE_BITS;
  checkRefused('a page it writes to', ' as an L1 table', update(entryOf(L2, 3), data, xen.DOMID_SELF));
  checkRefused('a page it writes to', ' as an L2 table', update(entryOf(L3, 1), data, xen.DOMID_SELF));
  checkRefused('a page it writes to', ' as an L3 table', update(entryOf(L4, 1), data, xen.DOMID_SELF));
  checkRefused('an L1 table', ' as an L2 table', update(entryOf(L3, 1), table, xen.DOMID_SELF));
  checkRefused('a page of 2 MiB', '', update(entryOf(L2, 3), data | PAGE_SUPER, xen.DOMID_SELF));
  checkRefused('a page of 1 GiB', '', update(entryOf(L3, 1), data | PAGE_SUPER, xen.DOMID_SELF));
  checkRefused(
    "domain 0's page",
    ' as an L1 table',
    update(entryOf(L2, 3), (target(0) << PAGE_SHIFT) | TABLE_BITS, xen.DOMID_SELF),
  );
  checkRefused(
    "the victim's L1 table",
    ' as its own',
    update(entryOf(L2, 3), (target(2) << PAGE_SHIFT) | TABLE_BITS, xen.DOMID_SELF),
  );
  checkRefused(
    "the victim's L1 table",
    " as the victim's",
    update(entryOf(L2, 3), (target(2) << PAGE_SHIFT) | TABLE_BITS, victim.id),
  );
  checkRefused(
    "Xen's table",
    ' as its L3',
    update(entryOf(L4, 1), (target(6) << PAGE_SHIFT) | TABLE_BITS, xen.DOMID_SELF),
  );
  checkRefused(
    'its root',
    ' in its root, writable',
    update(entryOf(L4, 1), (hostile.mfn(L4) << PAGE_SHIFT) | ENTRY, xen.DOMID_SELF),
  );
  for (let slot: u32 = XENS_SLOTS; slot < XENS_SLOTS + 16; slot += 5)
    checkRefused(
      "Xen's slots",
      ' of its root',
      update(entryOf(L4, slot), (hostile.mfn(L3) << PAGE_SHIFT) | TABLE_BITS, xen.DOMID_SELF),
    );
  checkRefused("Xen's slots", ' emptied', update(entryOf(L4, XENS_SLOTS), 0, xen.DOMID_SELF));
  checkRefused(
    'an entry',
    ' with bits that are none',
    update(entryOf(L1, FREE), (hostile.mfn(DATA) << PAGE_SHIFT) | ENTRY | (1 << 51), xen.DOMID_SELF),
  );
  checkNumber('a global entry is like any other', mapAt(FREE, hostile.mfn(DATA), ENTRY | GLOBAL), 0);
  checkNumber('and goes like any other', mapAt(FREE, 0, 0), 0);
  checkRefused('a command', ' that is none', update(entryOf(L1, FREE) | 4, 0, xen.DOMID_SELF));
  checkRefused('an entry', ' across two', update(entryOf(L1, FREE) | 7, 0, xen.DOMID_SELF));
}

export function pins(): void {
  for (let which: u32 = 0; which < TARGETS; which++) {
    checkRefused(
      targetName(which),
      ' pinned as an L1 table',
      extended(xen.MMUEXT_PIN_L1_TABLE, target(which)),
    );
    checkRefused(targetName(which), ' pinned as a root', extended(xen.MMUEXT_PIN_L4_TABLE, target(which)));
    checkRefused(targetName(which), ' unpinned', extended(xen.MMUEXT_UNPIN_TABLE, target(which)));
    checkRefused(targetName(which), ' as root', extended(xen.MMUEXT_NEW_BASEPTR, target(which)));
    checkRefused(
      targetName(which),
      ' as root of users',
      extended(xen.MMUEXT_NEW_USER_BASEPTR, target(which)),
    );
    checkRefused(targetName(which), ' cleared', extended(xen.MMUEXT_CLEAR_PAGE, target(which)));
    checkRefused(
      targetName(which),
      ' copied',
      extended(xen.MMUEXT_COPY_PAGE, hostile.mfn(SPARE), target(which)),
    );
    checkRefused(
      targetName(which),
      ' copied to',
      extended(xen.MMUEXT_COPY_PAGE, target(which), hostile.mfn(SPARE)),
    );
  }
  for (let name: u32 = 1; name < OWNERS; name++) {
    checkRefused('the root', ownerName(name), extended(xen.MMUEXT_PIN_L4_TABLE, target(3), 0, owner(name)));
    checkRefused('a flush', ownerName(name), extended(xen.MMUEXT_TLB_FLUSH_ALL, 0, 0, owner(name)));
  }
  checkRefused('its L1 table', ' pinned as a root', extended(xen.MMUEXT_PIN_L4_TABLE, hostile.mfn(L1)));
  checkRefused(
    'a page it writes to',
    ' pinned as an L1 table',
    extended(xen.MMUEXT_PIN_L1_TABLE, hostile.mfn(DATA)),
  );
  checkRefused('its root', ' pinned twice', extended(xen.MMUEXT_PIN_L4_TABLE, hostile.mfn(L4)));
  checkRefused('its L2 table', ' unpinned', extended(xen.MMUEXT_UNPIN_TABLE, hostile.mfn(L2)));
  checkRefused('a page it writes to', ' as root', extended(xen.MMUEXT_NEW_BASEPTR, hostile.mfn(DATA)));
  checkRefused('its L3 table', ' as root', extended(xen.MMUEXT_NEW_BASEPTR, hostile.mfn(L3)));
  checkRefused('its L1 table', ' cleared', extended(xen.MMUEXT_CLEAR_PAGE, hostile.mfn(L1)));
  checkRefused(
    'its L1 table',
    ' copied to',
    extended(xen.MMUEXT_COPY_PAGE, hostile.mfn(L1), hostile.mfn(DATA)),
  );
  checkRefused('a page that is mapped', ' as a table of descriptors', setGdt(hostile.mfn(DATA)));
  checkRefused("the victim's page", ' as a table of descriptors', setGdt(target(1)));
  checkRefused("Xen's table", ' as a table of descriptors', setGdt(target(6)));
  checkRefused('caches', ' flushed', extended(xen.MMUEXT_FLUSH_CACHE, 0));
  checkRefused('an operation', ' that is none', extended(99, 0));
}

function setGdt(mfn: u64): i64 {
  store<u64>(arguments(hostile), mfn);
  return hypercall(hostile, xen.HYPERVISOR_set_gdt, va(ARGUMENTS), 512);
}
