/**
 * What executes a block: the interpreter's loop, or code that the translator made of it when it had become hot. A block counts
 * its entries down (BLOCK_HEAT), so that nothing but retired instructions decides when it is translated.
 */
import { BLOCK_CODE, BLOCK_COUNT, BLOCK_ENTRY, BLOCK_HEAT } from './block-header';
import { COLD, lookup } from './blocks';
import { execute } from './generated/loop';
import { takeHanded, translate } from './handover';
import { CURRENT_BLOCK, RETIRED_TRANSLATED, RIP } from './layout';
import { leave, stopAt } from './leave';

/** Executes blocks from `block` on, which fits into the budget; returns how many instructions are left. See run.ts. */
export function drive(block: u32, budget: i32): i32 {
  let remaining = budget;
  while (true) {
    const code = codeOf(block);
    if (!code) {
      remaining = execute(block, remaining);
      block = takeHanded();
      if (!block) return remaining;
      continue;
    }
    store<u32>(CURRENT_BLOCK, 0);
    const left = call_indirect<i32>(code, load<u16>(block, BLOCK_ENTRY), remaining);
    // What the loop would return from for, a fault or an instruction overwritten, comes as its complement.
    const after = left < 0 ? ~left : left;
    store<u64>(RETIRED_TRANSLATED, load<u64>(RETIRED_TRANSLATED) + <u64>(remaining - after));
    if (left < 0) return after;
    if (after == remaining) {
      // It does not fit into what is left: the region looks at the budget for more than a block (core/translator/checkpoints.ts).
      remaining = execute(block, remaining);
      block = takeHanded();
      if (!block) return remaining;
      continue;
    }
    remaining = after;
    const rip = load<u64>(RIP);
    if (!remaining) return stopAt(rip);
    block = lookup(rip);
    if (!block) return remaining;
    if (load<i32>(block, BLOCK_COUNT) > remaining) return leave(block, remaining);
  }
}

/**
 * The table's index of a block's code; a block that has just become hot is translated. 0: it is interpreted. An entry counts here as
 * it does in the loop: much is only ever come to from translated code.
 */
function codeOf(block: u32): u32 {
  const code = load<u32>(block, BLOCK_CODE);
  if (code) return code;
  const heat = load<i32>(block, BLOCK_HEAT);
  if (heat > 0) {
    store<i32>(block, heat - 1, BLOCK_HEAT);
    return 0;
  }
  store<i32>(block, COLD, BLOCK_HEAT);
  translate(block);
  return load<u32>(block, BLOCK_CODE);
}
