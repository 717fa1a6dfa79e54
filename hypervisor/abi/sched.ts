/**
 * HYPERVISOR_sched_op: yielding, blocking, polling, shutting down.
 * Source: xen/include/public/sched.h, Xen 4.17.
 */
import { domid, handle, i32, struct, u32, u64 } from './layout.ts';

export const SCHEDOP_yield = 0;
export const SCHEDOP_block = 1;
export const SCHEDOP_shutdown = 2;
export const SCHEDOP_poll = 3;
export const SCHEDOP_remote_shutdown = 4;
export const SCHEDOP_shutdown_code = 5;
export const SCHEDOP_watchdog = 6;
export const SCHEDOP_pin_override = 7;

// Reasons of a shutdown.
export const SHUTDOWN_poweroff = 0;
export const SHUTDOWN_reboot = 1;
export const SHUTDOWN_suspend = 2;
export const SHUTDOWN_crash = 3;
export const SHUTDOWN_watchdog = 4;
export const SHUTDOWN_soft_reset = 5;
export const SHUTDOWN_MAX = 5;

export const sched_shutdown = struct({ reason: u32 });

/** `timeout` is absolute system time in ns, 0 for none. */
export const sched_poll = struct({ ports: handle, nr_ports: u32, timeout: u64 });

export const sched_remote_shutdown = struct({ domain_id: domid, reason: u32 });

/** `timeout` in seconds. */
export const sched_watchdog = struct({ id: u32, timeout: u32 });

export const sched_pin_override = struct({ pcpu: i32 });
