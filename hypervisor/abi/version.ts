/**
 * HYPERVISOR_xen_version: who Xen is and what it can do.
 * Source: xen/include/public/version.h, features.h, Xen 4.17.
 */
import { array, struct, u32, u64, u8 } from './layout.ts';

export const XENVER_version = 0;
export const XENVER_extraversion = 1;
export const XENVER_compile_info = 2;
export const XENVER_capabilities = 3;
export const XENVER_changeset = 4;
export const XENVER_platform_parameters = 5;
export const XENVER_get_features = 6;
export const XENVER_pagesize = 7;
export const XENVER_guest_handle = 8;
export const XENVER_commandline = 9;
export const XENVER_build_id = 10;

// Bits of the one feature submap.
export const XENFEAT_writable_page_tables = 0;
export const XENFEAT_writable_descriptor_tables = 1;
export const XENFEAT_auto_translated_physmap = 2;
export const XENFEAT_supervisor_mode_kernel = 3;
export const XENFEAT_pae_pgdir_above_4gb = 4;
export const XENFEAT_mmu_pt_update_preserve_ad = 5;
export const XENFEAT_highmem_assist = 6;
export const XENFEAT_gnttab_map_avail_bits = 7;
export const XENFEAT_hvm_callback_vector = 8;
export const XENFEAT_hvm_safe_pvclock = 9;
export const XENFEAT_hvm_pirqs = 10;
export const XENFEAT_dom0 = 11;
export const XENFEAT_memory_op_vnode_supported = 13;
export const XENFEAT_ARM_SMCCC_supported = 14;
export const XENFEAT_linux_rsdp_unrestricted = 15;
export const XENFEAT_not_direct_mapped = 16;
export const XENFEAT_direct_mapped = 17;
export const XENFEAT_NR_SUBMAPS = 1;

/** Sizes in bytes of the strings that the sub-operations fill, their NUL included. */
export const XEN_EXTRAVERSION_LEN = 16;
export const XEN_CAPABILITIES_INFO_LEN = 1024;
export const XEN_CHANGESET_INFO_LEN = 64;
export const XEN_COMMANDLINE_LEN = 1024;
export const XEN_DOMAIN_HANDLE_LEN = 16;

export const xen_compile_info = struct({
  compiler: array(u8, 64),
  compile_by: array(u8, 16),
  compile_domain: array(u8, 32),
  compile_date: array(u8, 32),
});

export const xen_platform_parameters = struct({ virt_start: u64 });

export const xen_feature_info = struct({ submap_idx: u32, submap: u32 });

/** Followed by `len` bytes. */
export const xen_build_id = struct({ len: u32 });
