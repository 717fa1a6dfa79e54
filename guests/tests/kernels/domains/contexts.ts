/** The contexts of the made domain's vcpus: set, got back, put back, taken away; and what of them is refused. */
import * as xen from 'xen';
import { vcpu_guest_context, xen_domctl_ext_vcpucontext, xen_domctl_vcpucontext } from 'xen';
import { FLAT_KERNEL_CS, FLAT_KERNEL_SS } from 'xen';
import { virtual } from 'kernel/xen/intrinsics';
import { PAGE_SHIFT, PAGE_SIZE } from 'kernel/memory/pages';
import { check, checkNumber } from '../check';
import { begin, D, domctl } from './control';
import { DATA, GDT, L1, L4, made, mfnOf, STACK } from './made';

/** The new domain's address space: all of its pages from here on. */
export const BASE: u64 = 0x40_0000;

const context: usize = memory.data(5168, 8);
const answer: usize = memory.data(5168, 8);
const kept: usize = memory.data(5168, 8);

const NOT_CANONICAL: u64 = 1 << 50;
const FPU_REGISTERS: usize = 32;
const FPU_REGISTERS_END: usize = 416;
const CR1: usize = vcpu_guest_context.ctrlreg + 8;
const CR3: usize = vcpu_guest_context.ctrlreg + 24;
const DR: usize = vcpu_guest_context.debugreg;
const DR6_DEFAULT: u64 = 0xffff_0ff0;
const CR0_TS: u64 = 8;
const HANDLER: usize = vcpu_guest_context.trap_ctxt + 14 * 16;

/** XEN_DOMCTL_setvcpucontext */
export function setContext(vcpu: u32, address: u64): i32 {
  begin();
  store<u32>(D + xen_domctl_vcpucontext.vcpu, vcpu);
  store<u64>(D + xen_domctl_vcpucontext.ctxt, address);
  return domctl(xen.XEN_DOMCTL_setvcpucontext, made());
}

export function getContext(vcpu: u32, domain: u32, address: u64): i32 {
  begin();
  store<u32>(D + xen_domctl_vcpucontext.vcpu, vcpu);
  store<u64>(D + xen_domctl_vcpucontext.ctxt, address);
  return domctl(xen.XEN_DOMCTL_getvcpucontext, domain);
}

/** The context that the domain starts with, and the port that it is to raise: its address. */
export function firstContext(port: u32): u64 {
  memory.fill(context, 0, vcpu_guest_context.SIZE);
  store<u64>(context + vcpu_guest_context.flags, xen.VGCF_in_kernel | xen.VGCF_online);
  store<u64>(context + vcpu_guest_context.user_regs_rip, BASE);
  store<u64>(context + vcpu_guest_context.user_regs_rbx, BASE + DATA * <u64>PAGE_SIZE);
  store<u64>(context + vcpu_guest_context.user_regs_rdi, port);
  store<u64>(context + vcpu_guest_context.user_regs_rsp, BASE + (STACK + 1) * <u64>PAGE_SIZE);
  store<u64>(context + vcpu_guest_context.user_regs_rflags, 0x200);
  store<u16>(context + vcpu_guest_context.user_regs_cs, FLAT_KERNEL_CS);
  store<u16>(context + vcpu_guest_context.user_regs_ss, FLAT_KERNEL_SS);
  store<u64>(context + vcpu_guest_context.kernel_ss, FLAT_KERNEL_SS);
  store<u64>(context + vcpu_guest_context.kernel_sp, BASE + (STACK + 1) * <u64>PAGE_SIZE);
  store<u64>(context + CR3, mfnOf(L4) << PAGE_SHIFT);
  return virtual(context);
}

