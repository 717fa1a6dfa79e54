/**
 * Grants: how this domain lets another one reach a page. An entry of the table, shared with Xen, names who may use which
 * frame; its number, the reference, is told to the other. Free entries form a list through their frame fields.
 */
import {
  DOMID_SELF,
  GNTTABOP_setup_table,
  GNTTAB_NR_RESERVED_ENTRIES,
  gnttab_setup_table,
  grant_entry_v1,
} from 'xen';
import { GTF_permit_access, GTF_readonly, GTF_reading, GTF_writing, GNTST_okay } from 'xen';
import { HYPERVISOR_grant_table_op } from '../xen/hypercalls';
import { virtual } from '../xen/intrinsics';
import { PAGE_SHIFT, PAGE_SIZE } from '../memory/pages';
import { mfnOf } from '../memory/pagetable';
import { mapForeign, takeSlots, unmapPage } from '../memory/window';

/** Pages of the table. */
const FRAMES: u32 = 4;
const ENTRIES: u32 = (FRAMES * 4096) / 8;

let table: usize = 0;
/** The first free reference; 0: none, for references below GNTTAB_NR_RESERVED_ENTRIES are the toolstack's. */
let free: u32 = 0;

const request: usize = memory.data(24, 8);
const frames: usize = memory.data(32, 8);

// @ts-ignore: decorator
@inline
function entry(ref: u32): usize {
  return table + ref * grant_entry_v1.SIZE;
}

/** Asks Xen for the table and maps it, all entries free. Again when the domain was restored: the table is a new one. */
export function initGrants(): void {
  mapGrants();
  free = 0;
  for (let ref: u32 = ENTRIES - 1; ref >= <u32>GNTTAB_NR_RESERVED_ENTRIES; ref--) release(ref);
}

/** Whether there is a table. */
export function hasGrants(): bool {
  return table != 0;
}

/** Maps the table that there is. */
export function mapGrants(): void {
  store<u16>(request + gnttab_setup_table.dom, DOMID_SELF);
  store<u32>(request + gnttab_setup_table.nr_frames, FRAMES);
  store<u64>(request + gnttab_setup_table.frame_list, virtual(frames));
  const failed = HYPERVISOR_grant_table_op(GNTTABOP_setup_table, request, 1);
  assert(failed == 0 && load<i16>(request + gnttab_setup_table.status) == GNTST_okay, 'no grant table');
  if (table == 0) table = takeSlots(FRAMES);
  for (let index: usize = 0; index < FRAMES; index++)
    mapForeign(table + index * PAGE_SIZE, load<u64>(frames + index * 8));
}

/** The table is Xen's: a domain that is saved maps none of it. */
export function unmapGrants(): void {
  for (let index: usize = 0; index < FRAMES; index++) unmapPage(table + index * PAGE_SIZE);
}

function release(ref: u32): void {
  store<u16>(entry(ref) + grant_entry_v1.flags, 0);
  store<u32>(entry(ref) + grant_entry_v1.frame, free);
  free = ref;
}

/** Lets domain `domid` map or copy a page. The reference; 0: the table is full. */
export function grantAccess(domid: u32, page: usize, readOnly: bool): u32 {
  if (table == 0) initGrants();
  const ref = free;
  if (ref == 0) return 0;
  free = load<u32>(entry(ref) + grant_entry_v1.frame);
  store<u16>(entry(ref) + grant_entry_v1.domid, <u16>domid);
  store<u32>(entry(ref) + grant_entry_v1.frame, <u32>mfnOf(page & ~((1 << PAGE_SHIFT) - 1)));
  // The flags come last: from then on the entry counts.
  atomic.store<u16>(
    entry(ref) + grant_entry_v1.flags,
    <u16>(GTF_permit_access | (readOnly ? GTF_readonly : 0)),
  );
  return ref;
}

/** Takes a grant back. False: the other one still has the page mapped, and the grant stays. */
export function endAccess(ref: u32): bool {
  const at = entry(ref) + grant_entry_v1.flags;
  const flags = atomic.load<u16>(at);
  if ((flags & (GTF_reading | GTF_writing)) != 0) return false;
  if (atomic.cmpxchg<u16>(at, flags, 0) != flags) return false;
  release(ref);
  return true;
}
