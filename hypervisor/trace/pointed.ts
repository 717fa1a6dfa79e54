/**
 * What the arguments of hypercalls point to in the caller's memory: which command it is, and which structures lie where. For the
 * trace alone; the hypercalls read what they need by themselves.
 */
import * as arch from '../abi/arch-x86.ts';
import * as callback from '../abi/callback.ts';
import * as domctl from '../abi/domctl.ts';
import * as event from '../abi/event-channel.ts';
import * as grant from '../abi/grant-table.ts';
import { struct, u32, domid } from '../abi/layout.ts';
import * as memory from '../abi/memory.ts';
import { namesOf } from '../abi/names.ts';
import * as paging from '../abi/pv-paging.ts';
import * as physdev from '../abi/physdev.ts';
import * as platform from '../abi/platform.ts';
import * as sched from '../abi/sched.ts';
import * as sysctl from '../abi/sysctl.ts';
import * as vcpu from '../abi/vcpu.ts';
import * as version from '../abi/version.ts';
import * as xen from '../abi/xen.ts';
import type { AnyLayout } from './plain.ts';

type Commands = Readonly<Record<number, string | undefined>>;

/** Of a hypercall that has none. */
export const NO_COMMANDS: Commands = [];

/** The family of a hypercall's commands, and where a call has its command and its structure. */
export interface Pointing {
  /** Names of the commands by number, as in Xen's headers: some numbers are so large that nobody may go through all below them. */
  readonly commands: Commands;
  /** The argument that has the command; null: the first word of the structure. */
  readonly command: number | null;
  /** Bits of it that are the command. */
  readonly mask: number;
  /** The argument that has the structure's address; null: no command has any. */
  readonly address: number | null;
  /** The argument that says how many lie there; null: one. */
  readonly count: number | null;
  /** What the structures of all commands begin with. */
  readonly head: AnyLayout | null;
  /** By command: its structure, and where in the whole it begins. */
  readonly layouts: Readonly<Record<string, AnyLayout>>;
  readonly offset: number;
  /** Xen may answer in the structure. */
  readonly answers: boolean;
}

const NOTHING: Pointing = {
  commands: NO_COMMANDS,
  command: null,
  mask: 0xffff_ffff,
  address: null,
  count: null,
  head: null,
  layouts: {},
  offset: 0,
  answers: true,
};

/** In `count` of the two batches: the call is a continuation. */
const WITHOUT_PREEMPTED = 0x7fff_ffff;

function pick(
  constants: Readonly<Record<string, unknown>>,
  names: RegExp,
  prefix: string,
): readonly string[] {
  return namesOf(Object.fromEntries(Object.entries(constants).filter(([name]) => names.test(name))), prefix);
}

const EVENTS: Readonly<Record<string, AnyLayout>> = {
  EVTCHNOP_alloc_unbound: event.evtchn_alloc_unbound,
  EVTCHNOP_bind_interdomain: event.evtchn_bind_interdomain,
  EVTCHNOP_bind_virq: event.evtchn_bind_virq,
  EVTCHNOP_bind_pirq: event.evtchn_bind_pirq,
  EVTCHNOP_bind_ipi: event.evtchn_bind_ipi,
  EVTCHNOP_close: event.evtchn_close,
  EVTCHNOP_send: event.evtchn_send,
  EVTCHNOP_status: event.evtchn_status,
  EVTCHNOP_bind_vcpu: event.evtchn_bind_vcpu,
  EVTCHNOP_unmask: event.evtchn_unmask,
  EVTCHNOP_reset: event.evtchn_reset,
  EVTCHNOP_init_control: event.evtchn_init_control,
  EVTCHNOP_expand_array: event.evtchn_expand_array,
  EVTCHNOP_set_priority: event.evtchn_set_priority,
};

