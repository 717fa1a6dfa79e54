/**
 * HYPERVISOR_physdev_op: interrupts and I/O privilege of physical devices.
 * Source: xen/include/public/physdev.h, Xen 4.17.
 */
import { domid, handle, i32, pfn, struct, u16, u32, u64, u8 } from './layout.ts';

export const PHYSDEVOP_irq_status_query = 5;
export const PHYSDEVOP_set_iopl = 6;
export const PHYSDEVOP_set_iobitmap = 7;
export const PHYSDEVOP_apic_read = 8;
export const PHYSDEVOP_apic_write = 9;
export const PHYSDEVOP_alloc_irq_vector = 10;
export const PHYSDEVOP_free_irq_vector = 11;
export const PHYSDEVOP_eoi = 12;
export const PHYSDEVOP_map_pirq = 13;
export const PHYSDEVOP_unmap_pirq = 14;
export const PHYSDEVOP_manage_pci_add = 15;
export const PHYSDEVOP_manage_pci_remove = 16;
export const PHYSDEVOP_pirq_eoi_gmfn_v1 = 17;
export const PHYSDEVOP_restore_msi = 19;
export const PHYSDEVOP_manage_pci_add_ext = 20;
export const PHYSDEVOP_setup_gsi = 21;
export const PHYSDEVOP_get_free_pirq = 23;
export const PHYSDEVOP_pci_mmcfg_reserved = 24;
export const PHYSDEVOP_pci_device_add = 25;
export const PHYSDEVOP_pci_device_remove = 26;
export const PHYSDEVOP_restore_msi_ext = 27;
export const PHYSDEVOP_pirq_eoi_gmfn_v2 = 28;
export const PHYSDEVOP_dbgp_op = 29;
export const PHYSDEVOP_prepare_msix = 30;
export const PHYSDEVOP_release_msix = 31;

// physdev_irq_status_query.flags
export const XENIRQSTAT_needs_eoi = 1 << 0;
export const XENIRQSTAT_shared = 1 << 1;

export const MAP_PIRQ_TYPE_MSI = 0;
export const MAP_PIRQ_TYPE_GSI = 1;
export const MAP_PIRQ_TYPE_UNKNOWN = 2;
export const MAP_PIRQ_TYPE_MSI_SEG = 3;
export const MAP_PIRQ_TYPE_MULTI_MSI = 4;

export const physdev_eoi = struct({ irq: u32 });

export const physdev_pirq_eoi_gmfn = struct({ gmfn: pfn });

export const physdev_irq_status_query = struct({ irq: u32, flags: u32 });

export const physdev_set_iopl = struct({ iopl: u32 });

export const physdev_set_iobitmap = struct({ bitmap: handle, nr_ports: u32 });

export const physdev_apic = struct({ apic_physbase: u64, reg: u32, value: u32 });

export const physdev_irq = struct({ irq: u32, vector: u32 });

export const physdev_map_pirq = struct({
  domid,
  type: i32,
  index: i32,
  pirq: i32,
  bus: i32,
  devfn: i32,
  entry_nr: i32,
  table_base: u64,
});

export const physdev_unmap_pirq = struct({ domid, pirq: i32 });

export const physdev_manage_pci = struct({ bus: u8, devfn: u8 });

export const physdev_setup_gsi = struct({ gsi: i32, triggering: u8, polarity: u8 });

export const physdev_get_free_pirq = struct({ type: i32, pirq: u32 });

export const physdev_pci_mmcfg_reserved = struct({
  address: u64,
  segment: u16,
  start_bus: u8,
  end_bus: u8,
  flags: u32,
});

export const physdev_pci_device = struct({ seg: u16, bus: u8, devfn: u8 });
