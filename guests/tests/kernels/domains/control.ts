/** domctl and sysctl: one structure, filled in and sent; 0 or a negative errno. */
import * as xen from 'xen';
import { xen_domctl, xen_sysctl } from 'xen';
import { HYPERVISOR_domctl, HYPERVISOR_sysctl } from 'kernel/xen/hypercalls';

const operation: usize = memory.data(144, 8);
/** Where a domctl's and a sysctl's own part is. */
export const D: usize = operation + xen_domctl.u;
export const S: usize = operation + xen_sysctl.u;

/** Empties the structure. */
export function begin(): void {
  memory.fill(operation, 0, xen_domctl.SIZE);
}

export function domctlOf(version: u32, command: u32, domain: u32): i32 {
  store<u32>(operation + xen_domctl.cmd, command);
  store<u32>(operation + xen_domctl.interface_version, version);
  store<u16>(operation + xen_domctl.domain, <u16>domain);
  return HYPERVISOR_domctl(operation);
}

export function domctl(command: u32, domain: u32): i32 {
  return domctlOf(xen.XEN_DOMCTL_INTERFACE_VERSION, command, domain);
}

/** The domain that an answer is about. */
export function answeredDomain(): u32 {
  return load<u16>(operation + xen_domctl.domain);
}

export function sysctl(command: u32): i32 {
  store<u32>(operation + xen_sysctl.cmd, command);
  store<u32>(operation + xen_sysctl.interface_version, xen.XEN_SYSCTL_INTERFACE_VERSION);
  return HYPERVISOR_sysctl(operation);
}
