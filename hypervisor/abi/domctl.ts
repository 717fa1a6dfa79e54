/**
 * HYPERVISOR_domctl: what a toolstack does with domains. Source: xen/include/public/domctl.h and arch-x86/xen.h, Xen 4.17.
 */
import { array, domid, handle, i32, i64, struct, u16, u32, u64, u8 } from './layout.ts';
import { xenctl_bitmap } from './xen.ts';

export const XEN_DOMCTL_createdomain = 1;
export const XEN_DOMCTL_destroydomain = 2;
export const XEN_DOMCTL_pausedomain = 3;
export const XEN_DOMCTL_unpausedomain = 4;
export const XEN_DOMCTL_getdomaininfo = 5;
export const XEN_DOMCTL_setvcpuaffinity = 9;
export const XEN_DOMCTL_shadow_op = 10;
export const XEN_DOMCTL_max_mem = 11;
export const XEN_DOMCTL_setvcpucontext = 12;
export const XEN_DOMCTL_getvcpucontext = 13;
export const XEN_DOMCTL_getvcpuinfo = 14;
export const XEN_DOMCTL_max_vcpus = 15;
export const XEN_DOMCTL_scheduler_op = 16;
export const XEN_DOMCTL_setdomainhandle = 17;
export const XEN_DOMCTL_irq_permission = 19;
export const XEN_DOMCTL_iomem_permission = 20;
export const XEN_DOMCTL_ioport_permission = 21;
export const XEN_DOMCTL_hypercall_init = 22;
export const XEN_DOMCTL_settimeoffset = 24;
export const XEN_DOMCTL_getvcpuaffinity = 25;
export const XEN_DOMCTL_resumedomain = 27;
export const XEN_DOMCTL_sendtrigger = 28;
export const XEN_DOMCTL_subscribe = 29;
export const XEN_DOMCTL_set_address_size = 35;
export const XEN_DOMCTL_get_address_size = 36;
export const XEN_DOMCTL_set_ext_vcpucontext = 42;
export const XEN_DOMCTL_get_ext_vcpucontext = 43;
export const XEN_DOMCTL_gettscinfo = 59;
export const XEN_DOMCTL_settscinfo = 60;
export const XEN_DOMCTL_getpageframeinfo3 = 61;
export const XEN_DOMCTL_setvcpuextstate = 62;
export const XEN_DOMCTL_getvcpuextstate = 63;
export const XEN_DOMCTL_set_virq_handler = 66;
export const XEN_DOMCTL_setnodeaffinity = 68;
export const XEN_DOMCTL_getnodeaffinity = 69;
export const XEN_DOMCTL_get_vcpu_msrs = 72;
export const XEN_DOMCTL_set_vcpu_msrs = 73;
export const XEN_DOMCTL_get_cpu_policy = 82;
export const XEN_DOMCTL_set_cpu_policy = 83;

/** Any command; `u` is the command's own structure. */
export const xen_domctl = struct({
  cmd: u32,
  interface_version: u32,
  domain: domid,
  _pad: array(u16, 3),
  u: array(u64, 16),
});

/** The emulated devices and the oddities that a paravirtualized domain may have. */
export const XEN_X86_EMU_PIT = 1 << 8;
export const XEN_X86_MSR_RELAXED = 1 << 0;

export const xen_arch_domainconfig = struct({ emulation_flags: u32, misc_flags: u32 });

// Flags of createdomain: what kind of domain.
export const XEN_DOMCTL_CDF_hvm = 1 << 0;
export const XEN_DOMCTL_CDF_hap = 1 << 1;
export const XEN_DOMCTL_CDF_iommu = 1 << 5;
export const XEN_DOMCTL_CDF_nested_virt = 1 << 6;
export const XEN_DOMCTL_CDF_vpmu = 1 << 7;
/** All that there are. */
export const XEN_DOMCTL_CDF_ALL = 0xff;
export const XEN_DOMCTL_GRANT_version_mask = 0xf;

export const xen_domctl_createdomain = struct({
  ssidref: u32,
  handle: array(u8, 16),
  flags: u32,
  iommu_opts: u32,
  max_vcpus: u32,
  max_evtchn_port: u32,
  max_grant_frames: i32,
  max_maptrack_frames: i32,
  grant_opts: u32,
  vmtrace_size: u32,
  cpupool_id: u32,
  arch: xen_arch_domainconfig,
});

