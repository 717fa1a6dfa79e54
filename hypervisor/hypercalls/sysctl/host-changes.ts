/** What would change the machine under Xen or Xen itself: processors that go and come, their power, patches. There is none of it here. */
import { E2BIG, EINVAL, ENOENT, ENOSYS, EOPNOTSUPP } from '../../abi/errno.ts';
import * as abi from '../../abi/sysctl.ts';
import type { StructOf } from '../../memory/guest-struct.ts';
import type { ControlBuffer } from '../control.ts';
import type { HypercallContext } from '../hypercall.ts';

/** The processor that booted: Xen needs it. */
const BOOT_CPU = 0;
/** Of the list of patches, when none has come yet. */
const FIRST_VERSION = 1;

/**
 * XEN_SYSCTL_cpu_hotplug: -EINVAL to bring up one that is up or not there, to take the first down or one that is not there.
 * Others cannot be taken down here, nor threads of a core: -EOPNOTSUPP.
 */
export function hotplug({ hypervisor }: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xen_sysctl_cpu_hotplug);
  const cpu = op.get('cpu');
  switch (op.get('op')) {
    case abi.XEN_SYSCTL_CPU_HOTPLUG_ONLINE:
      return -EINVAL;
    case abi.XEN_SYSCTL_CPU_HOTPLUG_OFFLINE:
      return cpu === BOOT_CPU || cpu >= hypervisor.pcpus.length ? -EINVAL : -EOPNOTSUPP;
    default:
      return -EOPNOTSUPP;
  }
}

/**
 * XEN_SYSCTL_pm_op: -EINVAL for a processor that is not there, and for the frequency of one that domain 0 has not told the
 * states of, which is all of them; -ENOSYS for the rest.
 */
export function powerManagement({ hypervisor }: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xen_sysctl_pm_op);
  if (op.get('cpuid') >= hypervisor.pcpus.length) return -EINVAL;
  return (op.get('cmd') & abi.PM_PARA_CATEGORY_MASK) === abi.CPUFREQ_PARA ? -EINVAL : -ENOSYS;
}

/** XEN_SYSCTL_livepatch_op: there are no patches to tell of (-ENOENT for one by its name), and none can be uploaded: -EOPNOTSUPP. */
export function livepatch(_context: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xen_sysctl_livepatch_op);
  if (op.get('pad') !== 0) return -EINVAL;
  switch (op.get('cmd')) {
    case abi.XEN_SYSCTL_LIVEPATCH_UPLOAD:
      return -EOPNOTSUPP;
    case abi.XEN_SYSCTL_LIVEPATCH_GET:
    case abi.XEN_SYSCTL_LIVEPATCH_ACTION:
      return -ENOENT;
    case abi.XEN_SYSCTL_LIVEPATCH_LIST:
      return listPatches(op.part('u.list', abi.xen_sysctl_livepatch_list));
    default:
      return -EOPNOTSUPP;
  }
}

/** More than that Xen does not tell of at once. */
const MOST_LISTED = 1024;

function listPatches(op: StructOf<typeof abi.xen_sysctl_livepatch_list>): number {
  if (op.get('nr') > MOST_LISTED) return -E2BIG;
  if (op.get('pad') !== 0) return -EINVAL;
  op.set('version', FIRST_VERSION);
  op.set('nr', 0);
  op.set('name_total_size', 0);
  op.set('metadata_total_size', 0);
  return 0;
}
