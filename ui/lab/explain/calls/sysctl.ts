/** What a toolstack asks of the machine and of Xen: the commands of sysctl. */
import { row } from '../explanation.ts';
import type { CallRow } from '../explanation.ts';

const SYSCTL = 'hypercalls/sysctl.ts';
const CHANGES = 'hypercalls/sysctl/host-changes.ts';
const TOPOLOGY = 'hypercalls/sysctl/topology.ts';
const FEATURES = 'hypercalls/sysctl/features.ts';

export const SYSCTL_COMMANDS: Readonly<Record<string, CallRow>> = {
  XEN_SYSCTL_readconsole: row('reads what Xen has printed', '`xm dmesg`.', SYSCTL, 'sysctl', {
    gives: '{count} bytes',
  }),
  XEN_SYSCTL_tbuf_op: row(
    'sets up what Xen records of its own work, or asks for it: {cmd:TBUFOP}',
    '`xentrace` reads these buffers: each processor’s is a ring in memory that domain 0 maps. It is the trace of the real Xen, which knows less than this page.',
    'hypercalls/sysctl/trace-buffers.ts',
    'traceBuffers',
    {
      gives: 'told of in frame {buffer_mfn:hex}',
      errors: { EINVAL: 'the buffers are there already, or not yet' },
    },
  ),
  XEN_SYSCTL_physinfo: row(
    'asks about the machine',
    '`xm info`: processors, memory, what is free.',
    SYSCTL,
    'sysctl',
    { gives: '{nr_cpus} processors, {free_pages} of {total_pages} pages free' },
  ),
  XEN_SYSCTL_sched_id: row(
    'asks which scheduler runs',
    'Its parameters are its own.',
    'hypercalls/domctl/scheduler.ts',
    'schedulerId',
    { gives: 'number {sched_id}' },
  ),
  XEN_SYSCTL_getdomaininfolist: row(
    'asks about up to {max_domains} domains from {first_domain:dom} on',
    '`xm list`, in one go.',
    SYSCTL,
    'sysctl',
    { gives: '{num_domains} domains' },
  ),
  XEN_SYSCTL_debug_keys: row(
    'presses {nr_keys} debug keys',
    'As on Xen’s serial console: Xen prints what it knows of itself.',
    SYSCTL,
    'sysctl',
    { errors: { E2BIG: 'too many at once' } },
  ),
  XEN_SYSCTL_getcpuinfo: row('asks how long each processor was idle', '`xm top`.', SYSCTL, 'sysctl', {
    gives: '{nr_cpus} processors',
  }),
  XEN_SYSCTL_availheap: row('asks how much memory is free', 'For a new domain.', SYSCTL, 'sysctl', {
    gives: '{avail_bytes} bytes',
  }),
  XEN_SYSCTL_cputopoinfo: row(
    'asks how the processors are arranged',
    'Cores and sockets.',
    TOPOLOGY,
    'cpuTopology',
    { gives: '{num_cpus} processors' },
  ),
  XEN_SYSCTL_numainfo: row(
    'asks for the nodes of memory',
    'Machines with several processors have memory that is near to some of them: this one has one node.',
    TOPOLOGY,
    'nodes',
    { gives: '{num_nodes} nodes' },
  ),
  XEN_SYSCTL_cpupool_op: row(
    'does something with pools of processors: {op:POOL}, pool {cpupool_id}',
    'Processors can be shared out, each group with a scheduler of its own: here one pool has all.',
    TOPOLOGY,
    'pools',
    { gives: 'pool {cpupool_id}, {n_dom} domains in it', errors: { ENOENT: 'there is no such pool' } },
  ),
  XEN_SYSCTL_pcitopoinfo: row(
    'asks near which memory {num_devs} PCI devices are',
    'Of machines with several nodes.',
    TOPOLOGY,
    'pciTopology',
  ),
  XEN_SYSCTL_get_cpu_levelling_caps: row(
    'asks what of the processor can be hidden',
    'So that domains can move between processors that differ.',
    FEATURES,
    'levelling',
    { gives: '{caps:hex}' },
  ),
  XEN_SYSCTL_get_cpu_featureset: row(
    'asks for set {index} of the processor’s features',
    'What the machine has, and what a domain can have of it.',
    FEATURES,
    'getFeatureSet',
    { gives: '{nr_features} words' },
  ),
  XEN_SYSCTL_get_cpu_policy: row(
    'asks for policy {index} of what domains may see of the processor',
    'From which a toolstack makes that of a new domain.',
    FEATURES,
    'getPolicy',
    { gives: '{nr_leaves} leaves' },
  ),
  XEN_SYSCTL_get_pmstat: row(
    'asks for statistics of power management',
    'Of processors that change their frequency: not here.',
    SYSCTL,
    'sysctl',
    { errors: { ENODEV: 'these processors do not' } },
  ),
  XEN_SYSCTL_coverage_op: row(
    'asks which of Xen’s code has run',
    'Of a Xen that was built to count that: not this one.',
    SYSCTL,
    'sysctl',
    { errors: { EOPNOTSUPP: 'it was not built so' } },
  ),
  XEN_SYSCTL_psr_cmt_op: row(
    'asks how much cache domains use',
    'Of processors that measure it: not here.',
    SYSCTL,
    'sysctl',
    { errors: { ENODEV: 'these processors do not' } },
  ),
  XEN_SYSCTL_psr_alloc: row(
    'shares the cache out among domains',
    'Of processors that can: not here.',
    SYSCTL,
    'sysctl',
    { errors: { ENODEV: 'these processors cannot' } },
  ),
  XEN_SYSCTL_livepatch_op: row(
    'asks for patches of the running Xen, or wants to bring one',
    'Repairs without a reboot: there are none here, and none can be brought.',
    CHANGES,
    'livepatch',
    {
      errors: {
        EOPNOTSUPP: 'it cannot be patched',
        ENOENT: 'there is no such patch',
        E2BIG: 'it does not tell of so many at once',
        EINVAL: 'a field that is to be 0 is not',
      },
    },
  ),
  XEN_SYSCTL_cpu_hotplug: row(
    'wants to take a processor down, or to bring one up',
    '`xen-hptool`: they can be exchanged in some machines.',
    CHANGES,
    'hotplug',
    {
      errors: {
        EINVAL: 'it is up already, is not there, or is the first, which Xen needs',
        EOPNOTSUPP: 'processors cannot be taken down here',
      },
    },
  ),
  XEN_SYSCTL_pm_op: row(
    'wants to know or to set how a processor saves power',
    '`xenpm`: frequencies and sleeping states.',
    CHANGES,
    'powerManagement',
    {
      errors: {
        EINVAL: 'there is no such processor, or domain 0 has told no frequencies of it',
        ENOSYS: 'that is not there',
      },
    },
  ),
  XEN_SYSCTL_scheduler_op: row(
    'sets or asks the scheduler’s parameters',
    'Length of a slice, limits: of all processors.',
    'hypercalls/domctl/scheduler.ts',
    'adjustScheduler',
    { errors: { EINVAL: 'another scheduler runs, or it refuses the values' } },
  ),
};
