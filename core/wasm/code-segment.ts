/** What CS makes of code: the processor's mode, and outside 64-bit mode its base and limit. Every look-up of a block asks. */
import { CODE_BASE, CODE_LIMIT, LIMITS, REGS, SEG_CS, SLOT_SEGMENT } from './layout';
import { modeOf } from './segments';

/** The mode, as `modeOf` says it. */
let mode: u32 = 0;

/** Reads CS anew. Whether blocks of compatibility mode are not valid any more. */
export function readCodeSegment(): bool {
  mode = modeOf();
  if (!mode) return false;
  const base = load<u32>(REGS + (SLOT_SEGMENT + SEG_CS) * 8);
  const limit = load<u32>(LIMITS + SEG_CS * 4);
  if (base == load<u32>(CODE_BASE) && limit == load<u32>(CODE_LIMIT)) return false;
  store<u32>(CODE_BASE, base);
  store<u32>(CODE_LIMIT, limit);
  return true;
}

/** Linear address of an instruction pointer. */
// @ts-ignore: decorator
@inline
export function linearOf(rip: u64): u64 {
  return mode ? (rip + load<u32>(CODE_BASE)) & 0xffffffff : rip;
}

/** Whether the byte at a linear address lies inside CS, outside 64-bit mode. */
export function insideSegment(linear: u64): bool {
  return <u32>linear - load<u32>(CODE_BASE) <= load<u32>(CODE_LIMIT);
}

// @ts-ignore: decorator
@inline
export function currentMode(): u32 {
  return mode;
}