/** A context with something of everything, for a vcpu that is not to run. */
function richContext(): void {
  firstContext(0);
  store<u64>(context + vcpu_guest_context.flags, xen.VGCF_in_kernel | xen.VGCF_i387_valid | CALLBACK_FLAGS);
  for (let at: usize = FPU_REGISTERS; at < FPU_REGISTERS_END; at++)
    store<u8>(context + at, at < 160 && (at & 15) >= 10 ? 0 : <u8>(at * 7));
  store<u16>(context, 0x27f);
  store<u8>(context + 4, 0xf0);
  store<u32>(context + 24, 0x1fa0);
  for (let at = vcpu_guest_context.user_regs; at < vcpu_guest_context.user_regs_error_code; at += 8)
    store<u64>(context + at, 0x0123_4567_89ab_cdef * <u64>at);
  store<u64>(context + vcpu_guest_context.user_regs_rflags, 0x1ad5 | 2);
  store<u8>(context + HANDLER, 14);
  store<u8>(context + HANDLER + 1, 4);
  store<u16>(context + HANDLER + 2, 0xe030);
  store<u64>(context + HANDLER + 8, BASE + 0x123);
  store<u64>(context + vcpu_guest_context.gdt_frames, mfnOf(GDT));
  store<u64>(context + vcpu_guest_context.gdt_ents, 500);
  store<u64>(context + vcpu_guest_context.ldt_base, BASE);
  store<u64>(context + vcpu_guest_context.ldt_ents, 3);
  store<u64>(context + vcpu_guest_context.ctrlreg, CR0_TS);
  store<u64>(context + vcpu_guest_context.ctrlreg + 16, 0x1234_5678);
  store<u64>(context + DR, BASE);
  store<u64>(context + DR + 8, 0xffff_8000_0000_0000);
  store<u64>(context + DR + 48, 0xf);
  store<u64>(context + DR + 56, 0x2000);
  store<u64>(context + vcpu_guest_context.event_callback_eip, BASE + 1);
  store<u64>(context + vcpu_guest_context.failsafe_callback_eip, BASE + 2);
  store<u64>(context + vcpu_guest_context.syscall_callback_eip, BASE + 3);
  store<u64>(context + vcpu_guest_context.fs_base, BASE + 4);
  store<u64>(context + vcpu_guest_context.gs_base_kernel, BASE + 5);
  store<u64>(context + vcpu_guest_context.gs_base_user, BASE + 6);
}

const CALLBACK_FLAGS: u64 = xen.VGCF_failsafe_disables_events | xen.VGCF_syscall_disables_events;

/** The rich context with one member changed is refused so. */
function refused(what: string, member: usize, value: u64, errno: i32): void {
  richContext();
  store<u64>(context + member, value);
  checkNumber(what, setContext(1, virtual(context)), -errno);
}

/** Before the domain runs, on its second vcpu. */
export function contexts(): void {
  checkNumber('a vcpu without a context', getContext(1, made(), virtual(answer)), -xen.ENODATA);
  checkNumber('a vcpu that it has not', getContext(2, made(), virtual(answer)), -xen.EINVAL);
  checkNumber('our own vcpu', getContext(0, 0, virtual(answer)), -xen.EINVAL);
  checkNumber('taken away from who has none', setContext(1, 0), 0);
  refused('no canonical RIP', vcpu_guest_context.user_regs_rip, NOT_CANONICAL, xen.EINVAL);
  refused('no canonical RSP', vcpu_guest_context.user_regs_rsp, NOT_CANONICAL, xen.EINVAL);
  refused('no canonical stack', vcpu_guest_context.kernel_sp, NOT_CANONICAL, xen.EINVAL);
  refused('no canonical handler', HANDLER + 8, NOT_CANONICAL, xen.EINVAL);
  refused('no canonical base', vcpu_guest_context.gs_base_user, NOT_CANONICAL, xen.EINVAL);
  refused('an LDT within a page', vcpu_guest_context.ldt_base, BASE + 8, xen.EINVAL);
  refused("an LDT of Xen's", vcpu_guest_context.ldt_base, 0xffff_8000_0000_0000, xen.EINVAL);
  refused('too long an LDT', vcpu_guest_context.ldt_ents, 8193, xen.EINVAL);
  refused('too long a GDT', vcpu_guest_context.gdt_ents, 7169, xen.EINVAL);
  refused('a GDT with a page table in it', vcpu_guest_context.gdt_frames, mfnOf(L1), xen.EINVAL);
  refused('no root', CR3, mfnOf(L1) << PAGE_SHIFT, xen.EINVAL);
  refused("no root of the user's", CR1, mfnOf(L1) << PAGE_SHIFT, xen.EINVAL);
  // Xen keeps the kernel's root that it took before.
  checkNumber('taken away', setContext(1, 0), 0);
  refused('to begin in a user without a root', vcpu_guest_context.flags, 0, xen.EINVAL);
  richContext();
  checkNumber('a context with everything', setContext(1, virtual(context)), 0);
  comesBack();
  checkNumber('put back as it is', setContext(1, virtual(answer)), 0);
  memory.copy(kept, answer, vcpu_guest_context.SIZE);
  getContext(1, made(), virtual(answer));
  checkNumber('it is the same', memory.compare(answer, kept, vcpu_guest_context.SIZE), 0);
  changes();
  extended();
  checkNumber('it is taken away', setContext(1, 0), 0);
  checkNumber('and is not there', getContext(1, made(), virtual(answer)), -xen.ENODATA);
  checkNumber('it is given again', setContext(1, virtual(kept)), 0);
  checkNumber('and taken away for good', setContext(1, 0), 0);
}

