/** HYPERVISOR_sysctl: what a toolstack asks of the whole machine. Source: xen/include/public/sysctl.h, Xen 4.17. */
import { array, domid, handle, i32, struct, u32, u64, u8, union } from './layout.ts';
import { xenctl_bitmap } from './xen.ts';

export const XEN_SYSCTL_readconsole = 1;
export const XEN_SYSCTL_tbuf_op = 2;
export const XEN_SYSCTL_physinfo = 3;
export const XEN_SYSCTL_sched_id = 4;
export const XEN_SYSCTL_getdomaininfolist = 6;
export const XEN_SYSCTL_debug_keys = 7;
export const XEN_SYSCTL_getcpuinfo = 8;
export const XEN_SYSCTL_availheap = 9;
export const XEN_SYSCTL_get_pmstat = 10;
export const XEN_SYSCTL_cpu_hotplug = 11;
export const XEN_SYSCTL_pm_op = 12;
export const XEN_SYSCTL_cputopoinfo = 16;
export const XEN_SYSCTL_numainfo = 17;
export const XEN_SYSCTL_cpupool_op = 18;
export const XEN_SYSCTL_scheduler_op = 19;
export const XEN_SYSCTL_coverage_op = 20;
export const XEN_SYSCTL_psr_cmt_op = 21;
export const XEN_SYSCTL_pcitopoinfo = 22;
export const XEN_SYSCTL_psr_alloc = 23;
export const XEN_SYSCTL_get_cpu_levelling_caps = 25;
export const XEN_SYSCTL_get_cpu_featureset = 26;
export const XEN_SYSCTL_livepatch_op = 27;
export const XEN_SYSCTL_get_cpu_policy = 29;

/** Any command; `u` is the command's own structure. */
export const xen_sysctl = struct({ cmd: u32, interface_version: u32, u: array(u64, 16) });

export const xen_sysctl_readconsole = struct({
  clear: u8,
  incremental: u8,
  pad0: u8,
  pad1: u8,
  index: u32,
  buffer: handle,
  count: u32,
});

export const XEN_SYSCTL_TBUFOP_get_info = 0;
export const XEN_SYSCTL_TBUFOP_set_cpu_mask = 1;
export const XEN_SYSCTL_TBUFOP_set_evt_mask = 2;
export const XEN_SYSCTL_TBUFOP_set_size = 3;
export const XEN_SYSCTL_TBUFOP_enable = 4;
export const XEN_SYSCTL_TBUFOP_disable = 5;

/** `size`: pages of each buffer, to set; bytes of what is at `buffer_mfn`, as information. */
export const xen_sysctl_tbuf_op = struct({
  cmd: u32,
  cpu_mask: xenctl_bitmap,
  evt_mask: u32,
  buffer_mfn: u64,
  size: u32,
});

export const XEN_SYSCTL_PHYSCAP_pv = 1 << 1;
export const XEN_SYSCTL_PHYSCAP_gnttab_v1 = 1 << 8;
export const XEN_SYSCTL_PHYSCAP_gnttab_v2 = 1 << 9;

export const xen_sysctl_physinfo = struct({
  threads_per_core: u32,
  cores_per_socket: u32,
  nr_cpus: u32,
  max_cpu_id: u32,
  nr_nodes: u32,
  max_node_id: u32,
  cpu_khz: u32,
  capabilities: u32,
  arch_capabilities: u32,
  pad: u32,
  total_pages: u64,
  free_pages: u64,
  scrub_pages: u64,
  outstanding_pages: u64,
  max_mfn: u64,
  hw_cap: array(u32, 8),
});

export const xen_sysctl_sched_id = struct({ sched_id: u32 });

/** `buffer`: of xen_domctl_getdomaininfo. */
export const xen_sysctl_getdomaininfolist = struct({
  first_domain: domid,
  max_domains: u32,
  buffer: handle,
  num_domains: u32,
});

export const xen_sysctl_debug_keys = struct({ keys: handle, nr_keys: u32 });

/** ns */
export const xen_sysctl_cpuinfo = struct({ idletime: u64 });

/** `info`: of xen_sysctl_cpuinfo. */
export const xen_sysctl_getcpuinfo = struct({ max_cpus: u32, info: handle, nr_cpus: u32 });

export const xen_sysctl_availheap = struct({
  min_bitwidth: u32,
  max_bitwidth: u32,
  node: i32,
  avail_bytes: u64,
});

export const xen_sysctl_cputopo = struct({ core: u32, socket: u32, node: u32 });

/** `cputopo`: of xen_sysctl_cputopo, or null to learn how many. */
export const xen_sysctl_cputopoinfo = struct({ num_cpus: u32, cputopo: handle });

