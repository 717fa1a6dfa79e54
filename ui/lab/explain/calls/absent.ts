/** Hypercalls that Xen has, or had, and that are not here: they fail with ENOSYS, as on a Xen that was built without them. */
import { row } from '../explanation.ts';
import type { HypercallRows } from '../explanation.ts';

const absent = (header: string, says: string, why: string): HypercallRows => ({
  header,
  row: row(says, why, 'hypercalls/table.ts', 'hypercallOf'),
  commands: {},
  errors: { ENOSYS: 'there is no such hypercall here' },
});

export const absentCalls: Readonly<Record<string, HypercallRows>> = {
  physdev_op_compat: absent(
    'xen.h',
    'asks for something of the devices, by the old interface',
    'The first form of physdev_op.',
  ),
  xsm_op: absent(
    'xen.h',
    'asks about security labels',
    'Xen’s security modules decide who may do what to whom: only the simplest is here.',
  ),
  xenoprof_op: absent(
    'xen.h',
    'wants to profile the machine',
    'Samples of where processors are, over all domains.',
  ),
  hvm_op: absent(
    'xen.h',
    'makes an operation on a fully virtualized domain',
    'HVM domains run an unchanged system by help of the processor. All domains here are paravirtualized.',
  ),
  tmem_op: absent(
    'xen.h',
    'wants transcendent memory',
    'A store for pages that Xen kept for domains: gone from Xen since 4.13.',
  ),
};
