/**
 * sysctl(op): what a toolstack asks of the whole machine. The structure names a command and the version of this interface;
 * what the command needs and answers lies behind. For the privileged domain alone.
 *
 * Gives 0, or: -EFAULT the structure or a buffer cannot be read or written; -EACCES another version; -EPERM not the caller's
 * to ask; -ENOSYS no such command, or none that is here; -E2BIG more debug keys than are done at once.
 */
import { XEN_SYSCTL_INTERFACE_VERSION } from '../abi/control.ts';
import { xen_domctl_getdomaininfo } from '../abi/domctl.ts';
import { E2BIG, EFAULT, ENODEV, ENOSYS, EOPNOTSUPP, EPERM } from '../abi/errno.ts';
import * as abi from '../abi/sysctl.ts';
import { HYPERVISOR_sysctl } from '../abi/xen.ts';
import { highHalf, lowHalf } from '../../core/machine.ts';
import { handleKeypress } from '../debug-keys/table.ts';
import { fillNextInfo } from './domctl/info.ts';
import { adjustScheduler, schedulerId } from './domctl/scheduler.ts';
import { GuestStruct } from '../memory/guest-struct.ts';
import { PAGE_BYTES } from '../memory/pages.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { idleNs } from '../state/pcpu.ts';
import { ControlBuffer } from './control.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';
import { hotplug, livepatch, powerManagement } from './sysctl/host-changes.ts';
import { getFeatureSet, getPolicy, hostCapabilities, levelling } from './sysctl/features.ts';
import { cpuTopology, nodes, pciTopology, pools } from './sysctl/topology.ts';
import { traceBuffers } from './sysctl/trace-buffers.ts';

type Work = (context: HypercallContext, u: ControlBuffer) => number;

const COMMANDS: Readonly<Record<number, Work>> = {
  [abi.XEN_SYSCTL_readconsole]: readConsole,
  [abi.XEN_SYSCTL_tbuf_op]: traceBuffers,
  [abi.XEN_SYSCTL_physinfo]: physicalInfo,
  [abi.XEN_SYSCTL_sched_id]: schedulerId,
  [abi.XEN_SYSCTL_getdomaininfolist]: domainList,
  [abi.XEN_SYSCTL_debug_keys]: debugKeys,
  [abi.XEN_SYSCTL_getcpuinfo]: cpuInfo,
  [abi.XEN_SYSCTL_availheap]: availableHeap,
  [abi.XEN_SYSCTL_cputopoinfo]: cpuTopology,
  [abi.XEN_SYSCTL_numainfo]: nodes,
  [abi.XEN_SYSCTL_cpupool_op]: pools,
  [abi.XEN_SYSCTL_scheduler_op]: adjustScheduler,
  [abi.XEN_SYSCTL_pcitopoinfo]: pciTopology,
  [abi.XEN_SYSCTL_get_cpu_levelling_caps]: levelling,
  [abi.XEN_SYSCTL_get_cpu_featureset]: getFeatureSet,
  [abi.XEN_SYSCTL_get_cpu_policy]: getPolicy,
  [abi.XEN_SYSCTL_cpu_hotplug]: hotplug,
  [abi.XEN_SYSCTL_pm_op]: powerManagement,
  [abi.XEN_SYSCTL_livepatch_op]: livepatch,
  // Of processors that change their frequency, share their caches by rule, or are not measured.
  [abi.XEN_SYSCTL_get_pmstat]: () => -ENODEV,
  [abi.XEN_SYSCTL_psr_cmt_op]: () => -ENODEV,
  [abi.XEN_SYSCTL_psr_alloc]: () => -ENODEV,
  [abi.XEN_SYSCTL_coverage_op]: () => -EOPNOTSUPP,
};

const { offset, size } = abi.xen_sysctl;

export const sysctl: Hypercall = {
  number: HYPERVISOR_sysctl,
  name: 'sysctl',
  args: [{ name: 'op', kind: 'va' }],
  handler(context, argument) {
    const u = new ControlBuffer(size, offset.u);
    const unread = u.read(context, argument, XEN_SYSCTL_INTERFACE_VERSION);
    if (unread < 0) return unread;
    if (!context.domain.isPrivileged)
      return context.hypervisor.trace.refuse(-EPERM, 'domain {} is not privileged', context.domain.id);
    const work = COMMANDS[u.command];
    if (work === undefined) return -ENOSYS;
    const result = work(context, u);
    if (result !== 0) return result;
    return context.writeBytes(argument, u.bytes) ? 0 : -EFAULT;
  },
};

