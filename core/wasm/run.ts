/** Running: blocks one after another until the budget is used up or something is the hypervisor's business. */
import { BLOCK_COUNT } from './block-header';
import { anyBreakpoints, beginPassing, endPassing, stopsAt } from './breakpoints';
import { decodeTruncated, lookup, modeChanged } from './blocks';
import { DEBUG_BS, DEBUG_INHIBIT, breakpointAt, debugArmed, raiseDebug } from './debug';
import { faulted } from './fault';
import { execute } from './generated/loop';
import {
  CURRENT_BLOCK,
  DEBUG_HELD,
  DEBUG_PENDING,
  EXIT_BUDGET,
  EXIT_EXCEPTION,
  EXIT_NONE,
  EXIT_REASON,
  EXIT_VECTOR,
  RETIRED,
  RF,
  RIP,
  SYSTEM_FLAGS,
  TF,
  VECTOR_DB,
  VECTOR_PAGED,
} from './layout';
import { setLimit } from './leave';
import { drive } from './tiers';
import { alignmentChanged } from './paging';

/** Runs until an exit, or until `budget` instructions are retired. Returns EXIT_*. */
export function run(budget: i32): u32 {
  const start = load<u64>(RETIRED);
  store<u32>(EXIT_REASON, EXIT_NONE);
  modeChanged();
  alignmentChanged();
  let remaining = budget;
  if (anyBreakpoints() && beginPassing()) {
    const rip = load<u64>(RIP);
    // A string instruction that has not come to its end is still the same one.
    while (remaining > 0 && !faulted() && load<u64>(RIP) == rip) {
      setLimit(load<u64>(RETIRED) + 1);
      remaining = pass(remaining);
      store<u64>(RETIRED, start + <u64>(budget - remaining));
    }
    endPassing();
  }
  while (remaining > 0 && !faulted()) {
    if (load<u32>(SYSTEM_FLAGS) & TF || debugArmed()) {
      setLimit(load<u64>(RETIRED) + 1);
      remaining = step(remaining);
    } else {
      setLimit(start + <u64>budget);
      remaining = runBlocks(remaining);
    }
    store<u64>(RETIRED, start + <u64>(budget - remaining));
  }
  if (!faulted()) store<u32>(EXIT_REASON, EXIT_BUDGET);
  else if (isFault()) store<u32>(SYSTEM_FLAGS, load<u32>(SYSTEM_FLAGS) | RF);
  store<u32>(CURRENT_BLOCK, 0);
  return load<u32>(EXIT_REASON);
}

/**
 * Whether the exit is a fault, whose handler finds RF set. #DB of an instruction breakpoint has not (SDM vol. 3, 17.3.1.1); and of a
 * frame that is not here no handler is told.
 */
function isFault(): bool {
  const vector = load<u32>(EXIT_VECTOR);
  return load<u32>(EXIT_REASON) == EXIT_EXCEPTION && vector != VECTOR_DB && vector != VECTOR_PAGED;
}

/** The one instruction that a breakpoint has held up. */
function pass(remaining: i32): i32 {
  if (load<u32>(SYSTEM_FLAGS) & TF || debugArmed()) return step(remaining);
  const block = decodeTruncated(load<u64>(RIP), 1);
  if (!block) return remaining;
  store<u32>(SYSTEM_FLAGS, load<u32>(SYSTEM_FLAGS) & ~RF);
  return remaining - 1 + execute(block, 1);
}

function runBlocks(remaining: i32): i32 {
  const rip = load<u64>(RIP);
  let block = lookup(rip);
  if (block && load<u32>(block, BLOCK_COUNT) > <u32>remaining) block = decodeTruncated(rip, remaining);
  if (!block) return remaining;
  store<u32>(SYSTEM_FLAGS, load<u32>(SYSTEM_FLAGS) & ~RF);
  return drive(block, remaining);
}

/** One instruction with TF set or debug registers armed. */
function step(remaining: i32): i32 {
  const rip = load<u64>(RIP);
  if (anyBreakpoints() && stopsAt(rip, rip)) return remaining;
  const flags = load<u32>(SYSTEM_FLAGS);
  const held = load<u32>(DEBUG_HELD);
  const hits = flags & RF || held & DEBUG_INHIBIT ? 0 : breakpointAt(rip);
  if (hits) {
    raiseDebug(hits);
    return remaining;
  }
  store<u32>(DEBUG_PENDING, held & ~DEBUG_INHIBIT);
  const block = decodeTruncated(rip, 1);
  if (!block) return remaining;
  // An instruction that completes clears RF, unless it is the IRET that sets it.
  store<u32>(SYSTEM_FLAGS, flags & ~RF);
  const left = execute(block, 1);
  const after = remaining - 1 + left;
  if (left) store<u32>(SYSTEM_FLAGS, load<u32>(SYSTEM_FLAGS) | (flags & RF));
  store<u32>(DEBUG_HELD, 0);
  // What was held goes to whoever is entered: the hypervisor, who drops it.
  if (faulted()) return after;
  let pending = load<u32>(DEBUG_PENDING);
  // Of several loads of SS in a row, the first alone holds off.
  if (pending & DEBUG_INHIBIT && !(held & DEBUG_INHIBIT)) {
    store<u32>(DEBUG_HELD, pending);
    return after;
  }
  pending &= ~DEBUG_INHIBIT;
  if (flags & TF) pending |= DEBUG_BS;
  if (pending) raiseDebug(pending);
  return after;
}