export const XEN_DOMINF_dying = 1 << 0;
export const XEN_DOMINF_hvm_guest = 1 << 1;
export const XEN_DOMINF_shutdown = 1 << 2;
export const XEN_DOMINF_paused = 1 << 3;
export const XEN_DOMINF_blocked = 1 << 4;
export const XEN_DOMINF_running = 1 << 5;
export const XEN_DOMINF_shutdownmask = 255;
/** SHUTDOWN_* stands in the bits from here on. */
export const XEN_DOMINF_shutdownshift = 16;
/** max_vcpu_id of a domain without vcpus. */
export const XEN_INVALID_MAX_VCPU_ID = 0xffffffff;

export const xen_domctl_getdomaininfo = struct({
  domain: domid,
  pad1: u16,
  flags: u32,
  tot_pages: u64,
  max_pages: u64,
  outstanding_pages: u64,
  shr_pages: u64,
  paged_pages: u64,
  shared_info_frame: u64,
  /** ns */
  cpu_time: u64,
  nr_online_vcpus: u32,
  max_vcpu_id: u32,
  ssidref: u32,
  handle: array(u8, 16),
  cpupool: u32,
  gpaddr_bits: u8,
  pad2: array(u8, 7),
  arch_config: xen_arch_domainconfig,
});

/** Types in the upper bits of a page's answer: a table's level, and whether it is pinned. */
export const XEN_DOMCTL_PFINFO_LTAB_SHIFT = 28;
export const XEN_DOMCTL_PFINFO_LTABTYPE_MASK = 0x70000000;
export const XEN_DOMCTL_PFINFO_LPINTAB = 0x80000000;
/** No page at all; one that is to be there, whatever is in it; one that the machine has lost. */
export const XEN_DOMCTL_PFINFO_BROKEN = 0xd0000000;
export const XEN_DOMCTL_PFINFO_XALLOC = 0xe0000000;
export const XEN_DOMCTL_PFINFO_XTAB = 0xf0000000;

/** `array`: of u64, frame numbers in, types out. */
export const xen_domctl_getpageframeinfo3 = struct({ num: u64, array: handle });

export const XEN_DOMCTL_SHADOW_OP_OFF = 0;
export const XEN_DOMCTL_SHADOW_OP_ENABLE_TEST = 1;
export const XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY = 2;
export const XEN_DOMCTL_SHADOW_OP_ENABLE_TRANSLATE = 3;
export const XEN_DOMCTL_SHADOW_OP_CLEAN = 11;
export const XEN_DOMCTL_SHADOW_OP_PEEK = 12;
export const XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION = 30;
export const XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION = 31;
export const XEN_DOMCTL_SHADOW_OP_ENABLE = 32;
/** Of ENABLE; of CLEAN and PEEK. */
export const XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY = 1 << 2;
export const XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL = 1 << 0;

const xen_domctl_shadow_op_stats = struct({ fault_count: u32, dirty_count: u32 });

/** `dirty_bitmap`: a bit for each of `pages` pfns. */
export const xen_domctl_shadow_op = struct({
  op: u32,
  mode: u32,
  mb: u32,
  dirty_bitmap: handle,
  pages: u64,
  stats: xen_domctl_shadow_op_stats,
});

export const xen_domctl_max_mem = struct({ max_memkb: u64 });

export const xen_domctl_vcpucontext = struct({ vcpu: u32, ctxt: handle });

export const XEN_DOMCTL_SENDTRIGGER_NMI = 0;
export const XEN_DOMCTL_SENDTRIGGER_POWER = 3;
export const XEN_DOMCTL_SENDTRIGGER_SLEEP = 4;
export const xen_domctl_sendtrigger = struct({ trigger: u32, vcpu: u32 });

export const xen_domctl_getvcpuinfo = struct({
  vcpu: u32,
  online: u8,
  blocked: u8,
  running: u8,
  /** ns */
  cpu_time: u64,
  cpu: u32,
});

export const xen_domctl_nodeaffinity = struct({ nodemap: xenctl_bitmap });

export const XEN_VCPUAFFINITY_HARD = 1 << 0;
export const XEN_VCPUAFFINITY_SOFT = 1 << 1;
export const XEN_VCPUAFFINITY_FORCE = 1 << 2;

export const xen_domctl_vcpuaffinity = struct({
  vcpu: u32,
  flags: u32,
  cpumap_hard: xenctl_bitmap,
  cpumap_soft: xenctl_bitmap,
});

export const xen_domctl_max_vcpus = struct({ max: u32 });

export const xen_domctl_setdomainhandle = struct({ handle: array(u8, 16) });

/** Where the hypercall page is to be written: a machine frame. */
export const xen_domctl_hypercall_init = struct({ gmfn: u64 });

