/**
 * HYPERVISOR_vcpu_op: bringing vcpus up and down, their timers, runstate and registered areas.
 * Source: xen/include/public/vcpu.h, Xen 4.17.
 */
import { array, handle, i32, struct, u32, u64, union } from './layout.ts';

export const VCPUOP_initialise = 0;
export const VCPUOP_up = 1;
export const VCPUOP_down = 2;
export const VCPUOP_is_up = 3;
export const VCPUOP_get_runstate_info = 4;
export const VCPUOP_register_runstate_memory_area = 5;
export const VCPUOP_set_periodic_timer = 6;
export const VCPUOP_stop_periodic_timer = 7;
export const VCPUOP_set_singleshot_timer = 8;
export const VCPUOP_stop_singleshot_timer = 9;
export const VCPUOP_register_vcpu_info = 10;
export const VCPUOP_send_nmi = 11;
export const VCPUOP_get_physid = 12;
export const VCPUOP_register_vcpu_time_memory_area = 13;

// vcpu_runstate_info.state
export const RUNSTATE_running = 0;
export const RUNSTATE_runnable = 1;
export const RUNSTATE_blocked = 2;
export const RUNSTATE_offline = 3;

/** In the upper half of state_entry_time, with VMASST_TYPE_runstate_update_flag: an update is under way (bit 63). */
export const XEN_RUNSTATE_UPDATE_HIGH = 0x8000_0000;

// vcpu_set_singleshot_timer.flags
export const VCPU_SSHOTTMR_future = 1 << 0;

/** Times in ns: when the state was entered, and how long each state lasted in all. */
export const vcpu_runstate_info = struct({ state: i32, state_entry_time: u64, time: array(u64, 4) });

export const vcpu_register_runstate_memory_area = struct({ addr: union({ h: handle, v: handle, p: u64 }) });

export const vcpu_set_periodic_timer = struct({ period_ns: u64 });

export const vcpu_set_singleshot_timer = struct({ timeout_abs_ns: u64, flags: u32 });

export const vcpu_register_vcpu_info = struct({ mfn: u64, offset: u32, rsvd: u32 });

export const vcpu_get_physid = struct({ phys_id: u64 });

export const vcpu_register_time_memory_area = struct({ addr: union({ h: handle, v: handle, p: u64 }) });
