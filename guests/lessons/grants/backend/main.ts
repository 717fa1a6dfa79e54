/** The kernel that serves: it is made first, and is domain 1. It maps the page that domain 2 grants, and adds up what is in it. */
import * as xen from 'xen';
import { gnttab_map_grant_ref, gnttab_unmap_grant_ref } from 'xen';
import { initKernel } from 'kernel/boot';
import { print, printNumber } from 'kernel/console/print';
import { now, SECOND } from 'kernel/events/clock';
import { takeSlots } from 'kernel/memory/window';
import { sleepUntil } from 'kernel/threads/wait';
import { HYPERVISOR_grant_table_op } from 'kernel/xen/hypercalls';
import { virtual } from 'kernel/xen/intrinsics';

const FRONTEND: u32 = 2;
/** The first reference that a kernel may give out. */
const REF: u32 = xen.GNTTAB_NR_RESERVED_ENTRIES;

// As in the frontend.
const STATE: usize = 0;
const LENGTH: usize = 4;
const ANSWER: usize = 8;
const DATA: usize = 16;
const REQUEST: u32 = 1;
const ANSWERED: u32 = 2;
const LET_GO: u32 = 3;
const REFUSED: u32 = 4;

/** Room for the data of a request. */
const MOST: u32 = 64;
const buffer: usize = memory.data(64, 8);

const call: usize = memory.data(64, 8);
let handle: u32 = 0;

function wait(milliseconds: u64): void {
  sleepUntil(now() + (milliseconds * SECOND) / 1000);
}

/** Maps the frontend's page, to be written if that is allowed, else to be read: whether it is there. */
function map(at: usize): bool {
  return mapWith(at, xen.GNTMAP_host_map) || mapWith(at, xen.GNTMAP_host_map | xen.GNTMAP_readonly);
}

function mapWith(at: usize, flags: u32): bool {
  memory.fill(call, 0, gnttab_map_grant_ref.SIZE);
  store<u64>(call + gnttab_map_grant_ref.host_addr, virtual(at));
  store<u32>(call + gnttab_map_grant_ref.flags, flags);
  store<u32>(call + gnttab_map_grant_ref.ref, REF);
  store<u16>(call + gnttab_map_grant_ref.dom, <u16>FRONTEND);
  HYPERVISOR_grant_table_op(xen.GNTTABOP_map_grant_ref, call, 1);
  handle = load<u32>(call + gnttab_map_grant_ref.handle);
  return load<i16>(call + gnttab_map_grant_ref.status) == xen.GNTST_okay;
}

function unmap(at: usize): void {
  memory.fill(call, 0, gnttab_unmap_grant_ref.SIZE);
  store<u64>(call + gnttab_unmap_grant_ref.host_addr, virtual(at));
  store<u32>(call + gnttab_unmap_grant_ref.handle, handle);
  HYPERVISOR_grant_table_op(xen.GNTTABOP_unmap_grant_ref, call, 1);
}

/** Answers the request in the shared page, if there is one. */
function serve(page: usize): void {
  if (load<u32>(page + STATE) != REQUEST) return;
  if (load<u32>(page + LENGTH) > MOST) {
    store<u32>(page + STATE, REFUSED);
    return;
  }
  // A disk would take as long.
  wait(20);
  memory.copy(buffer, page + DATA, load<u32>(page + LENGTH));
  let sum: u32 = 0;
  for (let n: u32 = 0; n < load<u32>(page + LENGTH); n++) sum += load<u8>(buffer + n);
  store<u32>(page + ANSWER, sum);
  store<u32>(page + STATE, ANSWERED);
}

export function main(): void {
  initKernel();
  const page = takeSlots(1);
  while (!map(page)) wait(10);
  print('mapped\n');
  while (load<u32>(page + STATE) != LET_GO) {
    serve(page);
    wait(5);
  }
  unmap(page);
  print('unmapped\n');
  for (;;) wait(1000);
}