const GRANTS: Readonly<Record<string, AnyLayout>> = {
  GNTTABOP_map_grant_ref: grant.gnttab_map_grant_ref,
  GNTTABOP_unmap_grant_ref: grant.gnttab_unmap_grant_ref,
  GNTTABOP_setup_table: grant.gnttab_setup_table,
  GNTTABOP_dump_table: grant.gnttab_dump_table,
  GNTTABOP_transfer: grant.gnttab_transfer,
  GNTTABOP_copy: grant.gnttab_copy,
  GNTTABOP_query_size: grant.gnttab_query_size,
  GNTTABOP_unmap_and_replace: grant.gnttab_unmap_and_replace,
  GNTTABOP_set_version: grant.gnttab_set_version,
  GNTTABOP_get_status_frames: grant.gnttab_get_status_frames,
  GNTTABOP_get_version: grant.gnttab_get_version,
  GNTTABOP_swap_grant_ref: grant.gnttab_swap_grant_ref,
  GNTTABOP_cache_flush: grant.gnttab_cache_flush,
};

const MEMORY: Readonly<Record<string, AnyLayout>> = {
  XENMEM_increase_reservation: memory.xen_memory_reservation,
  XENMEM_decrease_reservation: memory.xen_memory_reservation,
  XENMEM_populate_physmap: memory.xen_memory_reservation,
  XENMEM_exchange: memory.xen_memory_exchange,
  XENMEM_current_reservation: memory.xen_memory_domain,
  XENMEM_maximum_reservation: memory.xen_memory_domain,
  XENMEM_maximum_gpfn: memory.xen_memory_domain,
  XENMEM_machphys_mapping: memory.xen_machphys_mapping,
  XENMEM_machphys_mfn_list: memory.xen_machphys_mfn_list,
  XENMEM_machphys_compat_mfn_list: memory.xen_machphys_mfn_list,
  XENMEM_memory_map: memory.xen_memory_map,
  XENMEM_machine_memory_map: memory.xen_memory_map,
  XENMEM_set_memory_map: memory.xen_foreign_memory_map,
  XENMEM_set_pod_target: memory.xen_pod_target,
  XENMEM_get_pod_target: memory.xen_pod_target,
  XENMEM_claim_pages: memory.xen_memory_reservation,
  XENMEM_access_op: memory.xen_mem_access_op,
  XENMEM_reserved_device_memory_map: memory.xen_reserved_device_memory_map,
  XENMEM_acquire_resource: memory.xen_mem_acquire_resource,
  XENMEM_add_to_physmap: memory.xen_add_to_physmap,
  XENMEM_add_to_physmap_batch: memory.xen_add_to_physmap_batch,
  XENMEM_remove_from_physmap: memory.xen_remove_from_physmap,
  XENMEM_get_vnumainfo: memory.xen_vnuma_topology_info,
};

const SCHED: Readonly<Record<string, AnyLayout>> = {
  SCHEDOP_shutdown: sched.sched_shutdown,
  SCHEDOP_poll: sched.sched_poll,
  SCHEDOP_remote_shutdown: sched.sched_remote_shutdown,
  SCHEDOP_shutdown_code: sched.sched_shutdown,
  SCHEDOP_watchdog: sched.sched_watchdog,
  SCHEDOP_pin_override: sched.sched_pin_override,
};

const VCPU: Readonly<Record<string, AnyLayout>> = {
  VCPUOP_get_runstate_info: vcpu.vcpu_runstate_info,
  VCPUOP_register_runstate_memory_area: vcpu.vcpu_register_runstate_memory_area,
  VCPUOP_register_vcpu_time_memory_area: vcpu.vcpu_register_time_memory_area,
  VCPUOP_set_periodic_timer: vcpu.vcpu_set_periodic_timer,
  VCPUOP_set_singleshot_timer: vcpu.vcpu_set_singleshot_timer,
  VCPUOP_register_vcpu_info: vcpu.vcpu_register_vcpu_info,
  VCPUOP_get_physid: vcpu.vcpu_get_physid,
  VCPUOP_initialise: arch.vcpu_guest_context,
};

