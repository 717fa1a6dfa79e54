/**
 * Giving a vcpu its first context: vcpu_guest_context, from VCPUOP_initialise or the domain builder
 * (arch_set_info_guest). The processor's registers are put together on the processor itself and saved for the vcpu.
 */
import { fromHalves, isCanonical } from '../../core/machine.ts';
import * as layout from '../../core/wasm/layout.ts';
import {
  TI_IF,
  vcpu_guest_context,
  VGCF_failsafe_disables_events,
  VGCF_i387_valid,
  VGCF_in_kernel,
  VGCF_syscall_disables_events,
} from '../abi/arch-x86.ts';
import { EINVAL } from '../abi/errno.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { setHandler } from '../hypercalls/set-trap-table.ts';
import { fillReadOnlyM2p } from '../memory/xen-slots.ts';
import { PGT_L4_PAGE_TABLE } from '../memory/frame-table.ts';
import { getPageAndType, putPageAndType } from '../memory/page-types.ts';
import { isGuestAddress } from '../memory/guest-access.ts';
import { GDT_LIMIT, gdtAddress, setGdt } from '../memory/per-domain.ts';
import { FLAT_CS64, FLAT_SS, loadCode, loadStack, forceSelector } from '../traps/segments.ts';
import type { Vcpu } from './vcpu.ts';

/** CR0: PE MP ET NE WP AM PG. CR4: PAE OSFXSR OSXMMEXCPT. EFER: SCE LME LMA NXE. */
const CR0 = 0x80050033;
const CR4 = 0x620;
const EFER = 0xd01;
const FCW = 0x37f;
const MXCSR = 0x1f80;
const RESERVED_FLAG = 2;
const MAX_GDT_ENTRIES = 7168;

const { offset } = vcpu_guest_context;

/** Words of a vcpu_guest_context, empty, to fill in. */
export function newGuestContext(): Uint32Array {
  return new Uint32Array(vcpu_guest_context.size / 4);
}

/** A u64 member of the context as a signed number. */
function member(words: Uint32Array, at: number): number {
  return fromHalves(words[at / 4]!, words[at / 4 + 1]!);
}

/** Takes the context. 0, or -EINVAL, changing nothing, where it names what a guest must not have. */
export function setGuestContext(hypervisor: Hypervisor, vcpu: Vcpu, words: Uint32Array): number {
  if (!isAllowed(words)) return -EINVAL;
  const { frames } = hypervisor;
  const { domain } = vcpu;
  const kernelRoot = Math.floor(member(words, offset.ctrlreg + 24) / 4096);
  const userRoot = Math.floor(member(words, offset.ctrlreg + 8) / 4096);
  const result = getPageAndType(frames, kernelRoot, domain.id, PGT_L4_PAGE_TABLE);
  if (result !== 0) return -EINVAL;
  if (userRoot !== 0 && getPageAndType(frames, userRoot, domain.id, PGT_L4_PAGE_TABLE) !== 0) {
    putPageAndType(frames, kernelRoot);
    return -EINVAL;
  }
  const gdt = gdtOf(words);
  if (setGdt(frames, domain.id, domain.memory.perDomainL3, vcpu.id, gdt) !== 0) {
    putPageAndType(frames, kernelRoot);
    if (userRoot !== 0) putPageAndType(frames, userRoot);
    return -EINVAL;
  }
  if (!domain.m2pStrict) fillReadOnlyM2p(frames, kernelRoot);
  vcpu.kernelRoot = kernelRoot;
  vcpu.userRoot = userRoot;
  vcpu.gdtFrames.splice(0, vcpu.gdtFrames.length, ...gdt);
  vcpu.gdtEntries = member(words, offset.gdt_ents);
  vcpu.ldtAddress = member(words, offset.ldt_base);
  vcpu.ldtEntries = member(words, offset.ldt_ents);
  takeCallbacks(vcpu, words);
  takeTraps(vcpu, words);
  makeState(hypervisor, vcpu, words);
  vcpu.initialised = true;
  return 0;
}

/** Addresses are the guest's, tables of a size that exists. */
function isAllowed(words: Uint32Array): boolean {
  const addresses = [
    member(words, offset.event_callback_eip),
    member(words, offset.failsafe_callback_eip),
    member(words, offset.syscall_callback_eip),
    member(words, offset['user_regs.rip']),
    member(words, offset.fs_base),
    member(words, offset.gs_base_kernel),
    member(words, offset.gs_base_user),
  ];
  const entries = member(words, offset.gdt_ents);
  const ldtEntries = member(words, offset.ldt_ents);
  const ldt = member(words, offset.ldt_base);
  return (
    addresses.every(isCanonical) &&
    entries >= 0 &&
    entries <= MAX_GDT_ENTRIES &&
    ldtEntries >= 0 &&
    ldtEntries <= 8192 &&
    (ldtEntries === 0 || (isGuestAddress(ldt) && ldt % 4096 === 0))
  );
}

function gdtOf(words: Uint32Array): number[] {
  const count = Math.ceil(member(words, offset.gdt_ents) / 512);
  return Array.from({ length: count }, (_, index) => member(words, offset.gdt_frames + index * 8));
}

