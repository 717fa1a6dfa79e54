/**
 * Debug registers (SDM vol. 3, 17.2): instruction breakpoints, data watchpoints, and what #DB leaves in DR6.
 *
 * While a breakpoint is enabled the main loop goes instruction by instruction and the TLB caches no data page, so that
 * every access passes `watchHit`; otherwise they cost nothing. I/O breakpoints (CR4.DE) are the hypervisor's: it does the I/O.
 */
import { raise } from './fault';
import { DR, DR6, DR7, EXIT_ADDRESS, VECTOR_DB } from './layout';

/** DR6.BS: single step. */
export const DEBUG_BS: u32 = 0x4000;
/** In DEBUG_PENDING and DEBUG_HELD, not in DR6: the instruction loaded SS, which holds #DB off until after the next one. */
export const DEBUG_INHIBIT: u32 = 0x80000000;
/** DR6.B0..B3, which each #DB sets afresh. */
const DR6_HITS: u64 = 0xf;
/** The bits of DR6 that always read 1. */
const DR6_FIXED: u64 = 0xffff0ff0;
/** DR7.L0..G3: what is enabled. */
const DR7_ENABLES: u32 = 0xff;
/** DR7.GD, which #DB clears. */
const DR7_GD: u64 = 0x2000;

/** DR7.R/Wn. */
const ON_EXECUTE: u32 = 0;
const ON_WRITE: u32 = 1;
const ON_IO: u32 = 2;

/** Whether any breakpoint is enabled. */
// @ts-ignore: decorator
@inline
export function debugArmed(): bool {
  return (load<u32>(DR7) & DR7_ENABLES) != 0;
}

// @ts-ignore: decorator
@inline
function isEnabled(n: u32): bool {
  return ((load<u32>(DR7) >> (n * 2)) & 3) != 0;
}

/** DR7.R/Wn in bits 0..1 and DR7.LENn in bits 2..3. */
// @ts-ignore: decorator
@inline
function conditionOf(n: u32): u32 {
  return (load<u32>(DR7) >> (16 + n * 4)) & 15;
}

/** The instruction breakpoints at `rip`, as DR6.B0..B3. The caller looks at RFLAGS.RF. */
export function breakpointAt(rip: u64): u32 {
  let hits: u32 = 0;
  for (let n: u32 = 0; n < 4; n++) {
    if (isEnabled(n) && conditionOf(n) == ON_EXECUTE && load<u64>(DR + n * 8) == rip) hits |= 1 << n;
  }
  return hits;
}

/** The watchpoints that an access of `bytes` bytes at a linear address touches, as DR6.B0..B3. */
export function watchHit(address: u64, bytes: u32, isWrite: bool): u32 {
  let hits: u32 = 0;
  for (let n: u32 = 0; n < 4; n++) {
    const kind = conditionOf(n) & 3;
    if (!isEnabled(n) || kind == ON_EXECUTE || kind == ON_IO || (kind == ON_WRITE && !isWrite)) continue;
    const length = watchedBytes(conditionOf(n) >> 2);
    const start = load<u64>(DR + n * 8) & ~(length - 1);
    // By the last bytes: those behind them may be at 0.
    if (address <= start + (length - 1) && start <= address + <u64>(bytes - 1)) hits |= 1 << n;
  }
  return hits;
}

/** DR7.LENn: 0 one byte, 1 two, 2 eight, 3 four. */
function watchedBytes(code: u32): u64 {
  return code == 2 ? 8 : <u64>code + 1;
}

/**
 * Raises #DB for `hits` (DR6.B0..B3, DEBUG_BS) and leaves them in DR6, where BS stays until software clears it. The exit's
 * address is `hits` alone, for who keeps a DR6 of its own.
 */
export function raiseDebug(hits: u32): void {
  store<u64>(DR6, (load<u64>(DR6) & ~DR6_HITS) | DR6_FIXED | (<u64>hits));
  store<u64>(DR7, load<u64>(DR7) & ~DR7_GD);
  raise(VECTOR_DB, 0);
  store<u64>(EXIT_ADDRESS, <u64>hits);
}