const PHYSDEV: Readonly<Record<string, AnyLayout>> = {
  PHYSDEVOP_irq_status_query: physdev.physdev_irq_status_query,
  PHYSDEVOP_set_iopl: physdev.physdev_set_iopl,
  PHYSDEVOP_set_iobitmap: physdev.physdev_set_iobitmap,
  PHYSDEVOP_apic_read: physdev.physdev_apic,
  PHYSDEVOP_apic_write: physdev.physdev_apic,
  PHYSDEVOP_alloc_irq_vector: physdev.physdev_irq,
  PHYSDEVOP_free_irq_vector: physdev.physdev_irq,
  PHYSDEVOP_eoi: physdev.physdev_eoi,
  PHYSDEVOP_map_pirq: physdev.physdev_map_pirq,
  PHYSDEVOP_unmap_pirq: physdev.physdev_unmap_pirq,
  PHYSDEVOP_manage_pci_add: physdev.physdev_manage_pci,
  PHYSDEVOP_manage_pci_remove: physdev.physdev_manage_pci,
  PHYSDEVOP_manage_pci_add_ext: physdev.physdev_manage_pci,
  PHYSDEVOP_pirq_eoi_gmfn_v1: physdev.physdev_pirq_eoi_gmfn,
  PHYSDEVOP_pirq_eoi_gmfn_v2: physdev.physdev_pirq_eoi_gmfn,
  PHYSDEVOP_restore_msi: physdev.physdev_manage_pci,
  PHYSDEVOP_setup_gsi: physdev.physdev_setup_gsi,
  PHYSDEVOP_get_free_pirq: physdev.physdev_get_free_pirq,
  PHYSDEVOP_pci_mmcfg_reserved: physdev.physdev_pci_mmcfg_reserved,
  PHYSDEVOP_pci_device_add: physdev.physdev_pci_device,
  PHYSDEVOP_pci_device_remove: physdev.physdev_pci_device,
  PHYSDEVOP_restore_msi_ext: physdev.physdev_pci_device,
  PHYSDEVOP_prepare_msix: physdev.physdev_pci_device,
  PHYSDEVOP_release_msix: physdev.physdev_pci_device,
};

const DOMCTL: Readonly<Record<string, AnyLayout>> = {
  XEN_DOMCTL_createdomain: domctl.xen_domctl_createdomain,
  XEN_DOMCTL_getdomaininfo: domctl.xen_domctl_getdomaininfo,
  XEN_DOMCTL_setvcpuaffinity: domctl.xen_domctl_vcpuaffinity,
  XEN_DOMCTL_getvcpuaffinity: domctl.xen_domctl_vcpuaffinity,
  XEN_DOMCTL_setnodeaffinity: domctl.xen_domctl_nodeaffinity,
  XEN_DOMCTL_getnodeaffinity: domctl.xen_domctl_nodeaffinity,
  XEN_DOMCTL_shadow_op: domctl.xen_domctl_shadow_op,
  XEN_DOMCTL_pv_paging_op: paging.xen_domctl_pv_paging_op,
  XEN_DOMCTL_max_mem: domctl.xen_domctl_max_mem,
  XEN_DOMCTL_setvcpucontext: domctl.xen_domctl_vcpucontext,
  XEN_DOMCTL_getvcpucontext: domctl.xen_domctl_vcpucontext,
  XEN_DOMCTL_getvcpuinfo: domctl.xen_domctl_getvcpuinfo,
  XEN_DOMCTL_max_vcpus: domctl.xen_domctl_max_vcpus,
  XEN_DOMCTL_scheduler_op: domctl.xen_domctl_scheduler_op,
  XEN_DOMCTL_irq_permission: domctl.xen_domctl_irq_permission,
  XEN_DOMCTL_iomem_permission: domctl.xen_domctl_iomem_permission,
  XEN_DOMCTL_ioport_permission: domctl.xen_domctl_ioport_permission,
  XEN_DOMCTL_hypercall_init: domctl.xen_domctl_hypercall_init,
  XEN_DOMCTL_settimeoffset: domctl.xen_domctl_settimeoffset,
  XEN_DOMCTL_subscribe: domctl.xen_domctl_subscribe,
  XEN_DOMCTL_set_address_size: domctl.xen_domctl_address_size,
  XEN_DOMCTL_get_address_size: domctl.xen_domctl_address_size,
  XEN_DOMCTL_set_ext_vcpucontext: domctl.xen_domctl_ext_vcpucontext,
  XEN_DOMCTL_get_ext_vcpucontext: domctl.xen_domctl_ext_vcpucontext,
  XEN_DOMCTL_gettscinfo: domctl.xen_domctl_tsc_info,
  XEN_DOMCTL_settscinfo: domctl.xen_domctl_tsc_info,
  XEN_DOMCTL_getpageframeinfo3: domctl.xen_domctl_getpageframeinfo3,
  XEN_DOMCTL_setvcpuextstate: domctl.xen_domctl_vcpuextstate,
  XEN_DOMCTL_getvcpuextstate: domctl.xen_domctl_vcpuextstate,
  XEN_DOMCTL_set_virq_handler: domctl.xen_domctl_set_virq_handler,
  XEN_DOMCTL_get_vcpu_msrs: domctl.xen_domctl_vcpu_msrs,
  XEN_DOMCTL_set_vcpu_msrs: domctl.xen_domctl_vcpu_msrs,
  XEN_DOMCTL_get_cpu_policy: domctl.xen_domctl_cpu_policy,
  XEN_DOMCTL_set_cpu_policy: domctl.xen_domctl_cpu_policy,
};

