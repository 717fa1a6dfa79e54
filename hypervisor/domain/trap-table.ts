/** A vcpu's exception handlers, as set_trap_table and a context give them. */
import { fromHalves } from '../../core/machine.ts';
import type { TrapTable } from '../state/vcpu.ts';

/** Takes one trap_info from `words[at]` as the entry of a vector. */
export function setHandler(table: TrapTable, vector: number, words: Uint32Array, at: number): void {
  table.vectors[vector] = words[at]! & 0xff;
  table.addresses[vector] = fromHalves(words[at + 2]!, words[at + 3]!);
  table.selectors[vector] = fixSelector(words[at]! >>> 16);
  table.flags[vector] = (words[at]! >>> 8) & 0xff;
}

/** fixup_guest_code_selector: selectors that a handler may have are of ring 3. */
function fixSelector(selector: number): number {
  return (selector & 3) === 3 ? selector : selector | 3;
}
