/**
 * The page a domain shares with Xen: its vcpus' event words and time, the 2-level event bitmaps, the wall clock.
 * Source: xen/include/public/xen.h (shared_info, vcpu_info, vcpu_time_info), arch-x86/xen.h, Xen 4.17.
 */
import { array, i8, pfn, struct, u32, u64, u8 } from './layout.ts';

/** vcpus with a place in shared_info; later ones register their own (VCPUOP_register_vcpu_info). */
export const XEN_LEGACY_MAX_VCPUS = 32;

// vcpu_time_info.flags
export const XEN_PVCLOCK_TSC_STABLE_BIT = 1 << 0;
export const XEN_PVCLOCK_GUEST_STOPPED = 1 << 1;

/**
 * pvclock: ns = system_time + ((((tsc - tsc_timestamp) << tsc_shift) × tsc_to_system_mul) >> 32). `version` is odd
 * while Xen writes.
 */
export const vcpu_time_info = struct({
  version: u32,
  pad0: u32,
  tsc_timestamp: u64,
  system_time: u64,
  tsc_to_system_mul: u32,
  tsc_shift: i8,
  flags: u8,
  pad1: array(u8, 2),
});

export const arch_vcpu_info = struct({ cr2: u64, pad: u64 });

export const vcpu_info = struct({
  evtchn_upcall_pending: u8,
  evtchn_upcall_mask: u8,
  evtchn_pending_sel: u64,
  arch: arch_vcpu_info,
  time: vcpu_time_info,
});

export const arch_shared_info = struct({
  max_pfn: u64,
  pfn_to_mfn_frame_list_list: pfn,
  nmi_reason: u64,
  p2m_cr3: u64,
  p2m_vaddr: u64,
  p2m_generation: u64,
});

export const shared_info = struct({
  vcpu_info: array(vcpu_info, 32),
  evtchn_pending: array(u64, 64),
  evtchn_mask: array(u64, 64),
  wc_version: u32,
  wc_sec: u32,
  wc_nsec: u32,
  wc_sec_hi: u32,
  arch: arch_shared_info,
});

// arch_shared_info.nmi_reason (nmi.h): bit numbers.
export const XEN_NMIREASON_io_error_BIT = 0;
export const XEN_NMIREASON_pci_serr_BIT = 1;
export const XEN_NMIREASON_unknown_BIT = 2;
