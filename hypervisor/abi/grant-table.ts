/**
 * Grant tables: entries of both versions, HYPERVISOR_grant_table_op and its status codes.
 * Source: xen/include/public/grant_table.h, Xen 4.17.
 */
import { array, domid, gref, handle, i16, pfn, struct, u16, u32, u64, union } from './layout.ts';

// Entries the toolstack fills before the domain runs.
export const GNTTAB_NR_RESERVED_ENTRIES = 8;
export const GNTTAB_RESERVED_CONSOLE = 0;
export const GNTTAB_RESERVED_XENSTORE = 1;

// Flags of an entry: bits 1:0 its type.
export const GTF_invalid = 0;
export const GTF_permit_access = 1 << 0;
export const GTF_accept_transfer = 1 << 1;
export const GTF_transitive = 3;
export const GTF_type_mask = 3;
export const GTF_readonly = 1 << 2;
export const GTF_reading = 1 << 3;
export const GTF_writing = 1 << 4;
export const GTF_PWT = 1 << 5;
export const GTF_PCD = 1 << 6;
export const GTF_PAT = 1 << 7;
export const GTF_sub_page = 1 << 8;
export const GTF_transfer_committed = 1 << 2;
export const GTF_transfer_completed = 1 << 3;

export const GNTTABOP_map_grant_ref = 0;
export const GNTTABOP_unmap_grant_ref = 1;
export const GNTTABOP_setup_table = 2;
export const GNTTABOP_dump_table = 3;
export const GNTTABOP_transfer = 4;
export const GNTTABOP_copy = 5;
export const GNTTABOP_query_size = 6;
export const GNTTABOP_unmap_and_replace = 7;
export const GNTTABOP_set_version = 8;
export const GNTTABOP_get_status_frames = 9;
export const GNTTABOP_get_version = 10;
export const GNTTABOP_swap_grant_ref = 11;
export const GNTTABOP_cache_flush = 12;

// Flags of map and unmap.
export const GNTMAP_device_map = 1 << 0;
export const GNTMAP_host_map = 1 << 1;
export const GNTMAP_readonly = 1 << 2;
export const GNTMAP_application_map = 1 << 3;
export const GNTMAP_contains_pte = 1 << 4;
/** The bit number of the first of the flags that go to the PTE's available bits. */
export const GNTMAP_guest_avail0 = 16;
export const GNTMAP_guest_avail_mask = 0xffff0000;

// Flags of copy.
export const GNTCOPY_source_gref = 1 << 0;
export const GNTCOPY_dest_gref = 1 << 1;

// Flags of cache_flush.
export const GNTTAB_CACHE_CLEAN = 1 << 0;
export const GNTTAB_CACHE_INVAL = 1 << 1;
export const GNTTAB_CACHE_SOURCE_GREF = 0x80000000;

// Status codes: what an operation leaves in its `status`.
export const GNTST_okay = 0;
export const GNTST_general_error = -1;
export const GNTST_bad_domain = -2;
export const GNTST_bad_gntref = -3;
export const GNTST_bad_handle = -4;
export const GNTST_bad_virt_addr = -5;
export const GNTST_bad_dev_addr = -6;
export const GNTST_no_device_space = -7;
export const GNTST_permission_denied = -8;
export const GNTST_bad_page = -9;
export const GNTST_bad_copy_arg = -10;
export const GNTST_address_too_big = -11;
export const GNTST_eagain = -12;
export const GNTST_no_space = -13;

export const grant_entry_v1 = struct({ flags: u16, domid, frame: u32 });

export const grant_entry_header = struct({ flags: u16, domid });

export const grant_entry_v2 = union({
  hdr: grant_entry_header,
  full_page: struct({ hdr: grant_entry_header, pad0: u32, frame: u64 }),
  sub_page: struct({ hdr: grant_entry_header, page_off: u16, length: u16, frame: u64 }),
  transitive: struct({ hdr: grant_entry_header, trans_domid: domid, pad0: u16, gref }),
  __spacer: array(u32, 4),
});

/** grant_status_t: of version 2, in its own frames. */
export const grant_status = u16;

export const gnttab_map_grant_ref = struct({
  host_addr: u64,
  flags: u32,
  ref: gref,
  dom: domid,
  status: i16,
  handle: u32,
  dev_bus_addr: u64,
});

export const gnttab_unmap_grant_ref = struct({ host_addr: u64, dev_bus_addr: u64, handle: u32, status: i16 });

export const gnttab_setup_table = struct({ dom: domid, nr_frames: u32, status: i16, frame_list: handle });

export const gnttab_dump_table = struct({ dom: domid, status: i16 });

export const gnttab_transfer = struct({ mfn: pfn, domid, ref: gref, status: i16 });

const gnttab_copy_ptr = struct({ u: union({ ref: gref, gmfn: pfn }), domid, offset: u16 });

export const gnttab_copy = struct({
  source: gnttab_copy_ptr,
  dest: gnttab_copy_ptr,
  len: u16,
  flags: u16,
  status: i16,
});

export const gnttab_query_size = struct({ dom: domid, nr_frames: u32, max_nr_frames: u32, status: i16 });

export const gnttab_unmap_and_replace = struct({ host_addr: u64, new_addr: u64, handle: u32, status: i16 });

export const gnttab_set_version = struct({ version: u32 });

export const gnttab_get_status_frames = struct({
  nr_frames: u32,
  dom: domid,
  status: i16,
  frame_list: handle,
});

export const gnttab_get_version = struct({ dom: domid, pad: u16, version: u32 });

export const gnttab_swap_grant_ref = struct({ ref_a: gref, ref_b: gref, status: i16 });

export const gnttab_cache_flush = struct({
  a: union({ dev_bus_addr: u64, ref: gref }),
  offset: u16,
  length: u16,
  op: u32,
});
