/** Time is told in nanoseconds everywhere: what other units of it come to. */
export const NS_PER_US = 1000;
export const NS_PER_MS = 1_000_000;
export const NS_PER_SECOND = 1_000_000_000;
