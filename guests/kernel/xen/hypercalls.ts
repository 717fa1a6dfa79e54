/**
 * Xen's hypercalls under Xen's names. Addresses of arguments are the kernel's own (linear memory); what Xen answers is
 * its result: 0 or more, or a negative errno.
 */
import * as xen from 'xen';
import { hypercall1, hypercall2, hypercall3, hypercall4, virtual } from './intrinsics';

export function HYPERVISOR_set_trap_table(table: usize): i32 {
  return <i32>hypercall1(xen.HYPERVISOR_set_trap_table, virtual(table));
}

export function HYPERVISOR_mmu_update(requests: usize, count: u32, domid: u32): i32 {
  return <i32>hypercall4(xen.HYPERVISOR_mmu_update, virtual(requests), count, 0, domid);
}

export function HYPERVISOR_mmuext_op(operations: usize, count: u32, domid: u32): i32 {
  return <i32>hypercall4(xen.HYPERVISOR_mmuext_op, virtual(operations), count, 0, domid);
}

export function HYPERVISOR_update_va_mapping(va: u64, entry: u64, flags: u64): i32 {
  return <i32>hypercall3(xen.HYPERVISOR_update_va_mapping, va, entry, flags);
}

export function HYPERVISOR_multicall(calls: usize, count: u32): i32 {
  return <i32>hypercall2(xen.HYPERVISOR_multicall, virtual(calls), count);
}

/** Where Xen finds the kernel's stack when it is entered from user mode. */
export function HYPERVISOR_stack_switch(top: u64): i32 {
  return <i32>hypercall2(xen.HYPERVISOR_stack_switch, xen.FLAT_KERNEL_SS, top);
}

export function HYPERVISOR_fpu_taskswitch(set: bool): i32 {
  return <i32>hypercall1(xen.HYPERVISOR_fpu_taskswitch, set ? 1 : 0);
}

export function HYPERVISOR_callback_op(command: i32, argument: usize): i32 {
  return <i32>hypercall2(xen.HYPERVISOR_callback_op, command, virtual(argument));
}

export function HYPERVISOR_event_channel_op(command: i32, argument: usize): i32 {
  return <i32>hypercall2(xen.HYPERVISOR_event_channel_op, command, virtual(argument));
}

export function HYPERVISOR_sched_op(command: i32, argument: usize): i32 {
  return <i32>hypercall2(xen.HYPERVISOR_sched_op, command, virtual(argument));
}

/** SCHEDOP_shutdown with SHUTDOWN_suspend, and where start_info is: 0 when it was restored, 1 when it was called off. */
export function HYPERVISOR_suspend(request: usize, startInfoMfn: u64): i32 {
  return <i32>hypercall3(xen.HYPERVISOR_sched_op, xen.SCHEDOP_shutdown, virtual(request), startInfoMfn);
}

/** Wants VIRQ_TIMER at a system time in ns; 0: not at all. */
export function HYPERVISOR_set_timer_op(deadlineNs: u64): i32 {
  return <i32>hypercall1(xen.HYPERVISOR_set_timer_op, deadlineNs);
}

export function HYPERVISOR_vcpu_op(command: i32, vcpu: u32, argument: usize): i32 {
  return <i32>hypercall3(xen.HYPERVISOR_vcpu_op, command, vcpu, argument == 0 ? 0 : virtual(argument));
}

export function HYPERVISOR_memory_op(command: i32, argument: usize): i64 {
  return hypercall2(xen.HYPERVISOR_memory_op, command, virtual(argument));
}

export function HYPERVISOR_grant_table_op(command: i32, operations: usize, count: u32): i32 {
  return <i32>hypercall3(xen.HYPERVISOR_grant_table_op, command, virtual(operations), count);
}

export function HYPERVISOR_xen_version(command: i32, argument: usize): i32 {
  return <i32>hypercall2(xen.HYPERVISOR_xen_version, command, virtual(argument));
}

/** Writes to Xen's own console, where that is allowed. */
export function HYPERVISOR_console_io(command: i32, count: u32, text: usize): i32 {
  return <i32>hypercall3(xen.HYPERVISOR_console_io, command, count, virtual(text));
}

/** What a toolstack does with domains, and asks of the machine: for the privileged domain. */
export function HYPERVISOR_domctl(operation: usize): i32 {
  return <i32>hypercall1(xen.HYPERVISOR_domctl, virtual(operation));
}

export function HYPERVISOR_sysctl(operation: usize): i32 {
  return <i32>hypercall1(xen.HYPERVISOR_sysctl, virtual(operation));
}

export function HYPERVISOR_physdev_op(command: i32, argument: usize): i32 {
  return <i32>hypercall2(xen.HYPERVISOR_physdev_op, command, virtual(argument));
}

export function HYPERVISOR_vm_assist(command: i32, type: i32): i32 {
  return <i32>hypercall2(xen.HYPERVISOR_vm_assist, command, type);
}

/** Makes Xen look for pending events: what unmasking needs. */
export function HYPERVISOR_force_evtchn_callback(): void {
  hypercall2(xen.HYPERVISOR_xen_version, xen.XENVER_version, 0);
}
