/** HYPERVISOR_platform_op: the machine's own affairs, for domain 0. Source: xen/include/public/platform.h, Xen 4.17. */
import { array, handle, struct, u32, u64, u8, u16 } from './layout.ts';

export const XENPF_settime32 = 17;
export const XENPF_add_memtype = 31;
export const XENPF_del_memtype = 32;
export const XENPF_read_memtype = 33;
export const XENPF_microcode_update = 35;
export const XENPF_platform_quirk = 39;
export const XENPF_get_cpu_version = 48;
export const XENPF_efi_runtime_call = 49;
export const XENPF_firmware_info = 50;
export const XENPF_enter_acpi_sleep = 51;
export const XENPF_change_freq = 52;
export const XENPF_getidletime = 53;
export const XENPF_set_processor_pminfo = 54;
export const XENPF_get_cpuinfo = 55;
export const XENPF_cpu_online = 56;
export const XENPF_cpu_offline = 57;
export const XENPF_cpu_hotadd = 58;
export const XENPF_mem_hotadd = 59;
export const XENPF_core_parking = 60;
export const XENPF_resource_op = 61;
export const XENPF_settime64 = 62;
export const XENPF_get_symbol = 63;

/** Any command; `u` is the command's own structure. */
export const xen_platform_op = struct({ cmd: u32, interface_version: u32, u: array(u64, 16) });

/** The wall clock was `secs` and `nsecs` when system time was `system_time` (ns). */
export const xenpf_settime32 = struct({ secs: u32, nsecs: u32, system_time: u64 });
export const xenpf_settime64 = struct({ secs: u64, nsecs: u32, mbz: u32, system_time: u64 });

export const xenpf_microcode_update = struct({ data: handle, length: u32 });

export const QUIRK_NOIRQBALANCING = 1;
export const QUIRK_IOAPIC_BAD_REGSEL = 2;
export const QUIRK_IOAPIC_GOOD_REGSEL = 3;
export const xenpf_platform_quirk = struct({ quirk_id: u32 });

export const XEN_FW_DISK_INFO = 1;
export const XEN_FW_DISK_MBR_SIGNATURE = 2;
export const XEN_FW_VBEDDC_INFO = 3;
export const XEN_FW_EFI_INFO = 4;
export const XEN_FW_KBD_SHIFT_FLAGS = 5;
/** `u`: as large as the largest of what a type answers; XEN_FW_KBD_SHIFT_FLAGS a byte. */
export const xenpf_firmware_info = struct({ type: u32, index: u32, u: array(u64, 4) });

/** What the domain would write to PM1's control registers, and S0 to S5 as 0 to 5. */
export const xenpf_enter_acpi_sleep = struct({ val_a: u16, val_b: u16, sleep_state: u32, flags: u32 });

export const XEN_PM_TX = 2;
/** `id`: ACPI's of the processor. `u`: what the type tells. */
export const xenpf_set_processor_pminfo = struct({ id: u32, type: u32, u: array(u64, 13) });

export const XEN_PCPU_FLAGS_ONLINE = 1;
export const XEN_PCPU_FLAGS_INVALID = 2;
export const xenpf_pcpuinfo = struct({
  xen_cpuid: u32,
  max_present: u32,
  flags: u32,
  apic_id: u32,
  acpi_id: u32,
});

export const xenpf_pcpu_version = struct({
  xen_cpuid: u32,
  max_present: u32,
  vendor_id: array(u8, 12),
  family: u32,
  model: u32,
  stepping: u32,
});

export const xenpf_cpu_ol = struct({ cpuid: u32 });

export const XEN_CORE_PARKING_SET = 1;
export const XEN_CORE_PARKING_GET = 2;
export const xenpf_core_parking = struct({ type: u32, idle_nums: u32 });