const SYSCTL: Readonly<Record<string, AnyLayout>> = {
  XEN_SYSCTL_readconsole: sysctl.xen_sysctl_readconsole,
  XEN_SYSCTL_tbuf_op: sysctl.xen_sysctl_tbuf_op,
  XEN_SYSCTL_physinfo: sysctl.xen_sysctl_physinfo,
  XEN_SYSCTL_sched_id: sysctl.xen_sysctl_sched_id,
  XEN_SYSCTL_getdomaininfolist: sysctl.xen_sysctl_getdomaininfolist,
  XEN_SYSCTL_debug_keys: sysctl.xen_sysctl_debug_keys,
  XEN_SYSCTL_getcpuinfo: sysctl.xen_sysctl_getcpuinfo,
  XEN_SYSCTL_availheap: sysctl.xen_sysctl_availheap,
  XEN_SYSCTL_cputopoinfo: sysctl.xen_sysctl_cputopoinfo,
  XEN_SYSCTL_numainfo: sysctl.xen_sysctl_numainfo,
  XEN_SYSCTL_cpupool_op: sysctl.xen_sysctl_cpupool_op,
  XEN_SYSCTL_pcitopoinfo: sysctl.xen_sysctl_pcitopoinfo,
  XEN_SYSCTL_get_cpu_levelling_caps: sysctl.xen_sysctl_cpu_levelling_caps,
  XEN_SYSCTL_get_cpu_featureset: sysctl.xen_sysctl_cpu_featureset,
  XEN_SYSCTL_get_cpu_policy: sysctl.xen_sysctl_cpu_policy,
  XEN_SYSCTL_scheduler_op: sysctl.xen_sysctl_scheduler_op,
};

const PLATFORM: Readonly<Record<string, AnyLayout>> = {
  XENPF_settime32: platform.xenpf_settime32,
  XENPF_settime64: platform.xenpf_settime64,
  XENPF_microcode_update: platform.xenpf_microcode_update,
  XENPF_platform_quirk: platform.xenpf_platform_quirk,
  XENPF_firmware_info: platform.xenpf_firmware_info,
  XENPF_set_processor_pminfo: platform.xenpf_set_processor_pminfo,
  XENPF_get_cpuinfo: platform.xenpf_pcpuinfo,
  XENPF_get_cpu_version: platform.xenpf_pcpu_version,
  XENPF_cpu_online: platform.xenpf_cpu_ol,
  XENPF_cpu_offline: platform.xenpf_cpu_ol,
  XENPF_core_parking: platform.xenpf_core_parking,
};

const MMUEXT_COMMANDS = namesOf(xen, 'MMUEXT_');
/** The commands of memory_op: other numbers of its header begin alike. */
export const MEMORY_COMMANDS = pick(memory, /^XENMEM_(?!resource_)[a-z]/, 'XENMEM_');

