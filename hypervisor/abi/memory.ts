/**
 * HYPERVISOR_memory_op: reservations, exchange, the M2P's place, the memory map.
 * Source: xen/include/public/memory.h, Xen 4.17.
 */
import { domid, handle, pfn, struct, u16, u32, u64, u8, union } from './layout.ts';
import { physdev_pci_device } from './physdev.ts';

/** The command is the low bits of the first argument; a continuation counts in the rest (xen/common/memory.c). */
export const MEMOP_EXTENT_SHIFT = 6;
export const MEMOP_CMD_MASK = (1 << MEMOP_EXTENT_SHIFT) - 1;

export const XENMEM_increase_reservation = 0;
export const XENMEM_decrease_reservation = 1;
export const XENMEM_maximum_ram_page = 2;
export const XENMEM_current_reservation = 3;
export const XENMEM_maximum_reservation = 4;
export const XENMEM_machphys_mfn_list = 5;
export const XENMEM_populate_physmap = 6;
export const XENMEM_add_to_physmap = 7;
export const XENMEM_memory_map = 9;
export const XENMEM_machine_memory_map = 10;
export const XENMEM_exchange = 11;
export const XENMEM_machphys_mapping = 12;
export const XENMEM_set_memory_map = 13;
export const XENMEM_maximum_gpfn = 14;
export const XENMEM_remove_from_physmap = 15;
export const XENMEM_set_pod_target = 16;
export const XENMEM_get_pod_target = 17;
export const XENMEM_get_sharing_freed_pages = 18;
export const XENMEM_get_sharing_shared_pages = 19;
export const XENMEM_paging_op = 20;
export const XENMEM_access_op = 21;
export const XENMEM_sharing_op = 22;
export const XENMEM_add_to_physmap_batch = 23;
export const XENMEM_claim_pages = 24;
export const XENMEM_machphys_compat_mfn_list = 25;
export const XENMEM_get_vnumainfo = 26;
export const XENMEM_reserved_device_memory_map = 27;
export const XENMEM_acquire_resource = 28;

// xen_memory_reservation.mem_flags: bits 7:0 the width in bits of the highest address wanted, 0 for any.
export const XENMEMF_populate_on_demand = 1 << 16;
export const XENMEMF_exact_node_request = 1 << 17;
export const XENMEMF_vnode = 1 << 18;
export const XENMEMF_ADDRESS_BITS_MASK = 0xff;

export const XENMAPSPACE_shared_info = 0;
export const XENMAPSPACE_grant_table = 1;
export const XENMAPSPACE_gmfn = 2;
export const XENMAPSPACE_gmfn_range = 3;
export const XENMAPSPACE_gmfn_foreign = 4;
export const XENMAPSPACE_dev_mmio = 5;
export const XENMAPIDX_grant_table_status = 0x80000000;

// xen_mem_acquire_resource.type, and `id` of a grant table.
export const XENMEM_resource_ioreq_server = 0;
export const XENMEM_resource_grant_table = 1;
export const XENMEM_resource_vmtrace_buf = 2;
export const XENMEM_resource_grant_table_id_shared = 0;
export const XENMEM_resource_grant_table_id_status = 1;

// Types of an e820 entry, which XENMEM_memory_map returns.
export const E820_RAM = 1;
export const E820_RESERVED = 2;
export const E820_ACPI = 3;
export const E820_NVS = 4;
export const E820_UNUSABLE = 5;

/** 20 bytes, packed: alone in this interface, it has no padding at its end. */
export const E820_ENTRY_BYTES = 20;
/** The most entries that a map has. */
export const E820MAX = 1024;

export const xen_memory_reservation = struct({
  extent_start: handle,
  nr_extents: u64,
  extent_order: u32,
  mem_flags: u32,
  domid,
});

export const xen_memory_exchange = struct({
  in: xen_memory_reservation,
  out: xen_memory_reservation,
  nr_exchanged: u64,
});

export const xen_memory_domain = struct({ domid });

export const xen_machphys_mfn_list = struct({ max_extents: u32, extent_start: handle, nr_extents: u32 });

export const xen_machphys_mapping = struct({ v_start: u64, v_end: u64, max_mfn: u64 });

export const xen_add_to_physmap = struct({ domid, size: u16, space: u32, idx: u64, gpfn: pfn });

export const xen_add_to_physmap_batch = struct({
  domid,
  space: u16,
  size: u16,
  u: union({ foreign_domid: domid, res0: u16 }),
  idxs: handle,
  gpfns: handle,
  errs: handle,
});

export const xen_remove_from_physmap = struct({ domid, gpfn: pfn });

export const xen_memory_map = struct({ nr_entries: u32, buffer: handle });

export const xen_foreign_memory_map = struct({ domid, map: xen_memory_map });

export const xen_pod_target = struct({
  target_pages: u64,
  tot_pages: u64,
  pod_cache_pages: u64,
  pod_entries: u64,
  domid,
});

export const xen_mem_acquire_resource = struct({
  domid,
  type: u16,
  id: u32,
  nr_frames: u32,
  pad: u32,
  frame: u64,
  frame_list: handle,
});

/** XENMEM_reserved_device_memory_map: of all devices, not of one. */
export const XENMEM_RDM_ALL = 1;

export const xen_mem_access_op = struct({
  op: u8,
  access: u8,
  domid,
  nr: u32,
  pfn: u64,
  pfn_list: handle,
  access_list: handle,
});

export const xen_reserved_device_memory = struct({ start_pfn: pfn, nr_pages: u64 });

export const xen_reserved_device_memory_map = struct({
  flags: u32,
  nr_entries: u32,
  buffer: handle,
  dev: union({ pci: physdev_pci_device }),
});

const vnumaHandle = union({ h: handle, pad: u64 });

export const xen_vnuma_topology_info = struct({
  domid,
  pad: u16,
  nr_vnodes: u32,
  nr_vcpus: u32,
  nr_vmemranges: u32,
  vdistance: vnumaHandle,
  vcpu_to_vnode: vnumaHandle,
  vmemrange: vnumaHandle,
});
