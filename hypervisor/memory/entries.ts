/**
 * Page-table entries as a guest may write them, and as Xen completes them. An entry is two u32 halves: the lower one has
 * flags in bits 0..11 and frame bits in 12..31, the upper one frame bits in 0..19 and flags in 20..31 (PTE bits 52..63).
 */
export const PAGE_PRESENT = 0x001;
export const PAGE_RW = 0x002;
export const PAGE_USER = 0x004;
const PAGE_PWT = 0x008;
const PAGE_PCD = 0x010;
export const PAGE_ACCESSED = 0x020;
export const PAGE_DIRTY = 0x040;
export const PAGE_PSE = 0x080;
export const PAGE_GLOBAL = 0x100;
/** In the upper half. Xen marks what the guest meant for its kernel alone: AVAIL_HIGH bit 52. */
export const PAGE_GUEST_KERNEL_HIGH = 1 << 20;
export const PAGE_NX_HIGH = 0x8000_0000;
/** Frame bits of the upper half. */
export const FRAME_HIGH = 0x000f_ffff;

/** In an L1 entry, where no page is large: a caching attribute, like PWT and PCD. */
const PAGE_PAT = PAGE_PSE;
/**
 * L1 entries may be global. How memory is cached is for a domain with devices alone to say (PAGE_CACHE_ATTRS), and large pages
 * are nobody's.
 */
const L1_DISALLOWED = PAGE_PWT | PAGE_PCD | PAGE_PAT;
export const TABLE_DISALLOWED = PAGE_PWT | PAGE_PCD | PAGE_PSE | PAGE_GLOBAL;

/** Flags that the L1 entries of a domain may not have (l1_disallow_mask); `hasDevices` is the domain's. */
export function l1Disallowed(hasDevices: boolean): number {
  return hasDevices ? 0 : L1_DISALLOWED;
}

/** Flags that may change in an entry without looking at what it names: NX, AVAIL, G, D, A, U (of the lower half). */
const FREE_FLAGS_LOW = 0xe00 | PAGE_GLOBAL | PAGE_DIRTY | PAGE_ACCESSED | PAGE_USER;

/** First and last L4 slot that are Xen's own. */
export const FIRST_XEN_SLOT = 256;
export const LAST_XEN_SLOT = 271;

export function isGuestL4Slot(slot: number): boolean {
  return slot < FIRST_XEN_SLOT || slot > LAST_XEN_SLOT;
}

/** The frame an entry names, or -1 where it is beyond 2^32 frames. */
export function entryFrame(low: number, high: number): number {
  return high & 0xf_f000 ? -1 : ((low >>> 12) | ((high & 0xfff) << 20)) >>> 0;
}

/** Whether two entries differ in what needs validation: P, RW, cache attributes, the frame. */
export function differsInSubstance(low: number, high: number, newLow: number, newHigh: number): boolean {
  return ((low ^ newLow) & ~FREE_FLAGS_LOW) !== 0 || ((high ^ newHigh) & FRAME_HIGH) !== 0;
}

/**
 * The lower half of a present L1 entry as Xen installs it. Guest kernel and guest user both run at CPL 3, so both need
 * U: a page the guest marked for its kernel alone gets GUEST_KERNEL (see `adjustL1High`), any other is global.
 */
export function adjustL1Low(low: number, high: number): number {
  if (!(low & PAGE_PRESENT)) return low;
  if (!(low & PAGE_USER) || high & PAGE_GUEST_KERNEL_HIGH) return (low | PAGE_USER) >>> 0;
  return (low | PAGE_USER | PAGE_GLOBAL) >>> 0;
}

/** The upper half of a present L1 entry as Xen installs it; `low` as the guest gave it. */
export function adjustL1High(low: number, high: number): number {
  if ((low & (PAGE_PRESENT | PAGE_USER)) === PAGE_PRESENT) return (high | PAGE_GUEST_KERNEL_HIGH) >>> 0;
  return high;
}

/** The lower half of an L2 to L4 entry as Xen installs it. L4 entries are marked accessed, as Xen does. */
export function adjustTableLow(low: number, level: number): number {
  if (!(low & PAGE_PRESENT)) return low;
  return (level === 4 ? low | PAGE_USER | PAGE_ACCESSED : low | PAGE_USER) >>> 0;
}