/** One row for each hypercall that has commands, or structures in memory. */
export const POINTING: Readonly<Record<string, Pointing>> = {
  event_channel_op: {
    ...NOTHING,
    ...{ commands: namesOf(event, 'EVTCHNOP_'), command: 0, address: 1, layouts: EVENTS },
  },
  event_channel_op_compat: {
    ...NOTHING,
    ...{ commands: namesOf(event, 'EVTCHNOP_'), address: 0, layouts: EVENTS },
    ...{ head: struct({ cmd: u32 }), offset: event.evtchn_op.offset.u },
  },
  grant_table_op: {
    ...NOTHING,
    ...{ commands: namesOf(grant, 'GNTTABOP_'), command: 0, address: 1, count: 2, layouts: GRANTS },
  },
  memory_op: {
    ...NOTHING,
    ...{ commands: MEMORY_COMMANDS, command: 0, mask: memory.MEMOP_CMD_MASK },
    ...{ address: 1, layouts: MEMORY },
  },
  sched_op: { ...NOTHING, commands: namesOf(sched, 'SCHEDOP_'), command: 0, address: 1, layouts: SCHED },
  sched_op_compat: { ...NOTHING, commands: namesOf(sched, 'SCHEDOP_'), command: 0 },
  vcpu_op: { ...NOTHING, commands: namesOf(vcpu, 'VCPUOP_'), command: 0, address: 2, layouts: VCPU },
  physdev_op: {
    ...NOTHING,
    ...{ commands: namesOf(physdev, 'PHYSDEVOP_'), command: 0, address: 1, layouts: PHYSDEV },
  },
  xen_version: {
    ...NOTHING,
    ...{ commands: namesOf(version, 'XENVER_'), command: 0, address: 1 },
    layouts: {
      XENVER_platform_parameters: version.xen_platform_parameters,
      XENVER_get_features: version.xen_feature_info,
    },
  },
  console_io: { ...NOTHING, commands: namesOf(xen, 'CONSOLEIO_'), command: 0 },
  callback_op: {
    ...NOTHING,
    ...{ commands: namesOf(callback, 'CALLBACKOP_'), command: 0, address: 1 },
    layouts: {
      CALLBACKOP_register: callback.callback_register,
      CALLBACKOP_unregister: callback.callback_unregister,
    },
  },
  nmi_op: {
    ...NOTHING,
    ...{ commands: namesOf(callback, 'XENNMI_'), command: 0, address: 1 },
    layouts: { XENNMI_register_callback: callback.xennmi_callback },
  },
  set_segment_base: { ...NOTHING, commands: namesOf(arch, 'SEGBASE_'), command: 0 },
  vm_assist: { ...NOTHING, commands: namesOf(xen, 'VMASST_CMD_'), command: 0 },
  mmu_update: { ...NOTHING, address: 0, count: 1, head: xen.mmu_update, answers: false },
  mmuext_op: {
    ...NOTHING,
    ...{ commands: MMUEXT_COMMANDS, address: 0, count: 1, head: xen.mmuext_op, answers: false },
  },
  multicall: { ...NOTHING, address: 0, count: 1, head: xen.multicall_entry, answers: false },
  domctl: {
    ...NOTHING,
    ...{
      commands: pick({ ...domctl, ...paging }, /^XEN_DOMCTL_[a-z]/, 'XEN_DOMCTL_'),
      address: 0,
      layouts: DOMCTL,
    },
    ...{
      head: struct({ cmd: u32, interface_version: u32, domain: domid }),
      offset: domctl.xen_domctl.offset.u,
    },
  },
  sysctl: {
    ...NOTHING,
    ...{ commands: pick(sysctl, /^XEN_SYSCTL_[a-z]/, 'XEN_SYSCTL_'), address: 0, layouts: SYSCTL },
    ...{ head: struct({ cmd: u32, interface_version: u32 }), offset: sysctl.xen_sysctl.offset.u },
  },
  platform_op: {
    ...NOTHING,
    ...{ commands: pick(platform, /^XENPF_[a-z]/, 'XENPF_'), address: 0, layouts: PLATFORM },
    ...{ head: struct({ cmd: u32, interface_version: u32 }), offset: platform.xen_platform_op.offset.u },
  },
};

/** How many of an array are told. */
export const TOLD_STRUCTURES = 4;

/** How many structures a call names, and how many of them are told: `words` as in a hypercall's event. */
export function countOf({ count }: Pointing, words: ArrayLike<number>): { all: number; told: number } {
  const all = count === null ? 1 : (words[2 * count]! & WITHOUT_PREEMPTED) >>> 0;
  return { all, told: Math.min(all, TOLD_STRUCTURES) };
}
