/**
 * Pages of a paravirtualized domain whose contents come later (post-copy). **No header of Xen's**: the real one pages HVM domains alone
 * (domctl's vm_event_op, memory_op's paging_op), whose frames have a p2m between them and their guest. The operations are called as
 * there. The number is far beyond domctl's own.
 */
import { handle, struct, u32, u64 } from './layout.ts';

export const XEN_DOMCTL_pv_paging_op = 0x7000_0001;

/** The caller is the domain's pager: `port`, of its own, is raised when somebody waits for a page. */
export const XEN_DOMCTL_PV_PAGING_ENABLE = 0;
/** `frames`: whose contents are not here, though the domain has them and its page tables name them. */
export const XEN_DOMCTL_PV_PAGING_EVICT = 1;
/** Frames that somebody waits for and that were not told yet: at most `num` into `frames`; `num`: how many. */
export const XEN_DOMCTL_PV_PAGING_POPULATE = 2;
/** Contents of `frames`, one page behind the other in `buffer`. What is not awaited any more is passed over. */
export const XEN_DOMCTL_PV_PAGING_PREP = 3;
/** Nothing is awaited any more. */
export const XEN_DOMCTL_PV_PAGING_DISABLE = 4;

/** `frames`: u64 each, at most 1024. `left`: of EVICT, PREP and POPULATE, pages that are not here. */
export const xen_domctl_pv_paging_op = struct({
  op: u32,
  port: u32,
  num: u64,
  frames: handle,
  buffer: handle,
  left: u64,
});
