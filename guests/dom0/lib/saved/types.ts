/** What pages are, as XEN_DOMCTL_getpageframeinfo3 tells it and a stream repeats it. */
import * as xen from 'xen';

/** Whether a page of a type has content in the stream. */
export function hasContent(type: u32): bool {
  return type < xen.XEN_DOMCTL_PFINFO_BROKEN;
}

/** Of a page table, its level; 0: it is none. */
export function levelOf(type: u32): u32 {
  return hasContent(type)
    ? (type & xen.XEN_DOMCTL_PFINFO_LTABTYPE_MASK) >> xen.XEN_DOMCTL_PFINFO_LTAB_SHIFT
    : 0;
}
