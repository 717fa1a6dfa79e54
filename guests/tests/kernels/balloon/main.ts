/**
 * Memory that goes back to Xen and comes again: a reservation that shrinks and grows, its limits, and what is refused, as a
 * frame that is mapped still.
 */
import * as xen from 'xen';
import { DOMID_SELF, xen_memory_reservation } from 'xen';
import { domainPages, setMemoryTarget } from 'kernel/memory/balloon';
import { initKernel } from 'kernel/boot';
import { HYPERVISOR_memory_op } from 'kernel/xen/hypercalls';
import { virtual } from 'kernel/xen/intrinsics';
import { allocatePage, freePages, PAGE_SHIFT, totalPages } from 'kernel/memory/pages';
import { mfnOf, pageOf, setMfn } from 'kernel/memory/pagetable';
import { unprotect, flush } from 'kernel/memory/pagetable';
import { unmapPage } from 'kernel/memory/window';
import { check, checkNumber, finish } from '../check';

const request: usize = memory.data(64, 8);
const extents: usize = memory.data(64, 8);
const NO_FRAME: u64 = 0xff_ffff_ffff;

export function main(): void {
  initKernel();
  reservation();
  onePage();
  refusals();
  library();
  finish();
}

function pagesNow(): i64 {
  store<u16>(request, <u16>DOMID_SELF);
  return HYPERVISOR_memory_op(xen.XENMEM_current_reservation, request);
}

function operation(command: i32, extent: u64, order: u32, domid: i32): i64 {
  store<u64>(extents, extent);
  store<u64>(request + xen_memory_reservation.extent_start, virtual(extents));
  store<u64>(request + xen_memory_reservation.nr_extents, 1);
  store<u32>(request + xen_memory_reservation.extent_order, order);
  store<u32>(request + xen_memory_reservation.mem_flags, 0);
  store<u16>(request + xen_memory_reservation.domid, <u16>domid);
  return HYPERVISOR_memory_op(command, request);
}

function reservation(): void {
  const pages = pagesNow();
  store<u16>(request, <u16>DOMID_SELF);
  const most = HYPERVISOR_memory_op(xen.XENMEM_maximum_reservation, request);
  check('a domain has memory', pages > 0);
  check('and not more than it may have', pages <= most);
  check(
    'the machine has more frames than that',
    HYPERVISOR_memory_op(xen.XENMEM_maximum_ram_page, 0) >= pages,
  );
}

function onePage(): void {
  const before = pagesNow();
  const page = allocatePage();
  const mfn = mfnOf(page);
  unmapPage(page);
  checkNumber('a page goes back', operation(xen.XENMEM_decrease_reservation, mfn, 0, DOMID_SELF), 1);
  checkNumber('the domain has one less', pagesNow() - before, -1);
  checkNumber('to give it twice', operation(xen.XENMEM_decrease_reservation, mfn, 0, DOMID_SELF), 0);
  checkNumber('a page comes', operation(xen.XENMEM_populate_physmap, page >> PAGE_SHIFT, 0, DOMID_SELF), 1);
  checkNumber('the domain has as many again', pagesNow() - before, 0);
  setMfn(page, load<u64>(extents));
  check('M2P knows where the new frame belongs', pageOf(mfnOf(page)) == page);
  unprotect(page);
  flush();
}

function refusals(): void {
  const mfn = mfnOf(allocatePage());
  checkNumber('a frame that is not ours', operation(xen.XENMEM_decrease_reservation, 1, 0, DOMID_SELF), 0);
  checkNumber(
    'one that does not exist',
    operation(xen.XENMEM_decrease_reservation, NO_FRAME, 0, DOMID_SELF),
    0,
  );
  checkNumber(
    'for a domain that is not there',
    operation(xen.XENMEM_decrease_reservation, mfn, 0, 0x7000),
    0,
  );
  checkNumber(
    'an extent of an order too high',
    operation(xen.XENMEM_populate_physmap, 0x100000, 30, DOMID_SELF),
    0,
  );
  const all = pagesNow();
  checkNumber('what is refused changes nothing', pagesNow() - all, 0);
}

/** Pages for use when the domain has so many. */
function pagesAt(target: u32): u32 {
  setMemoryTarget(target);
  return totalPages();
}

function library(): void {
  const all = totalPages();
  const most = domainPages();
  const free = freePages();
  checkNumber('the balloon takes a thousand pages', pagesAt(most - 1000), all - 1000);
  checkNumber('and holds them', most - domainPages(), 1000);
  checkNumber('and gives them back', pagesAt(most), all);
  checkNumber('to be used', freePages(), free);
}
