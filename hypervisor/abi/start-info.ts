/**
 * The page a PV kernel gets the address of in RSI when it starts.
 * Source: xen/include/public/xen.h (start_info), Xen 4.17.
 */
import { array, i8, pfn, struct, u32, u64, u8, union } from './layout.ts';

/** Bytes of the command line, its terminating NUL included. */
export const MAX_GUEST_CMDLINE = 1024;

// start_info.flags
export const SIF_PRIVILEGED = 1 << 0;
export const SIF_INITDOMAIN = 1 << 1;
export const SIF_MULTIBOOT_MOD = 1 << 2;
export const SIF_MOD_START_PFN = 1 << 3;
export const SIF_VIRT_P2M_4TOOLS = 1 << 4;
export const SIF_PM_MASK = 0xff00;

/** `magic` is "xen-<major>.<minor>-<architecture>", here xen-3.0-x86_64. */
export const start_info = struct({
  magic: array(u8, 32),
  nr_pages: u64,
  /** Machine address of the shared info page. */
  shared_info: u64,
  flags: u32,
  store_mfn: pfn,
  store_evtchn: u32,
  console: union({
    domU: struct({ mfn: pfn, evtchn: u32 }),
    dom0: struct({ info_off: u32, info_size: u32 }),
  }),
  pt_base: u64,
  nr_pt_frames: u64,
  mfn_list: u64,
  /** A virtual address, or a pfn with SIF_MOD_START_PFN. */
  mod_start: u64,
  mod_len: u64,
  cmd_line: array(i8, 1024),
  first_p2m_pfn: u64,
  nr_p2m_frames: u64,
});

export const xen_multiboot_mod_list = struct({ mod_start: u32, mod_end: u32, cmdline: u32, pad: u32 });
