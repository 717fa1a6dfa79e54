/**
 * set_trap_table(traps): registers the handlers of exceptions and software interrupts of the calling vcpu. `traps` is an
 * array of trap_info, ended by an entry whose address is 0; a null pointer drops all handlers. -EFAULT, -EINVAL for a code
 * selector that is Xen's own ring 0.
 */
import { fromHalves, isCanonical } from '../../core/machine.ts';
import { trap_info } from '../abi/arch-x86.ts';
import { EFAULT, EINVAL } from '../abi/errno.ts';
import { HYPERVISOR_set_trap_table } from '../abi/xen.ts';
import type { TrapTable } from '../state/vcpu.ts';
import type { Hypercall } from './hypercall.ts';

const entry = new Uint32Array(trap_info.size / 4);

export const setTrapTable: Hypercall = {
  number: HYPERVISOR_set_trap_table,
  name: 'set_trap_table',
  args: [{ name: 'traps', kind: 'va' }],
  handler(context, traps) {
    const table = context.vcpu.traps;
    if (traps === 0) {
      table.addresses.fill(0);
      table.selectors.fill(0);
      table.vectors.fill(0);
      table.flags.fill(0);
      return 0;
    }
    for (let va = traps; ; va += trap_info.size) {
      if (va !== traps && context.preemptCheck()) return context.continueWith(va);
      if (!context.read(va, entry)) return -EFAULT;
      if (entry[2] === 0 && entry[3] === 0) return 0;
      if (!isCanonical(fromHalves(entry[2]!, entry[3]!))) return -EINVAL;
      setHandler(table, entry[0]! & 0xff, entry, 0);
    }
  },
};

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
