/** What Xen has of a vcpu, its registers and tables (vcpu_guest_context), as toolstacks are told of it, and tell. */
import { vcpu_guest_context, XEN_DOMCTL_getvcpucontext, XEN_DOMCTL_setvcpucontext } from 'xen';
import { xen_domctl_vcpucontext } from 'xen';
import * as hyper from './hypercalls';

const GDT_ENTRIES_PER_FRAME: u64 = 512;
/** As many as a GDT can have, reserved entries apart (FIRST_RESERVED_GDT_PAGE). */
const GDT_FRAMES: u64 = 14;

/** Writes it to `at`: 0, or a negative errno; -ENODATA: the vcpu was never up. */
export function getVcpuContext(domid: u32, vcpu: u32, at: usize): i32 {
  return contextOp(XEN_DOMCTL_getvcpucontext, domid, vcpu, at);
}

/** Takes it from `at`: 0, or a negative errno. */
export function setVcpuContext(domid: u32, vcpu: u32, at: usize): i32 {
  return contextOp(XEN_DOMCTL_setvcpucontext, domid, vcpu, at);
}

function contextOp(command: u32, domid: u32, vcpu: u32, at: usize): i32 {
  hyper.begin();
  store<u32>(hyper.domctlPart(), vcpu, xen_domctl_vcpucontext.vcpu);
  store<u64>(hyper.domctlPart(), at, xen_domctl_vcpucontext.ctxt);
  return hyper.domctl(command, domid);
}

/** In how many frames the GDT of the context at `at` lies. */
export function gdtFramesOf(at: usize): u64 {
  const entries = load<u64>(at, vcpu_guest_context.gdt_ents);
  return min((entries + GDT_ENTRIES_PER_FRAME - 1) / GDT_ENTRIES_PER_FRAME, GDT_FRAMES);
}
