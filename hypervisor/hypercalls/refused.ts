/** Hypercalls that a domain of this hypervisor may not make, or that Xen 4.17 does not have, with what it answers. */
import { xen_control, XENPF_INTERFACE_VERSION } from '../abi/control.ts';
import { EACCES, EFAULT, ENOSYS, EOPNOTSUPP, EPERM } from '../abi/errno.ts';
import * as xen from '../abi/xen.ts';
import type { Hypercall } from './hypercall.ts';

function refuse(number: number, name: string, errno: number): Hypercall {
  return { number, name, args: [{ name: 'argument', kind: 'va' }], handler: () => -errno };
}

const head = new Uint32Array(xen_control.size / 4);

/** A control interface: -EFAULT, or -EACCES to who speaks another version of it, before -EPERM, or -ENOSYS to who may. */
function control(number: number, name: string, version: number): Hypercall {
  return {
    number,
    name,
    args: [{ name: 'argument', kind: 'va' }],
    handler(context, argument) {
      if (!context.read(argument, head)) return -EFAULT;
      if (head[xen_control.offset.interface_version / 4] !== version) return -EACCES;
      return context.domain.isPrivileged ? -ENOSYS : -EPERM;
    },
  };
}

export const refused: readonly Hypercall[] = [
  // The privileged domain's: there is none of its commands yet.
  control(xen.HYPERVISOR_platform_op, 'platform_op', XENPF_INTERFACE_VERSION),
  refuse(xen.HYPERVISOR_kexec_op, 'kexec_op', EPERM),
  refuse(xen.HYPERVISOR_dm_op, 'dm_op', EPERM),
  refuse(xen.HYPERVISOR_hypfs_op, 'hypfs_op', EPERM),
  refuse(xen.HYPERVISOR_mca, 'mca', EPERM),
  // Argo is not built in; the virtual performance counters are off unless Xen's command line turns them on.
  refuse(xen.HYPERVISOR_argo_op, 'argo_op', ENOSYS),
  refuse(xen.HYPERVISOR_xenpmu_op, 'xenpmu_op', EOPNOTSUPP),
];