function told(what: string, member: usize, wanted: u64): void {
  checkNumber(what, load<u64>(answer + member), wanted);
}

function comesBack(): void {
  checkNumber('a place that cannot be written', getContext(1, made(), 0x1000), -xen.EFAULT);
  checkNumber('it comes back', getContext(1, made(), virtual(answer)), 0);
  told('with its flags', vcpu_guest_context.flags, load<u64>(context + vcpu_guest_context.flags));
  const registers = FPU_REGISTERS_END - FPU_REGISTERS;
  checkNumber(
    'its x87 and SSE registers',
    memory.compare(answer + FPU_REGISTERS, context + FPU_REGISTERS, registers),
    0,
  );
  checkNumber('its FCW', load<u16>(answer), 0x27f);
  checkNumber('its tags', load<u8>(answer + 4), 0xf0);
  checkNumber('its MXCSR', load<u32>(answer + 24), 0x1fa0);
  const general = vcpu_guest_context.user_regs;
  const bytes = vcpu_guest_context.user_regs_error_code - general;
  checkNumber('its general registers', memory.compare(answer + general, context + general, bytes), 0);
  told('RIP', vcpu_guest_context.user_regs_rip, BASE);
  told('RFLAGS, with IF and IOPL', vcpu_guest_context.user_regs_rflags, 0x1ad7);
  checkNumber('CS', load<u16>(answer + vcpu_guest_context.user_regs_cs), FLAT_KERNEL_CS);
  checkNumber('a handler', load<u32>(answer + HANDLER), <i64>0xe033_040e);
  told('where it is', HANDLER + 8, BASE + 0x123);
  check('the GDT', load<u64>(answer + vcpu_guest_context.gdt_frames) == mfnOf(GDT));
  told('as long as it is', vcpu_guest_context.gdt_ents, 500);
  told('the LDT', vcpu_guest_context.ldt_base, BASE);
  told('as long as it is', vcpu_guest_context.ldt_ents, 3);
  checkNumber('CR0.TS', load<u64>(answer + vcpu_guest_context.ctrlreg) & 0xf, 0xb);
  told('CR2', vcpu_guest_context.ctrlreg + 16, 0x1234_5678);
  check('CR3', load<u64>(answer + CR3) == mfnOf(L4) << PAGE_SHIFT);
  told("the user's", CR1, 0);
  told('a breakpoint', DR, BASE);
  told("none in Xen's part", DR + 8, 0);
  told('DR6 with the bits that are always there', DR + 48, DR6_DEFAULT | 0xf);
  told('and none that is refused in DR7', DR + 56, 0x400);
  told('the callbacks', vcpu_guest_context.event_callback_eip, BASE + 1);
  told('the bases', vcpu_guest_context.gs_base_user, BASE + 6);
  told('the stack', vcpu_guest_context.kernel_ss, FLAT_KERNEL_SS);
}

