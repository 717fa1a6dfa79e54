/** memory_op: memory of others taken, given away, exchanged, asked after; and more of its own than it may have. */
import * as xen from 'xen';
import {
  xen_add_to_physmap,
  xen_mem_acquire_resource,
  xen_memory_exchange,
  xen_memory_reservation,
} from 'xen';
import { xen_memory_map, xen_pod_target, xen_remove_from_physmap } from 'xen';
import { mfnOf } from 'kernel/memory/pagetable';
import { checkNumber, checkRefused } from '../check';
import { ARGUMENTS, arguments, DATA, hostile, hypercall, L1, MORE, SPARE, SPARE2, va, victim } from './agent';
import { mapAt, NO_DOMAIN, ours } from './frames';

/** Where in the page of arguments the list of frames is. */
const LIST: usize = 2048;

function memoryOp(command: u32): i64 {
  return hypercall(hostile, xen.HYPERVISOR_memory_op, command, va(ARGUMENTS));
}

function reservation(at: usize, domid: u32, count: u64, order: u32, list: u64): void {
  store<u64>(at + xen_memory_reservation.extent_start, list);
  store<u64>(at + xen_memory_reservation.nr_extents, count);
  store<u32>(at + xen_memory_reservation.extent_order, order);
  store<u16>(at + xen_memory_reservation.domid, <u16>domid);
}

/** A reservation command for one frame: how many it was done for. */
function reserve(command: u32, domid: u32, frame: u64, count: u64 = 1, order: u32 = 0): i64 {
  const at = arguments(hostile);
  store<u64>(at + LIST, frame);
  reservation(at, domid, count, order, va(ARGUMENTS) + LIST);
  return memoryOp(command);
}

export function reservations(): void {
  ofOthers();
  ofItsOwn();
  exchanges();
  questions();
  physmaps();
}

function ofOthers(): void {
  checkNumber('memory for the victim', reserve(xen.XENMEM_populate_physmap, victim.id, 100), 0);
  checkNumber('for domain 0', reserve(xen.XENMEM_populate_physmap, 0, 100), 0);
  checkNumber('for Xen', reserve(xen.XENMEM_increase_reservation, xen.DOMID_XEN, 100), 0);
  checkNumber('for no domain', reserve(xen.XENMEM_increase_reservation, NO_DOMAIN, 100), 0);
  const theirs = victim.mfn(SPARE);
  checkNumber("the victim's page given away", reserve(xen.XENMEM_decrease_reservation, victim.id, theirs), 0);
  checkNumber('as its own', reserve(xen.XENMEM_decrease_reservation, xen.DOMID_SELF, theirs), 0);
  checkNumber("domain 0's", reserve(xen.XENMEM_decrease_reservation, xen.DOMID_SELF, mfnOf(ours)), 0);
  checkNumber('what is no frame', reserve(xen.XENMEM_decrease_reservation, xen.DOMID_SELF, 1 << 40), 0);
  checkNumber(
    'a run of frames of others',
    reserve(xen.XENMEM_decrease_reservation, xen.DOMID_SELF, theirs, 1, 9),
    0,
  );
}

/** A page of its own may go while it is mapped or a table: then it stays until it is not. */
function ofItsOwn(): void {
  const mfn = hostile.mfn(SPARE2);
  checkNumber(
    'a page that is mapped given away',
    reserve(xen.XENMEM_decrease_reservation, xen.DOMID_SELF, mfn),
    1,
  );
  checkNumber('and again', reserve(xen.XENMEM_decrease_reservation, xen.DOMID_SELF, mfn), 1);
  checkNumber('and unmapped', mapAt(SPARE2, 0, 0), 0);
  checkRefused('and mapped', ' again', mapAt(SPARE2, mfn, 7));
  checkNumber(
    'its table given away',
    reserve(xen.XENMEM_decrease_reservation, xen.DOMID_SELF, hostile.mfn(L1)),
    1,
  );
  checkRefused('and', ' writable', mapAt(SPARE2, hostile.mfn(L1), 7));
  // Of its own pages one has gone for good.
  const more = reserve(xen.XENMEM_populate_physmap, xen.DOMID_SELF, 20, MORE + 20);
  checkNumber('memory for more frames than it may have', more, MORE + 1);
  checkNumber('and one more', reserve(xen.XENMEM_increase_reservation, xen.DOMID_SELF, 0), 0);
  checkNumber('a large extent', reserve(xen.XENMEM_increase_reservation, xen.DOMID_SELF, 0, 1, 9), 0);
  checkNumber('an absurd one', reserve(xen.XENMEM_increase_reservation, xen.DOMID_SELF, 0, 1, 60), 0);
  checkNumber('absurdly many', reserve(xen.XENMEM_increase_reservation, xen.DOMID_SELF, 0, 1 << 62), 0);
  checkNumber('very many', reserve(xen.XENMEM_increase_reservation, xen.DOMID_SELF, 0, 0x3ff_ffff), 0);
}

