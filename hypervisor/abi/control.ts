/** The control interfaces of the toolstack: which version they are. Source: public/domctl.h, sysctl.h, platform.h, 4.17. */
import { struct, u32 } from './layout.ts';

export const XEN_DOMCTL_INTERFACE_VERSION = 0x15;
export const XEN_SYSCTL_INTERFACE_VERSION = 0x15;
export const XENPF_INTERFACE_VERSION = 0x03000001;

/** What each of them begins with. */
export const xen_control = struct({ cmd: u32, interface_version: u32 });
