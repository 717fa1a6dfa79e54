/**
 * Room to grow: a domain that may have more memory than it starts with (maxmem) has numbers for those pages from the start, a p2m
 * list that is long enough, and tables of the window. Pages that it has not got yet are in the balloon.
 */
import { DOMID_SELF, start_info, XENMEM_maximum_reservation } from 'xen';
import { HYPERVISOR_memory_op } from '../xen/hypercalls';
import { window } from '../xen/intrinsics';
import { isDomain0, startInfo } from '../xen/start-info';
import { addPages, PAGE_SIZE } from './pages';
import { NO_FRAME, P2M_ENTRY_BYTES, p2mLength, p2mList, setP2m } from './pagetable';
import { MAX_PAGES } from './window';

/** Toolstacks let a domain have a MiB more than they tell it (LIBXL_MAXMEM_CONSTANT). */
const SLACK_PAGES: usize = 256;
/** What is kept of each page takes some fifty bytes: of so many times its memory, a sixth of it. */
const MOST_TIMES: usize = 16;

const domid: usize = memory.data(8, 8);

/** Pages that the domain has at its start. */
export function startPages(): usize {
  return min(<usize>load<u64>(startInfo() + start_info.nr_pages), MAX_PAGES);
}

/** Pages that it may have at any time. Domain 0 has at its start what it may have. */
export function mostPages(): usize {
  const pages = startPages();
  if (isDomain0()) return pages;
  store<u16>(domid, DOMID_SELF);
  const limit = HYPERVISOR_memory_op(XENMEM_maximum_reservation, domid);
  if (limit <= <i64>(pages + SLACK_PAGES)) return pages;
  return min(<usize>min<i64>(limit - SLACK_PAGES, MAX_PAGES), pages * MOST_TIMES);
}

/** What the longer list takes: it begins at a page. */
export function listBytes(pages: usize): usize {
  return pages == p2mLength() ? 0 : (pages * P2M_ENTRY_BYTES + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

/** Makes the p2m list of the builder one of `pages` pages, at `at`. */
export function lengthenP2m(at: usize, pages: usize): void {
  const known = p2mLength() * P2M_ENTRY_BYTES;
  memory.copy(at, p2mList(), known);
  for (let n = known; n < pages * P2M_ENTRY_BYTES; n += P2M_ENTRY_BYTES) store<u64>(at + n, NO_FRAME);
  setP2m(at, pages);
}

/** Gives the builder's list to the allocator, where there is another now. */
export function freeFirstP2m(): void {
  const first = <usize>(load<u64>(startInfo() + start_info.mfn_list) - window());
  if (first == p2mList()) return;
  const bytes = startPages() * P2M_ENTRY_BYTES;
  addPages(first, (first + bytes + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1));
}