const KHZ_PER_GHZ = 1_000_000;
/** Keys of one hypercall. Xen has no limit: nothing else happens until it has done all. */
const MAX_KEYS = 256;

/** XEN_SYSCTL_physinfo: every processor is a socket of its own, on one node. */
function physicalInfo(context: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xen_sysctl_physinfo);
  const { frames, pcpus, clock } = context.hypervisor;
  op.bytes.fill(0);
  op.set('threads_per_core', 1);
  op.set('cores_per_socket', 1);
  op.set('nr_cpus', pcpus.length);
  op.set('max_cpu_id', pcpus.length - 1);
  op.set('nr_nodes', 1);
  op.set('cpu_khz', Math.round(KHZ_PER_GHZ / clock.periodNs));
  op.set(
    'capabilities',
    abi.XEN_SYSCTL_PHYSCAP_pv | abi.XEN_SYSCTL_PHYSCAP_gnttab_v1 | abi.XEN_SYSCTL_PHYSCAP_gnttab_v2,
  );
  op.set('total_pages', frames.frames);
  op.set('free_pages', frames.freeFrames);
  op.set('outstanding_pages', frames.outstandingClaims);
  op.set('max_mfn', frames.frames - 1);
  op.bytesOf('hw_cap').set(capabilities(context.hypervisor));
  return 0;
}

/** What the processor can do, as bytes. */
function capabilities(hypervisor: Hypervisor): Uint8Array {
  return new Uint8Array(Uint32Array.from(hostCapabilities(hypervisor)).buffer);
}

/** XEN_SYSCTL_readconsole: Xen's console ring, `dmesg`. */
function readConsole(context: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xen_sysctl_readconsole);
  const { console } = context.hypervisor;
  const from = op.get('incremental') === 0 ? 0 : op.get('index');
  const { bytes, next } = console.readRing(from, op.get('count'), op.get('clear') !== 0);
  if (!context.writeBytes(op.get('buffer'), bytes)) return -EFAULT;
  op.set('count', bytes.length);
  op.set('index', next);
  return 0;
}

/** XEN_SYSCTL_debug_keys: as if they were typed, up to one that cannot be read. */
function debugKeys(context: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xen_sysctl_debug_keys);
  const count = op.get('nr_keys');
  if (count > MAX_KEYS) return -E2BIG;
  const key = new Uint8Array(1);
  for (let index = 0; index < count; index++) {
    if (!context.readBytes(op.get('keys') + index, key)) return -EFAULT;
    handleKeypress(context.hypervisor, key[0]!);
  }
  return 0;
}

/** XEN_SYSCTL_getdomaininfolist: domains by id, from one on. */
function domainList(context: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xen_sysctl_getdomaininfolist);
  const { hypervisor } = context;
  const info = new GuestStruct(xen_domctl_getdomaininfo, 0);
  const wanted = op.get('max_domains');
  let count = 0;
  let id = op.get('first_domain');
  for (; count < wanted; count++) {
    id = fillNextInfo(hypervisor, id, info);
    if (id < 0) break;
    if (!context.writeBytes(op.get('buffer') + count * info.bytes.length, info.bytes)) return -EFAULT;
    id++;
  }
  op.set('num_domains', count);
  return 0;
}

/** XEN_SYSCTL_getcpuinfo: how long each processor has been idle. */
function cpuInfo(context: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xen_sysctl_getcpuinfo);
  const { hypervisor } = context;
  const count = Math.min(op.get('max_cpus'), hypervisor.pcpus.length);
  for (let cpu = 0; cpu < count; cpu++) {
    const ns = idleNs(hypervisor.pcpus[cpu]!, hypervisor.nowNs());
    const words = Uint32Array.of(lowHalf(ns), highHalf(ns));
    if (!context.write(op.get('info') + cpu * abi.xen_sysctl_cpuinfo.size, words)) return -EFAULT;
  }
  op.set('nr_cpus', count);
  return 0;
}

/** XEN_SYSCTL_availheap: all memory is of one kind. */
function availableHeap({ hypervisor }: HypercallContext, u: ControlBuffer): number {
  u.as(abi.xen_sysctl_availheap).set('avail_bytes', hypervisor.frames.freeFrames * PAGE_BYTES);
  return 0;
}
