/** Pages, as hypercalls count them. */
export const PAGE_BYTES: u64 = 4096;
