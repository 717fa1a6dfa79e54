/**
 * What others have granted: a backend maps the pages of rings into slots of the window, and lets Xen copy data, many pieces
 * in one hypercall. What is in a page of a domain's that has just come from another host may not be here yet (GNTST_eagain): who may
 * wait tries again until it is, as Linux's backends do (gnttab_retry_eagain_gop); Xen has asked for it by then.
 */
import * as xen from 'xen';
import { DOMID_SELF, GNTMAP_host_map, GNTST_eagain, GNTST_okay, gnttab_copy } from 'xen';
import { gnttab_map_grant_ref, gnttab_unmap_grant_ref } from 'xen';
import { HYPERVISOR_grant_table_op } from '../../kernel/xen/hypercalls';
import { virtual } from '../../kernel/xen/intrinsics';
import { MILLISECOND, now } from '../../kernel/events/clock';
import { PAGE_SIZE } from '../../kernel/memory/pages';
import { mfnOf } from '../../kernel/memory/pagetable';
import { freeSlots, takeSlots } from '../../kernel/memory/window';
import { sleepUntil } from '../../kernel/threads/wait';

const MAX_PAGES: u32 = 16;
/** How long it takes until one looks again, and how often: as Linux has it, about half a minute in all. */
export const AGAIN_NS: u64 = MILLISECOND;
const TIMES: u32 = 30_000;
const request: usize = memory.data(40, 8);

/** Pages of another domain's in a row, mapped for as long as this is there. */
export class GrantedPages {
  at: usize = 0;
  count: u32 = 0;
  private handles: StaticArray<u32> = new StaticArray<u32>(MAX_PAGES);

  /** Maps one more page, for `room` of which there is room; waits for it. False: the grant does not allow it. */
  add(domid: u32, ref: u32, room: u32): bool {
    if (this.at == 0) this.at = takeSlots(room);
    if (this.at == 0 || this.count == min(room, MAX_PAGES)) return false;
    for (let times: u32 = 0; !this.map(domid, ref); times++) {
      const isLater = load<i16>(request + gnttab_map_grant_ref.status) == GNTST_eagain;
      if (!isLater || times == TIMES || !sleepUntil(now() + AGAIN_NS)) return false;
    }
    this.handles[this.count++] = load<u32>(request + gnttab_map_grant_ref.handle);
    return true;
  }

  /** Whether it could be mapped, behind those that are; `request` says why not. */
  private map(domid: u32, ref: u32): bool {
    memory.fill(request, 0, gnttab_map_grant_ref.SIZE);
    store<u64>(request + gnttab_map_grant_ref.host_addr, virtual(this.at + this.count * PAGE_SIZE));
    store<u32>(request + gnttab_map_grant_ref.flags, GNTMAP_host_map);
    store<u32>(request + gnttab_map_grant_ref.ref, ref);
    store<u16>(request + gnttab_map_grant_ref.dom, <u16>domid);
    if (HYPERVISOR_grant_table_op(xen.GNTTABOP_map_grant_ref, request, 1) != 0) return false;
    return load<i16>(request + gnttab_map_grant_ref.status) == GNTST_okay;
  }

  /** Lets go of all, `room` as in `add`. */
  release(room: u32): void {
    while (this.count > 0) {
      this.count--;
      memory.fill(request, 0, gnttab_unmap_grant_ref.SIZE);
      store<u64>(request + gnttab_unmap_grant_ref.host_addr, virtual(this.at + this.count * PAGE_SIZE));
      store<u32>(request + gnttab_unmap_grant_ref.handle, this.handles[this.count]);
      HYPERVISOR_grant_table_op(xen.GNTTABOP_unmap_grant_ref, request, 1);
    }
    if (this.at != 0) freeSlots(this.at, room);
    this.at = 0;
  }
}

const MAX_COPIES: u32 = 64;
const copies: usize = memory.data(40 * 64, 8);
let count: u32 = 0;
let failed: bool = false;
let isLater: bool = false;

/**
 * Asks for a copy of bytes between a granted page, which they do not go beyond, and linear memory. It is done by
 * `finishCopies`, or before.
 */
export function copyGranted(domid: u32, ref: u32, offset: u32, at: usize, bytes: u32, toThem: bool): void {
  while (bytes > 0) {
    // Ours are pages of no particular order to Xen.
    const part = min(bytes, <u32>(PAGE_SIZE - (at & (PAGE_SIZE - 1))));
    copyPart(domid, ref, offset, at, part, toThem);
    offset += part;
    at += part;
    bytes -= part;
  }
}

function copyPart(domid: u32, ref: u32, offset: u32, at: usize, bytes: u32, toThem: bool): void {
  if (count == MAX_COPIES) sendCopies();
  const copy = copies + count++ * gnttab_copy.SIZE;
  const theirs = copy + (toThem ? gnttab_copy.dest_u_ref : gnttab_copy.source_u_ref);
  const ours = copy + (toThem ? gnttab_copy.source_u_ref : gnttab_copy.dest_u_ref);
  memory.fill(copy, 0, gnttab_copy.SIZE);
  store<u32>(theirs, ref);
  store<u16>(theirs + DOMID_AT, <u16>domid);
  store<u16>(theirs + OFFSET_AT, <u16>offset);
  store<u64>(ours, mfnOf(at & ~(PAGE_SIZE - 1)));
  store<u16>(ours + DOMID_AT, <u16>DOMID_SELF);
  store<u16>(ours + OFFSET_AT, <u16>(at & (PAGE_SIZE - 1)));
  store<u16>(copy + gnttab_copy.len, <u16>bytes);
  store<u16>(copy + gnttab_copy.flags, <u16>(toThem ? xen.GNTCOPY_dest_gref : xen.GNTCOPY_source_gref));
}

const DOMID_AT: usize = gnttab_copy.source_domid - gnttab_copy.source_u_ref;
const OFFSET_AT: usize = gnttab_copy.source_offset - gnttab_copy.source_u_ref;

function sendCopies(): void {
  if (count == 0) return;
  if (HYPERVISOR_grant_table_op(xen.GNTTABOP_copy, copies, count) != 0) failed = true;
  for (let index: u32 = 0; index < count; index++) {
    const status = load<i16>(copies + index * gnttab_copy.SIZE + gnttab_copy.status);
    if (status != GNTST_okay) failed = true;
    if (status == GNTST_eagain) isLater = true;
  }
  count = 0;
}

/** Makes the copies that were asked for. False: not all of them could be made. */
export function finishCopies(): bool {
  sendCopies();
  const done = !failed;
  failed = false;
  isLater = false;
  return done;
}

/** Whether what was asked for last failed for a page alone that is not here yet: it has been asked for. Before `finishCopies`. */
export function mustCopyAgain(): bool {
  sendCopies();
  return isLater;
}

/** A while until what was not here may be. False: the thread is to end. */
export function waitToCopyAgain(): bool {
  return sleepUntil(now() + AGAIN_NS);
}