function exchange(mfn: u64, from: u32, to: u32): i64 {
  const at = arguments(hostile);
  store<u64>(at + LIST, mfn);
  store<u64>(at + LIST + 8, 50);
  reservation(at + xen_memory_exchange.in_extent_start, from, 1, 0, va(ARGUMENTS) + LIST);
  reservation(at + xen_memory_exchange.out_extent_start, to, 1, 0, va(ARGUMENTS) + LIST + 8);
  return memoryOp(xen.XENMEM_exchange);
}

function exchanges(): void {
  const self: u32 = xen.DOMID_SELF;
  checkRefused("the victim's page", ' exchanged', exchange(victim.mfn(SPARE), self, self));
  checkRefused("the victim's page", ' as the victim', exchange(victim.mfn(SPARE), victim.id, victim.id));
  checkRefused("the victim's page", ' for one of its own', exchange(victim.mfn(SPARE), victim.id, self));
  checkRefused("domain 0's page", ' exchanged', exchange(mfnOf(ours), self, self));
  checkRefused('its table', ' exchanged', exchange(hostile.mfn(L1), self, self));
  checkRefused('a page that is mapped', ' exchanged', exchange(hostile.mfn(DATA), self, self));
  checkRefused('what is no frame', ' exchanged', exchange(1 << 40, self, self));
}

function asked(command: u32, domid: u32): i64 {
  store<u16>(arguments(hostile), <u16>domid);
  return memoryOp(command);
}

function questions(): void {
  checkRefused('the reservation', ' of the victim', asked(xen.XENMEM_current_reservation, victim.id));
  checkRefused('the limit', ' of the victim', asked(xen.XENMEM_maximum_reservation, victim.id));
  checkRefused('the last frame', ' of the victim', asked(xen.XENMEM_maximum_gpfn, victim.id));
  checkRefused('the reservation', ' of domain 0', asked(xen.XENMEM_current_reservation, 0));
  checkRefused('the limit', ' of Xen', asked(xen.XENMEM_maximum_reservation, xen.DOMID_XEN));
  checkRefused('virtual nodes', ' of the victim', asked(xen.XENMEM_get_vnumainfo, victim.id));
  const at = arguments(hostile);
  store<u32>(at + xen_memory_map.nr_entries, 20);
  store<u64>(at + xen_memory_map.buffer, va(ARGUMENTS) + LIST);
  checkRefused("the machine's map", '', memoryOp(xen.XENMEM_machine_memory_map));
  store<u16>(arguments(hostile), <u16>victim.id);
  checkRefused("the victim's map", ' changed', memoryOp(xen.XENMEM_set_memory_map));
  store<u16>(arguments(hostile) + xen_pod_target.domid, <u16>victim.id);
  checkRefused("the victim's target", '', memoryOp(xen.XENMEM_get_pod_target));
  store<u16>(arguments(hostile) + xen_pod_target.domid, <u16>victim.id);
  checkRefused("the victim's target", ' changed', memoryOp(xen.XENMEM_set_pod_target));
  reserveClaim(victim.id, 'for the victim');
  reserveClaim(xen.DOMID_SELF, 'for itself');
  checkRefused('paging', ' of the victim', asked(xen.XENMEM_paging_op, victim.id));
  checkRefused('access', ' to the victim', asked(xen.XENMEM_access_op, victim.id));
  checkRefused('sharing', ' with the victim', asked(xen.XENMEM_sharing_op, victim.id));
  checkNumber('memory that devices have reserved', asked(xen.XENMEM_reserved_device_memory_map, 0), 0);
  checkRefused('a command', ' that is none', asked(40, 0));
}

function reserveClaim(domid: u32, what: string): void {
  const at = arguments(hostile);
  store<u64>(at + LIST, 0);
  reservation(at, domid, 4, 0, 0);
  checkRefused('a claim ', what, memoryOp(xen.XENMEM_claim_pages));
}

function physmaps(): void {
  for (let space: u32 = 0; space < 6; space++) {
    const at = arguments(hostile);
    store<u16>(at + xen_add_to_physmap.domid, <u16>victim.id);
    store<u32>(at + xen_add_to_physmap.space, space);
    store<u64>(at + xen_add_to_physmap.gpfn, 5);
    checkRefused('to the physical map', ' of the victim', memoryOp(xen.XENMEM_add_to_physmap));
  }
  const at = arguments(hostile);
  store<u16>(at + xen_remove_from_physmap.domid, <u16>victim.id);
  store<u64>(at + xen_remove_from_physmap.gpfn, 5);
  checkRefused('from the physical map', ' of the victim', memoryOp(xen.XENMEM_remove_from_physmap));
  for (let type: u32 = 0; type < 4; type++) {
    checkRefused('a resource', ' of the victim', acquire(victim.id, type));
    checkRefused('a resource', ' of domain 0', acquire(0, type));
    checkRefused('a resource', ' of its own', acquire(xen.DOMID_SELF, type));
  }
}

function acquire(domid: u32, type: u32): i64 {
  const at = arguments(hostile);
  store<u16>(at + xen_mem_acquire_resource.domid, <u16>domid);
  store<u16>(at + xen_mem_acquire_resource.type, <u16>type);
  store<u32>(at + xen_mem_acquire_resource.nr_frames, 1);
  store<u64>(at + xen_mem_acquire_resource.frame_list, va(ARGUMENTS) + LIST);
  return memoryOp(xen.XENMEM_acquire_resource);
}