/** Bytes of memory of a node, all and free. */
export const xen_sysctl_meminfo = struct({ memsize: u64, memfree: u64 });
/** `meminfo`: of xen_sysctl_meminfo; `distance`: of u32, a node's row after the other. Both null to learn how many nodes. */
export const xen_sysctl_numainfo = struct({ num_nodes: u32, meminfo: handle, distance: handle });

export const XEN_SYSCTL_CPUPOOL_OP_CREATE = 1;
export const XEN_SYSCTL_CPUPOOL_OP_DESTROY = 2;
export const XEN_SYSCTL_CPUPOOL_OP_INFO = 3;
export const XEN_SYSCTL_CPUPOOL_OP_ADDCPU = 4;
export const XEN_SYSCTL_CPUPOOL_OP_RMCPU = 5;
export const XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN = 6;
export const XEN_SYSCTL_CPUPOOL_OP_FREEINFO = 7;

export const xen_sysctl_cpupool_op = struct({
  op: u32,
  cpupool_id: u32,
  sched_id: u32,
  domid: u32,
  cpu: u32,
  n_dom: u32,
  cpumap: xenctl_bitmap,
});

export const XEN_INVALID_NODE_ID = 0xffffffff;
export const XEN_INVALID_DEV = 0xfffffffe;
/** `devs`: of physdev_pci_device, of so many bytes; `nodes`: of u32. */
export const xen_sysctl_pcitopoinfo = struct({ num_devs: u32, devs: handle, nodes: handle });
export const PCI_DEVICE_BYTES = 4;

export const XEN_SYSCTL_CPU_HOTPLUG_ONLINE = 0;
export const XEN_SYSCTL_CPU_HOTPLUG_OFFLINE = 1;
export const xen_sysctl_cpu_hotplug = struct({ cpu: u32, op: u32 });

export const PM_PARA_CATEGORY_MASK = 0xf0;
export const CPUFREQ_PARA = 0x10;
/** `u` is the command's own. */
export const xen_sysctl_pm_op = struct({ cmd: u32, cpuid: u32, u: array(u64, 15) });

export const XEN_SYSCTL_LIVEPATCH_UPLOAD = 0;
export const XEN_SYSCTL_LIVEPATCH_GET = 1;
export const XEN_SYSCTL_LIVEPATCH_LIST = 2;
export const XEN_SYSCTL_LIVEPATCH_ACTION = 3;
/** From patch `idx` on, `nr` of them, 0 to learn how many there are: the five lists are of as many. */
export const xen_sysctl_livepatch_list = struct({
  version: u32,
  idx: u32,
  nr: u32,
  pad: u32,
  name_total_size: u32,
  metadata_total_size: u32,
  status: handle,
  name: handle,
  len: handle,
  metadata: handle,
  metadata_len: handle,
});
export const xen_sysctl_livepatch_op = struct({
  cmd: u32,
  pad: u32,
  u: union({ list: xen_sysctl_livepatch_list }),
});

export const XEN_SYSCTL_CPU_LEVELCAP_faulting = 1 << 0;
export const xen_sysctl_cpu_levelling_caps = struct({ caps: u32 });

/** `features`: of u32, or null to learn how many. */
export const xen_sysctl_cpu_featureset = struct({ index: u32, nr_features: u32, features: handle });

/** `leaves` and `msrs` as in xen_domctl_cpu_policy. */
export const xen_sysctl_cpu_policy = struct({
  index: u32,
  nr_leaves: u32,
  nr_msrs: u32,
  _rsvd: u32,
  leaves: handle,
  msrs: handle,
});

export const XEN_SYSCTL_SCHEDOP_putinfo = 0;
export const XEN_SYSCTL_SCHEDOP_getinfo = 1;

/** `u` is the scheduler's own: xen_sysctl_credit_schedule, bvt_ctl or rrobin_ctl. */
export const xen_sysctl_scheduler_op = struct({ cpupool_id: u32, sched_id: u32, cmd: u32, u: array(u64, 2) });

export const XEN_SYSCTL_SCHED_RATELIMIT_MAX = 500_000;
export const XEN_SYSCTL_SCHED_RATELIMIT_MIN = 100;
export const XEN_SYSCTL_CSCHED_TSLICE_MAX = 1000;
export const XEN_SYSCTL_CSCHED_TSLICE_MIN = 1;
export const XEN_SYSCTL_CSCHED_MGR_DLY_MAX_US = 100_000;

export const xen_sysctl_credit_schedule = struct({
  tslice_ms: u32,
  ratelimit_us: u32,
  vcpu_migr_delay_us: u32,
});

/** Of Xen 2.0's public/sched_ctl.h; in ns. */
export const bvt_ctl = struct({ ctx_allow: u32 });
export const rrobin_ctl = struct({ slice: u64 });
