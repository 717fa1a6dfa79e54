/** Time is told in nanoseconds: what other units of it come to. */
export const NS_PER_MS: u64 = 1_000_000;
export const NS_PER_SECOND: u64 = 1_000_000_000;
