/**
 * Breakpoints of whoever watches: not the guest's debug registers, and nothing that a guest can see. A run comes back before
 * it executes an instruction at one of these linear addresses, and executes it when it is run again.
 *
 * Blocks are kept by machine addresses, and their frame may be mapped more than once: what holds for a breakpoint holds for all
 * instructions at its offset in any page. No block goes on past one, none is linked to one that begins there, and those are not
 * translated: so only looking a block up needs to ask, and where there are no breakpoints, that costs a load.
 */
import { BREAKPOINTS, BREAKPOINT_COUNT, BREAKPOINT_RIP, EXIT_BREAKPOINT, EXIT_REASON, RIP } from './layout';
import { BREAKPOINT_HIT, BREAKPOINT_LIMIT } from './layout';

/** The instruction being run now is one that a breakpoint has held up before. */
let passing: bool = false;

/** Sets the list: the first `count` of BREAKPOINTS. The caller drops what was decoded. */
export function setBreakpoints(count: u32): void {
  store<u32>(BREAKPOINT_COUNT, count < <u32>BREAKPOINT_LIMIT ? count : <u32>BREAKPOINT_LIMIT);
  store<u32>(BREAKPOINT_HIT, 0);
}

// @ts-ignore: decorator
@inline
export function anyBreakpoints(): bool {
  return load<u32>(BREAKPOINT_COUNT) != 0;
}

function isBreakpoint(linear: u64): bool {
  const end: u32 = BREAKPOINTS + load<u32>(BREAKPOINT_COUNT) * 8;
  for (let at = <u32>BREAKPOINTS; at < end; at += 8) if (load<u64>(at) == linear) return true;
  return false;
}

/** Whether there is one at the offset in its page that an address has. */
export function isBreakpointOffset(linear: u64): bool {
  const end: u32 = BREAKPOINTS + load<u32>(BREAKPOINT_COUNT) * 8;
  const offset = (<u32>linear) & 0xfff;
  for (let at = <u32>BREAKPOINTS; at < end; at += 8) if ((load<u32>(at) & 0xfff) == offset) return true;
  return false;
}

/** Whether the run stops before the instruction at `rip`; it has an exit then. */
export function stopsAt(rip: u64, linear: u64): bool {
  if (passing || !isBreakpoint(linear)) return false;
  store<u64>(RIP, rip);
  store<u32>(EXIT_REASON, EXIT_BREAKPOINT);
  store<u32>(BREAKPOINT_HIT, 1);
  store<u64>(BREAKPOINT_RIP, rip);
  return true;
}

/** At the beginning of a run: whether its first instruction has been held up before, and is to be executed now. */
export function beginPassing(): bool {
  passing = load<u32>(BREAKPOINT_HIT) != 0 && load<u64>(BREAKPOINT_RIP) == load<u64>(RIP);
  store<u32>(BREAKPOINT_HIT, 0);
  return passing;
}

export function endPassing(): void {
  passing = false;
}
