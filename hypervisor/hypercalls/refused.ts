/** Hypercalls that a domain of this hypervisor may not make, or that Xen 4.17 does not have, with what it answers. */
import { ENOSYS, EOPNOTSUPP, EPERM } from '../abi/errno.ts';
import * as xen from '../abi/xen.ts';
import type { Hypercall } from './hypercall.ts';

function refuse(number: number, name: string, errno: number): Hypercall {
  return { number, name, args: [{ name: 'argument', kind: 'va' }], handler: () => -errno };
}

export const refused: readonly Hypercall[] = [
  refuse(xen.HYPERVISOR_kexec_op, 'kexec_op', EPERM),
  refuse(xen.HYPERVISOR_dm_op, 'dm_op', EPERM),
  refuse(xen.HYPERVISOR_mca, 'mca', EPERM),
  // Argo is not built in; the virtual performance counters are off unless Xen's command line turns them on.
  refuse(xen.HYPERVISOR_argo_op, 'argo_op', ENOSYS),
  refuse(xen.HYPERVISOR_xenpmu_op, 'xenpmu_op', EOPNOTSUPP),
];