function takeCallbacks(vcpu: Vcpu, words: Uint32Array): void {
  const flags = words[offset.flags / 4]!;
  vcpu.guestKernelMode = (flags & VGCF_in_kernel) !== 0;
  vcpu.failsafeMasksEvents = (flags & VGCF_failsafe_disables_events) !== 0;
  vcpu.syscallMasksEvents = (flags & VGCF_syscall_disables_events) !== 0;
  vcpu.eventCallback = member(words, offset.event_callback_eip);
  vcpu.failsafeCallback = member(words, offset.failsafe_callback_eip);
  vcpu.syscallCallback = member(words, offset.syscall_callback_eip);
  vcpu.kernelSs = (words[offset.kernel_ss / 4]! & 0xffff) | 3;
  vcpu.kernelSp = member(words, offset.kernel_sp);
  vcpu.fsBase = member(words, offset.fs_base);
  vcpu.gsBaseKernel = member(words, offset.gs_base_kernel);
  vcpu.gsBaseUser = member(words, offset.gs_base_user);
  vcpu.cr4 = CR4;
}

/** trap_ctxt is in the order of vectors. */
function takeTraps(vcpu: Vcpu, words: Uint32Array): void {
  for (let vector = 0; vector < 256; vector++) {
    const at = offset.trap_ctxt / 4 + vector * 4;
    const flags = (words[at]! >>> 8) & (TI_IF | 3);
    const entry = new Uint32Array([
      vector | (flags << 8) | (words[at]! & 0xffff0000),
      0,
      words[at + 2]!,
      words[at + 3]!,
    ]);
    setHandler(vcpu.traps, entry, 0);
  }
}

/** The registers of user_regs by number: RAX RCX RDX RBX RSP RBP RSI RDI R8..R15. */
const GENERAL = [
  ...[offset['user_regs.rax'], offset['user_regs.rcx'], offset['user_regs.rdx'], offset['user_regs.rbx']],
  ...[offset['user_regs.rsp'], offset['user_regs.rbp'], offset['user_regs.rsi'], offset['user_regs.rdi']],
  ...[offset['user_regs.r8'], offset['user_regs.r9'], offset['user_regs.r10'], offset['user_regs.r11']],
  ...[offset['user_regs.r12'], offset['user_regs.r13'], offset['user_regs.r14'], offset['user_regs.r15']],
] as const;

/** Puts the registers together on the processor, in ring 3 of 64-bit mode, and saves them for the vcpu. */
function makeState(hypervisor: Hypervisor, vcpu: Vcpu, words: Uint32Array): void {
  const { processor } = hypervisor;
  const others = processor.saveState();
  processor.restoreState(new Uint8Array(layout.STATE_END - layout.REGS));
  processor.setWord(layout.CR0, CR0);
  processor.setWord(layout.CR4, CR4);
  processor.setWord(layout.EFER, EFER);
  processor.cpl = 3;
  // Everyone's CPUID is Xen's answer.
  processor.setWord(layout.CPUID_FAULTING, 1);
  processor.setField(layout.GDT_BASE, gdtAddress(vcpu.id));
  processor.setWord(layout.GDT_LIMIT, GDT_LIMIT);
  GENERAL.forEach((at, register) => {
    processor.setHalves(register, words[at / 4]!, words[at / 4 + 1]!);
  });
  processor.rip = member(words, offset['user_regs.rip']);
  const rflags = words[offset['user_regs.rflags'] / 4]!;
  // IOPL is virtual: the real one stays 0.
  vcpu.iopl = (rflags & layout.IOPL) >>> 12;
  processor.flags = ((rflags & ~(layout.IOPL | layout.NT)) | layout.IF | RESERVED_FLAG) >>> 0;
  loadSegments(hypervisor, vcpu, words);
  loadFpu(hypervisor, words);
  processor.stateChanged();
  vcpu.state = processor.saveState();
  processor.restoreState(others);
}

const DATA_SELECTORS = [
  [layout.SEG_DS, offset['user_regs.ds']],
  [layout.SEG_ES, offset['user_regs.es']],
  [layout.SEG_FS, offset['user_regs.fs']],
  [layout.SEG_GS, offset['user_regs.gs']],
] as const;

function loadSegments(hypervisor: Hypervisor, vcpu: Vcpu, words: Uint32Array): void {
  const { processor } = hypervisor;
  const selector = (at: number) => words[at / 4]! & 0xffff;
  const cs = selector(offset['user_regs.cs']) | 3;
  const ss = selector(offset['user_regs.ss']) | 3;
  if (cs !== FLAT_CS64 || !loadCode(hypervisor, cs)) forceSelector(hypervisor, layout.SEG_CS, FLAT_CS64);
  if (ss !== FLAT_SS || !loadStack(hypervisor, ss)) forceSelector(hypervisor, layout.SEG_SS, FLAT_SS);
  // Data segments are loaded when the vcpu comes onto a processor (traps/failsafe.ts): here they are only named.
  for (const [segment, at] of DATA_SELECTORS) processor.setSegment(segment, selector(at), 0, 0, 0);
  processor.setSegmentBase(layout.SEG_FS, vcpu.fsBase);
  processor.setSegmentBase(layout.SEG_GS, vcpu.guestKernelMode ? vcpu.gsBaseKernel : vcpu.gsBaseUser);
}

/** Control words of fpu_ctxt (FXSAVE's image) where it is valid, else what FNINIT leaves. Registers start empty. */
function loadFpu(hypervisor: Hypervisor, words: Uint32Array): void {
  const valid = (words[offset.flags / 4]! & VGCF_i387_valid) !== 0;
  const fcw = valid ? words[offset.fpu_ctxt / 4]! & 0xffff : FCW;
  const mxcsr = valid ? words[offset.fpu_ctxt / 4 + 6]! & 0xffff : MXCSR;
  const { processor } = hypervisor;
  processor.setWord(layout.FCW, fcw === 0 ? FCW : fcw);
  processor.setWord(layout.MXCSR, mxcsr === 0 ? MXCSR : mxcsr);
}