/** What may be changed of a vcpu that has a context, and what may not. */
function changes(): void {
  memory.copy(context, kept, vcpu_guest_context.SIZE);
  store<u64>(context + vcpu_guest_context.user_regs_rip, BASE + 0x77);
  checkNumber('another RIP', setContext(1, virtual(context)), 0);
  getContext(1, made(), virtual(answer));
  told('is taken', vcpu_guest_context.user_regs_rip, BASE + 0x77);
  refused('another root', CR3, mfnOf(L1) << PAGE_SHIFT, xen.EOPNOTSUPP);
  refused("another root of the user's", CR1, mfnOf(L4) << PAGE_SHIFT, xen.EOPNOTSUPP);
  refused('another length of the GDT', vcpu_guest_context.gdt_ents, 501, xen.EOPNOTSUPP);
  refused('another GDT', vcpu_guest_context.gdt_frames, mfnOf(GDT + 1), xen.EOPNOTSUPP);
  refused('another LDT', vcpu_guest_context.ldt_ents, 4, xen.EOPNOTSUPP);
  refused('out of the kernel, without a user', vcpu_guest_context.flags, 0, xen.EOPNOTSUPP);
}

function extended(): void {
  begin();
  store<u32>(D + xen_domctl_ext_vcpucontext.vcpu, 9);
  checkNumber('more of a vcpu it has not', domctl(xen.XEN_DOMCTL_get_ext_vcpucontext, made()), -xen.ESRCH);
  begin();
  store<u32>(D + xen_domctl_ext_vcpucontext.vcpu, 1);
  store<u32>(D + xen_domctl_ext_vcpucontext.size, 16);
  checkNumber('too little', domctl(xen.XEN_DOMCTL_set_ext_vcpucontext, made()), -xen.EINVAL);
  begin();
  store<u32>(D + xen_domctl_ext_vcpucontext.vcpu, 1);
  store<u32>(D + xen_domctl_ext_vcpucontext.size, xen_domctl_ext_vcpucontext.SIZE);
  store<u64>(D + xen_domctl_ext_vcpucontext.sysenter_callback_eip, BASE + 9);
  store<u16>(D + xen_domctl_ext_vcpucontext.sysenter_callback_cs, 0x10);
  store<u8>(D + xen_domctl_ext_vcpucontext.sysenter_disables_events, 1);
  checkNumber('where SYSENTER goes', domctl(xen.XEN_DOMCTL_set_ext_vcpucontext, made()), 0);
  begin();
  store<u32>(D + xen_domctl_ext_vcpucontext.vcpu, 1);
  checkNumber('is told', domctl(xen.XEN_DOMCTL_get_ext_vcpucontext, made()), 0);
  checkNumber('as it was set', load<u64>(D + xen_domctl_ext_vcpucontext.sysenter_callback_eip), BASE + 9);
  checkNumber('in ring 3', load<u16>(D + xen_domctl_ext_vcpucontext.sysenter_callback_cs), 0x13);
  checkNumber('masking events', load<u8>(D + xen_domctl_ext_vcpucontext.sysenter_disables_events), 1);
  checkNumber('in so many bytes', load<u32>(D + xen_domctl_ext_vcpucontext.size), 64);
}

/** After it ran: where it stopped, and what it left. */
export function ranContext(after: u64): void {
  checkNumber('where it ended', getContext(0, made(), virtual(answer)), 0);
  told('is behind its last instruction', vcpu_guest_context.user_regs_rip, after);
  told('its registers are told', vcpu_guest_context.user_regs_rbx, BASE + DATA * <u64>PAGE_SIZE);
  checkNumber('its FCW', load<u16>(answer), 0x37f);
  checkNumber('one x87 register is in use', load<u8>(answer + 4), 0x80);
  told('which is one', FPU_REGISTERS, 0x8000_0000_0000_0000);
  told('its SSE registers', 160 + 3 * 16, 0x5a5a_5a5a_5a5a_5a5a);
  const flags = xen.VGCF_i387_valid | xen.VGCF_in_kernel | xen.VGCF_online;
  told('its flags', vcpu_guest_context.flags, flags);
  checkNumber('it is put back', setContext(0, virtual(answer)), 0);
}
