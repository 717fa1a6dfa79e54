/**
 * HYPERVISOR_callback_op: where Xen enters the guest's kernel.
 * Source: xen/include/public/callback.h, nmi.h, Xen 4.17.
 */
import { struct, u16, u64 } from './layout.ts';

export const CALLBACKTYPE_event = 0;
export const CALLBACKTYPE_failsafe = 1;
export const CALLBACKTYPE_syscall = 2;
export const CALLBACKTYPE_sysenter_deprecated = 3;
export const CALLBACKTYPE_nmi = 4;
export const CALLBACKTYPE_sysenter = 5;
export const CALLBACKTYPE_syscall32 = 7;

// callback_register.flags
export const CALLBACKF_mask_events = 1 << 0;

export const CALLBACKOP_register = 0;
export const CALLBACKOP_unregister = 1;

export const callback_register = struct({ type: u16, flags: u16, address: u64 });

export const callback_unregister = struct({ type: u16, _unused: u16 });

// HYPERVISOR_nmi_op.
export const XENNMI_register_callback = 0;
export const XENNMI_unregister_callback = 1;

export const xennmi_callback = struct({ handler_address: u64, pad: u64 });
