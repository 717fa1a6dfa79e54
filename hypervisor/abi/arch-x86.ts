/**
 * What is x86-64's own: selectors of the flat segments, Xen's part of the address space, trap tables, registers.
 * Addresses are signed numbers, as everywhere in this project.
 * Source: xen/include/public/arch-x86/xen.h and xen-x86_64.h, Xen 4.17.
 */
import { array, struct, u16, u32, u64, u8 } from './layout.ts';

// GDT entries from FIRST_RESERVED_GDT_ENTRY on are Xen's, at the end of the guest's 14 frames.
export const FIRST_RESERVED_GDT_PAGE = 14;
export const FIRST_RESERVED_GDT_BYTE = 57344;
export const FIRST_RESERVED_GDT_ENTRY = 7168;

// Selectors of Xen's flat segments, in every GDT.
export const FLAT_RING3_CS32 = 0xe023;
export const FLAT_RING3_CS64 = 0xe033;
export const FLAT_RING3_DS32 = 0xe02b;
export const FLAT_RING3_DS64 = 0x0;
export const FLAT_RING3_SS32 = 0xe02b;
export const FLAT_RING3_SS64 = 0xe02b;
export const FLAT_KERNEL_CS = 0xe033;
export const FLAT_KERNEL_DS = 0x0;
export const FLAT_KERNEL_SS = 0xe02b;
export const FLAT_USER_CS = 0xe033;
export const FLAT_USER_CS32 = 0xe023;
export const FLAT_USER_DS = 0x0;
export const FLAT_USER_DS32 = 0xe02b;
export const FLAT_USER_SS = 0xe02b;
export const FLAT_USER_SS32 = 0xe02b;

// Xen's range of the address space (root slots 256 to 271), which begins with the read-only M2P.
export const HYPERVISOR_VIRT_START = -0x8000_0000_0000;
export const HYPERVISOR_VIRT_END = -0x7800_0000_0000;
export const MACH2PHYS_VIRT_START = -0x8000_0000_0000;
export const MACH2PHYS_VIRT_END = -0x7fc0_0000_0000;
export const MACH2PHYS_NR_ENTRIES = 0x800000000;

// HYPERVISOR_set_segment_base.
export const SEGBASE_FS = 0;
export const SEGBASE_GS_USER = 1;
export const SEGBASE_GS_KERNEL = 2;
export const SEGBASE_GS_USER_SEL = 3;

// trap_info.flags: bits 1:0 the lowest privilege level that may raise it with `int n`; bit 2 masks events on delivery.
export const TI_DPL_MASK = 3;
export const TI_IF = 4;

export const trap_info = struct({ vector: u8, flags: u8, cs: u16, address: u64 });

/** HYPERVISOR_iret's frame, at RSP. */
export const iret_context = struct({
  rax: u64,
  r11: u64,
  rcx: u64,
  flags: u64,
  rip: u64,
  cs: u64,
  rflags: u64,
  rsp: u64,
  ss: u64,
});
// iret_context.flags
export const VGCF_in_syscall = 1 << 8;

export const cpu_user_regs = struct({
  r15: u64,
  r14: u64,
  r13: u64,
  r12: u64,
  rbp: u64,
  rbx: u64,
  r11: u64,
  r10: u64,
  r9: u64,
  r8: u64,
  rax: u64,
  rcx: u64,
  rdx: u64,
  rsi: u64,
  rdi: u64,
  error_code: u32,
  entry_vector: u32,
  rip: u64,
  cs: u16,
  _pad0: array(u16, 1),
  saved_upcall_mask: u8,
  _pad1: array(u8, 3),
  rflags: u64,
  rsp: u64,
  ss: u16,
  _pad2: array(u16, 3),
  es: u16,
  _pad3: array(u16, 3),
  ds: u16,
  _pad4: array(u16, 3),
  fs: u16,
  _pad5: array(u16, 3),
  gs: u16,
  _pad6: array(u16, 3),
});

// vcpu_guest_context.flags
export const VGCF_i387_valid = 1 << 0;
export const VGCF_in_kernel = 1 << 2;
export const VGCF_failsafe_disables_events = 1 << 3;
export const VGCF_syscall_disables_events = 1 << 4;
export const VGCF_online = 1 << 5;

/** All of a vcpu that a toolstack or VCPUOP_initialise sets. Frame numbers in `ctrlreg[3]` are xen_pfn_to_cr3'd. */
export const vcpu_guest_context = struct({
  fpu_ctxt: array(u8, 512),
  flags: u64,
  user_regs: cpu_user_regs,
  trap_ctxt: array(trap_info, 256),
  ldt_base: u64,
  ldt_ents: u64,
  gdt_frames: array(u64, 16),
  gdt_ents: u64,
  kernel_ss: u64,
  kernel_sp: u64,
  ctrlreg: array(u64, 8),
  debugreg: array(u64, 8),
  event_callback_eip: u64,
  failsafe_callback_eip: u64,
  syscall_callback_eip: u64,
  vm_assist: u64,
  fs_base: u64,
  gs_base_kernel: u64,
  gs_base_user: u64,
});

/** The bytes (`ud2a`, "xen") that before `cpuid` ask Xen for its answer instead of the processor's. */
export const XEN_EMULATE_PREFIX: readonly number[] = [0x0f, 0x0b, 0x78, 0x65, 0x6e];
