/**
 * Hypercalls as a toolstack makes them, from a process: domctl and sysctl (one structure, filled in and sent), memory_op,
 * mmuext_op, event_channel_op, grant_table_op. Results are 0 or more, or a negative errno.
 */
import * as xen from 'xen';
import { xen_domctl, xen_sysctl } from 'xen';
import { PROT_WRITE, SYS_map_foreign, SYS_munmap } from 'mote/abi';
import { hypercall } from 'programs/lib/calls';
import { syscall2, syscall4 } from 'programs/lib/intrinsics';
import { PAGE_BYTES } from './pages';

const values = new StaticArray<u64>(5);

function call(number: i32, a: u64, b: u64 = 0, c: u64 = 0, d: u64 = 0): i64 {
  values[0] = a;
  values[1] = b;
  values[2] = c;
  values[3] = d;
  return hypercall(number, values);
}

const control = new ArrayBuffer(<i32>xen_domctl.SIZE);

function controlAt(): usize {
  return changetype<usize>(control);
}
/** Where a domctl's and a sysctl's own part is. */
export function domctlPart(): usize {
  return controlAt() + xen_domctl.u;
}
export function sysctlPart(): usize {
  return controlAt() + xen_sysctl.u;
}

/** Empties the structure for the next domctl or sysctl. */
export function begin(): void {
  memory.fill(controlAt(), 0, xen_domctl.SIZE);
}

export function domctl(command: u32, domid: u32): i32 {
  store<u32>(controlAt(), command, xen_domctl.cmd);
  store<u32>(controlAt(), xen.XEN_DOMCTL_INTERFACE_VERSION, xen_domctl.interface_version);
  store<u16>(controlAt(), <u16>domid, xen_domctl.domain);
  return <i32>call(xen.HYPERVISOR_domctl, controlAt());
}

/** The domain that a domctl's answer is about. */
export function answeredDomain(): u32 {
  return load<u16>(controlAt(), xen_domctl.domain);
}

export function sysctl(command: u32): i32 {
  store<u32>(controlAt(), command, xen_sysctl.cmd);
  store<u32>(controlAt(), xen.XEN_SYSCTL_INTERFACE_VERSION, xen_sysctl.interface_version);
  return <i32>call(xen.HYPERVISOR_sysctl, controlAt());
}

export function memoryOp(command: u32, argument: usize): i64 {
  return call(xen.HYPERVISOR_memory_op, command, argument);
}

export function mmuextOp(operation: usize, domid: u32): i32 {
  return mmuextOps(operation, 1, domid);
}
export function mmuextOps(operations: usize, count: u32, domid: u32): i32 {
  return <i32>call(xen.HYPERVISOR_mmuext_op, operations, count, 0, domid);
}

export function eventChannelOp(command: i32, argument: usize): i32 {
  return <i32>call(xen.HYPERVISOR_event_channel_op, command, argument);
}

export function grantTableOp(command: i32, operation: usize): i32 {
  return <i32>call(xen.HYPERVISOR_grant_table_op, command, operation, 1);
}

export function xenVersion(command: i32, argument: usize): i64 {
  return call(xen.HYPERVISOR_xen_version, command, argument);
}

/** Maps frames of another domain: their address (beyond linear memory), or a negative errno. */
export function mapForeign(domid: u32, mfns: usize, count: u64): i64 {
  return syscall4(SYS_map_foreign, domid, mfns, count, PROT_WRITE);
}
/** As `mapForeign`, to read alone: as what may be page tables can be mapped. */
export function mapToRead(domid: u32, mfns: usize, count: u64): i64 {
  return syscall4(SYS_map_foreign, domid, mfns, count, 0);
}

export function unmap(address: u64, count: u64): void {
  syscall2(SYS_munmap, address, count * PAGE_BYTES);
}
