/** What a toolstack does with a domain: the commands of domctl. */
import { row } from '../explanation.ts';
import type { CallRow } from '../explanation.ts';

const LIFE = 'hypercalls/domctl/life.ts';
const MEMORY = 'hypercalls/domctl/memory.ts';
const VCPUS = 'hypercalls/domctl/vcpus.ts';
const STATE = 'hypercalls/domctl/vcpu-state.ts';
const PERMISSIONS = 'hypercalls/domctl/permissions.ts';
const DOMCTL = 'hypercalls/domctl.ts';
const NOT_ONESELF = { EINVAL: 'not of the caller itself' };

export const DOMCTL_COMMANDS: Readonly<Record<string, CallRow>> = {
  XEN_DOMCTL_createdomain: row(
    'makes a new domain, with up to {max_vcpus} vcpus',
    'The first step of `xm create`: an empty domain, without memory, paused. The toolstack fills it, and lets it run at the end.',
    LIFE,
    'create',
    {
      gives: '{domain:dom}',
      errors: {
        EEXIST: 'the id is taken',
        ENOMEM: 'no memory or no id is left',
        EINVAL: 'flags or limits that no domain here can have',
      },
    },
  ),
  XEN_DOMCTL_destroydomain: row(
    'destroys {domain:dom}',
    'All it has is taken back: ports closed, grants unmapped, frames freed. What others still map stays until they let go.',
    LIFE,
    'destroy',
    { errors: NOT_ONESELF },
  ),
  XEN_DOMCTL_pausedomain: row(
    'pauses {domain:dom}',
    'None of its vcpus runs until it is unpaused.',
    LIFE,
    'pause',
    { errors: NOT_ONESELF },
  ),
  XEN_DOMCTL_unpausedomain: row('lets {domain:dom} run', 'The last step of `xm create`.', LIFE, 'unpause', {
    errors: { EINVAL: 'it is not paused' },
  }),
  XEN_DOMCTL_resumedomain: row(
    'lets {domain:dom} go on after it has suspended',
    'A save that leaves the domain running, or a migration that has failed.',
    LIFE,
    'resume',
    { errors: NOT_ONESELF },
  ),
  XEN_DOMCTL_getdomaininfo: row(
    'asks about {domain:dom}, or the next one that there is',
    'What `xm list` shows: states, pages, processor time.',
    'hypercalls/domctl/info.ts',
    'fillNextInfo',
    { gives: '{domain:dom} with {tot_pages} pages, {cpu_time:span} run', errors: { ESRCH: 'there is none' } },
  ),
  XEN_DOMCTL_max_vcpus: row(
    'gives {domain:dom} {max} vcpus',
    'Vcpus are made before the domain runs, and come up as its kernel wants them.',
    LIFE,
    'makeVcpus',
    { errors: { EINVAL: 'not as many as it was made for, or the caller itself' } },
  ),
  XEN_DOMCTL_max_mem: row(
    'lets {domain:dom} have up to {max_memkb:kib}',
    'A limit, not memory: that comes with populate_physmap. The balloon moves below it.',
    MEMORY,
    'setMaximum',
  ),
  XEN_DOMCTL_getpageframeinfo3: row(
    'asks what {num} frames of {domain:dom} are',
    'Who saves or migrates a domain must know which of its pages are page tables: their entries name machine frames, and have to be translated.',
    MEMORY,
    'pageInfo',
    { errors: { E2BIG: 'more than are told at once' } },
  ),
  XEN_DOMCTL_hypercall_init: row(
    'has frame {gmfn:hex} of {domain:dom} filled with hypercall entries',
    'A guest makes hypercall number n by a call into that page, at n times 32: so a kernel need not know how a hypercall is made.',
    MEMORY,
    'writeHypercallPage',
    { errors: { EINVAL: 'the frame is not that domain’s', EPERM: 'it is not writable' } },
  ),
  XEN_DOMCTL_sendtrigger: row(
    'sends a trigger to a vcpu of {domain:dom}',
    '`xl trigger`: an interrupt that cannot be masked, or a button of a machine that a paravirtualized domain has not.',
    VCPUS,
    'sendTrigger',
    {
      errors: {
        EINVAL: 'it is a button, which fully virtualized domains alone have',
        ESRCH: 'there is no such vcpu',
      },
    },
  ),
  XEN_DOMCTL_setvcpucontext: row(
    'sets the registers of vcpu {vcpu} of {domain:dom}',
    'How a new kernel begins: where, on which stack, with which page tables. Or how a restored one goes on.',
    VCPUS,
    'setContext',
    { errors: { EINVAL: 'they name what a guest must not have, or are the caller’s own' } },
  ),
  XEN_DOMCTL_getvcpucontext: row(
    'reads the registers of vcpu {vcpu} of {domain:dom}',
    'To save the domain, or to look at a crashed one.',
    VCPUS,
    'getContext',
  ),
  XEN_DOMCTL_set_ext_vcpucontext: row(
    'sets the other registers of vcpu {vcpu} of {domain:dom}',
    'What the first structure had no room for.',
    VCPUS,
    'setExtendedContext',
  ),
  XEN_DOMCTL_get_ext_vcpucontext: row(
    'reads the other registers of vcpu {vcpu} of {domain:dom}',
    'What the first structure had no room for.',
    VCPUS,
    'getExtendedContext',
  ),
  XEN_DOMCTL_getvcpuinfo: row(
    'asks what vcpu {vcpu} of {domain:dom} does',
    'Whether it is online, blocked, running, and how long it has run.',
    'hypercalls/domctl/info.ts',
    'vcpuInfo',
    { gives: '{cpu_time:span} run, on processor {cpu}' },
  ),
  XEN_DOMCTL_getvcpuextstate: row(
    'reads the extended registers of vcpu {vcpu} of {domain:dom}',
    'Vector registers, to save the domain.',
    STATE,
    'getExtendedState',
  ),
  XEN_DOMCTL_setvcpuextstate: row(
    'sets the extended registers of vcpu {vcpu} of {domain:dom}',
    'Vector registers, as it is restored.',
    STATE,
    'setExtendedState',
  ),
  XEN_DOMCTL_get_vcpu_msrs: row(
    'reads model-specific registers of vcpu {vcpu} of {domain:dom}',
    'To save the domain.',
    STATE,
    'msrs',
  ),
  XEN_DOMCTL_set_vcpu_msrs: row(
    'sets {msr_count} model-specific registers of vcpu {vcpu} of {domain:dom}',
    'As it is restored.',
    STATE,
    'msrs',
  ),
  XEN_DOMCTL_get_cpu_policy: row(
    'asks which processor {domain:dom} sees',
    'Leaves of CPUID and registers, as it is told them.',
    'hypercalls/domctl/cpu-policy.ts',
    'cpuPolicy',
    { gives: '{nr_leaves} leaves' },
  ),
  XEN_DOMCTL_set_cpu_policy: row(
    'says which processor {domain:dom} sees',
    'So that a domain can move to a host whose processor has less.',
    'hypercalls/domctl/cpu-policy.ts',
    'cpuPolicy',
    {
      errors: { EEXIST: 'it has run already', EINVAL: 'more than this processor has' },
    },
  ),
  XEN_DOMCTL_setvcpuaffinity: row(
    'says on which processors vcpu {vcpu} of {domain:dom} may run',
    '`xm vcpu-pin`.',
    'hypercalls/domctl/affinity.ts',
    'affinity',
    {
      errors: { EINVAL: 'none of these processors is there', ESRCH: 'it has no such vcpu' },
    },
  ),
  XEN_DOMCTL_getvcpuaffinity: row(
    'asks on which processors vcpu {vcpu} of {domain:dom} may run',
    '`xm vcpu-list`.',
    'hypercalls/domctl/affinity.ts',
    'affinity',
  ),
  XEN_DOMCTL_setnodeaffinity: row(
    'says near which memory {domain:dom} is to be',
    'Where its memory comes from, on machines with several nodes.',
    'hypercalls/domctl/affinity.ts',
    'setNodeAffinity',
  ),
  XEN_DOMCTL_getnodeaffinity: row(
    'asks near which memory {domain:dom} is to be',
    'Where its memory comes from, on machines with several nodes.',
    'hypercalls/domctl/affinity.ts',
    'getNodeAffinity',
  ),
  XEN_DOMCTL_scheduler_op: row(
    'sets or asks the scheduling parameters of {domain:dom}',
    'Weight and cap of the credit scheduler: how much of the processors it gets beside the others.',
    'hypercalls/domctl/scheduler.ts',
    'adjustDomain',
    {
      errors: { EINVAL: 'another scheduler runs, or it refuses the values' },
    },
  ),
  XEN_DOMCTL_shadow_op: row(
    'watches which pages {domain:dom} writes to: {op:SHADOW}',
    'Live migration sends pages while the domain runs, and must learn which it has written to since. Xen takes write permission away, notes each page that faults, and tells.',
    'hypercalls/domctl/shadow.ts',
    'shadowOp',
    {
      gives: '{stats.dirty_count} pages dirty',
      errors: {
        EINVAL: 'it is on already, the caller itself, or a domain without vcpus',
        EOPNOTSUPP: 'what would need shadow page tables',
      },
    },
  ),
  XEN_DOMCTL_pv_paging_op: row(
    'sees to pages of {domain:dom} that come later: {op:PAGING}',
    'Post-copy: the domain runs before all of it is here, and waits for what it reaches for. The real Xen has this for HVM domains alone; this operation is none of its own.',
    'hypercalls/domctl/paging.ts',
    'pagingOp',
    {
      isOurs: true,
      gives: '{left} pages are not here',
      errors: {
        EINVAL: 'the caller itself, or a port that is not the caller’s',
        EBUSY: 'somebody brings them already',
        ENODEV: 'nobody does',
        EPERM: 'one of them is no ordinary page of the domain’s',
      },
    },
  ),
  XEN_DOMCTL_setdomainhandle: row(
    'gives {domain:dom} its UUID',
    'The name by which a toolstack knows it for good.',
    DOMCTL,
    'domctl',
  ),
  XEN_DOMCTL_irq_permission: row(
    '{allow_access:does} {domain:dom} the interrupt {pirq}',
    'For a domain that drives a device itself.',
    PERMISSIONS,
    'linePermission',
    { errors: { EPERM: 'it is not the caller’s to give' } },
  ),
  XEN_DOMCTL_iomem_permission: row(
    '{allow_access:does} {domain:dom} {nr_mfns} frames of device memory from {first_mfn:hex} on',
    'For a domain that drives a device itself.',
    PERMISSIONS,
    'memoryPermission',
    { errors: { EPERM: 'they are not the caller’s to give' } },
  ),
  XEN_DOMCTL_ioport_permission: row(
    '{allow_access:does} {domain:dom} {nr_ports} I/O ports from {first_port:hex} on',
    'For a domain that drives a device itself.',
    PERMISSIONS,
    'portPermission',
    { errors: { EPERM: 'they are not the caller’s to give' } },
  ),
  XEN_DOMCTL_settimeoffset: row(
    'sets the wall clock of {domain:dom} {time_offset_seconds} s off',
    'Some guests think of local time.',
    'hypercalls/domctl/time.ts',
    'timeOffset',
  ),
  XEN_DOMCTL_gettscinfo: row(
    'asks how {domain:dom} sees the TSC',
    'It must not run backwards where the domain goes to another host.',
    'hypercalls/domctl/time.ts',
    'tscInfo',
    { gives: '{gtsc_khz} kHz, mode {tsc_mode:TSC}' },
  ),
  XEN_DOMCTL_settscinfo: row(
    'says how {domain:dom} sees the TSC: {gtsc_khz} kHz, mode {tsc_mode:TSC}',
    'It must not run backwards where the domain goes to another host.',
    'hypercalls/domctl/time.ts',
    'setTscInfo',
  ),
  XEN_DOMCTL_subscribe: row(
    'wants to be told by port {port} when {domain:dom} has suspended',
    'Faster than a look into xenstore: it shortens the downtime of a migration.',
    DOMCTL,
    'domctl',
  ),
  XEN_DOMCTL_set_virq_handler: row(
    'has {domain:dom} get the VIRQ {virq:VIRQ}',
    'A domain of its own for the console, or the store.',
    DOMCTL,
    'domctl',
  ),
  XEN_DOMCTL_set_address_size: row(
    'says that {domain:dom} is a {size}-bit one',
    'Here all are 64-bit ones.',
    DOMCTL,
    'domctl',
    { errors: { EINVAL: 'there are 64-bit domains only' } },
  ),
  XEN_DOMCTL_get_address_size: row(
    'asks how many bits {domain:dom} has',
    'Before its registers are read.',
    DOMCTL,
    'domctl',
    { gives: '{size} bits' },
  ),
};
