/**
 * The balloon: pages that the domain gives back to Xen, and asks for again. A page in the balloon keeps its number but has no
 * frame behind it: it is not mapped, and the p2m says so. Pages that it may have and never had are there, too (room.ts).
 */
import {
  DOMID_SELF,
  XENMEM_decrease_reservation,
  XENMEM_populate_physmap,
  xen_memory_reservation,
} from 'xen';
import { MMUEXT_TLB_FLUSH_LOCAL } from 'xen';
import { HYPERVISOR_memory_op } from '../xen/hypercalls';
import { virtual } from '../xen/intrinsics';
import { addPages, allocateUserPage, PAGE_SHIFT, PAGE_SIZE, removePage } from './pages';
import {
  extendedOperation,
  flush,
  mfnOf,
  NO_FRAME,
  p2mLength,
  pageExists,
  setMfn,
  unprotect,
  updateEntry,
  windowEntry,
} from './pagetable';

const BATCH: u32 = 256;

const reservation: usize = memory.data(32, 8);
/** Frames or pages of a batch, for Xen, and beside them the pages. */
const extents: usize = memory.data(256 * 8, 8);
const batch: usize = memory.data(256 * 4, 8);
let inBalloon: u32 = 0;

/** At the start: the pages that the domain may have, and has not got. */
export function initBalloon(pages: usize): void {
  inBalloon = <u32>(p2mLength() - pages);
}

/** Pages that the domain has, as Xen and its toolstack count them: those that the kernel took at its start, too. */
export function domainPages(): u32 {
  return <u32>p2mLength() - inBalloon;
}

/**
 * Makes the balloon so large that the domain has `target` pages, as far as there are pages to give or to get: it never has more
 * than it might have when it started. What it has then.
 */
export function setMemoryTarget(target: u32): u32 {
  while (domainPages() > target && give(min(BATCH, domainPages() - target)) > 0) {}
  while (domainPages() < target && inBalloon > 0 && get(min(BATCH, target - domainPages())) > 0) {}
  return domainPages();
}

/** Gives up to `wanted` pages to Xen: how many. */
function give(wanted: u32): u32 {
  let count: u32 = 0;
  for (; count < wanted; count++) {
    const page = allocateUserPage();
    if (page == 0) break;
    store<u32>(batch + count * 4, page);
    store<u64>(extents + count * 8, mfnOf(page));
    updateEntry(windowEntry(page), 0);
  }
  if (count == 0) return 0;
  extendedOperation(MMUEXT_TLB_FLUSH_LOCAL, 0);
  flush();
  const given = <u32>reserve(XENMEM_decrease_reservation, count);
  assert(given == count, 'Xen does not take a page back');
  for (let index: u32 = 0; index < count; index++) {
    const page = load<u32>(batch + index * 4);
    removePage(page);
    setMfn(page, NO_FRAME);
  }
  inBalloon += count;
  return count;
}

/** Gets up to `wanted` pages back: how many Xen gave. */
function get(wanted: u32): u32 {
  let count: u32 = 0;
  for (let page: usize = PAGE_SIZE; count < wanted && count < inBalloon; page += PAGE_SIZE) {
    if (pageExists(page)) continue;
    store<u32>(batch + count * 4, page);
    store<u64>(extents + count * 8, page >> PAGE_SHIFT);
    count++;
  }
  const got = <u32>max<i64>(reserve(XENMEM_populate_physmap, count), 0);
  for (let index: u32 = 0; index < got; index++) {
    const page = load<u32>(batch + index * 4);
    setMfn(page, load<u64>(extents + index * 8));
    unprotect(page);
  }
  flush();
  for (let index: u32 = 0; index < got; index++) {
    const page = load<u32>(batch + index * 4);
    addPages(page, page + PAGE_SIZE);
  }
  inBalloon -= got;
  return got;
}

function reserve(command: i32, count: u32): i64 {
  store<u64>(reservation + xen_memory_reservation.extent_start, virtual(extents));
  store<u64>(reservation + xen_memory_reservation.nr_extents, count);
  store<u32>(reservation + xen_memory_reservation.extent_order, 0);
  store<u32>(reservation + xen_memory_reservation.mem_flags, 0);
  store<u16>(reservation + xen_memory_reservation.domid, DOMID_SELF);
  return HYPERVISOR_memory_op(command, reservation);
}
