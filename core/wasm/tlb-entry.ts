/** A TLB entry (paging.ts): offsets of its parts. The tag for reads is at 0. */
export const WRITE_TAG: u32 = 8;
export const EXECUTE_TAG: u32 = 16;
export const ADDEND: u32 = 24;
