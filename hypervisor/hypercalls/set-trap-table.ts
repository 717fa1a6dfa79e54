/**
 * set_trap_table(traps): registers the handlers of exceptions and software interrupts of the calling vcpu. `traps` is an
 * array of trap_info, ended by an entry whose address is 0; a null pointer drops all handlers. -EFAULT, -EINVAL for a code
 * selector that is Xen's own ring 0.
 */
import { fromHalves, isCanonical } from '../../core/machine.ts';
import { trap_info } from '../abi/arch-x86.ts';
import { EFAULT, EINVAL } from '../abi/errno.ts';
import { HYPERVISOR_set_trap_table } from '../abi/xen.ts';
import { setHandler } from '../domain/trap-table.ts';
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