/** Whether a domain may use what of the machine's devices: a line, frames of their memory, ports. */
export const xen_domctl_irq_permission = struct({ pirq: u32, allow_access: u8, pad: array(u8, 3) });
export const xen_domctl_iomem_permission = struct({ first_mfn: u64, nr_mfns: u64, allow_access: u8 });
export const xen_domctl_ioport_permission = struct({ first_port: u32, nr_ports: u32, allow_access: u8 });

export const xen_domctl_settimeoffset = struct({ time_offset_seconds: i64 });

/** The port that is raised when the domain suspends itself, instead of VIRQ_DOM_EXC. */
export const xen_domctl_subscribe = struct({ port: u32 });

export const TSC_MODE_DEFAULT = 0;
export const TSC_MODE_ALWAYS_EMULATE = 1;
export const TSC_MODE_NEVER_EMULATE = 2;
export const xen_domctl_tsc_info = struct({
  tsc_mode: u32,
  gtsc_khz: u32,
  incarnation: u32,
  pad: u32,
  elapsed_nsec: u64,
});

export const xen_domctl_set_virq_handler = struct({ virq: u32 });

export const hvm_vmce_vcpu = struct({
  caps: u64,
  mci_ctl2_bank0: u64,
  mci_ctl2_bank1: u64,
  mcg_ext_ctl: u64,
});

/** What vcpu_guest_context has no room for. `vmce`: machine checks. */
export const xen_domctl_ext_vcpucontext = struct({
  vcpu: u32,
  size: u32,
  syscall32_callback_eip: u64,
  sysenter_callback_eip: u64,
  syscall32_callback_cs: u16,
  sysenter_callback_cs: u16,
  syscall32_disables_events: u8,
  sysenter_disables_events: u8,
  vmce: hvm_vmce_vcpu,
});

/** `buffer`: XCR0, all of it that was ever set, and XSAVE's area. */
export const xen_domctl_vcpuextstate = struct({ vcpu: u32, xfeature_mask: u64, size: u64, buffer: handle });

export const xen_domctl_vcpu_msr = struct({ index: u32, reserved: u32, value: u64 });
export const xen_domctl_vcpu_msrs = struct({ vcpu: u32, msr_count: u32, msrs: handle });

/** What CPUID and RDMSR tell a domain: `leaves` of xen_cpuid_leaf, `msrs` of xen_msr_entry. */
export const xen_domctl_cpu_policy = struct({
  nr_leaves: u32,
  nr_msrs: u32,
  leaves: handle,
  msrs: handle,
  err_leaf: u32,
  err_subleaf: u32,
  err_msr: u32,
});
/** arch-x86/xen.h. `subleaf` XEN_CPUID_NO_SUBLEAF: the leaf has none. */
export const xen_cpuid_leaf = struct({ leaf: u32, subleaf: u32, a: u32, b: u32, c: u32, d: u32 });
export const XEN_CPUID_NO_SUBLEAF = 0xffffffff;
export const xen_msr_entry = struct({ idx: u32, flags: u32, val: u64 });

export const xen_domctl_address_size = struct({ size: u32 });

/**
 * Schedulers; those before 4 are of Xen 2.0 (its public/sched_ctl.h), sedf is of Xen up to 4.5 (public/domctl.h): 4.17 does not have
 * them any more.
 */
export const SCHED_BVT = 0;
export const SCHED_ATROPOS = 2;
export const SCHED_RROBIN = 3;
export const XEN_SCHEDULER_SEDF = 4;
export const XEN_SCHEDULER_CREDIT = 5;

export const XEN_DOMCTL_SCHEDOP_putinfo = 0;
export const XEN_DOMCTL_SCHEDOP_getinfo = 1;

/** `u` is the scheduler's own: xen_domctl_sched_credit, xen_domctl_sched_sedf, bvt_adjdom or atropos_adjdom. */
export const xen_domctl_scheduler_op = struct({ sched_id: u32, cmd: u32, u: array(u64, 2) });

/** `cap` in percent of a processor. */
export const xen_domctl_sched_credit = struct({ weight: u16, cap: u16 });

/** Times in ns; `extratime`: EXTRA_AWARE, or 0. */
export const xen_domctl_sched_sedf = struct({
  period: u64,
  slice: u64,
  latency: u64,
  extratime: u32,
  weight: u32,
});
/** The domain takes what is left over. */
export const EXTRA_AWARE = 1;

/** Limits in ms. Aligned, as from July 2005 on; packed before. */
export const bvt_adjdom = struct({ mcu_adv: u32, warpback: u32, warpvalue: i32, warpl: i64, warpu: i64 });

/** Times in ns. */
export const atropos_adjdom = struct({ nat_period: u64, nat_slice: u64, latency: u64, xtratime: u32 });
