/**
 * The part of a context that is the processor's: user_regs, segments, the x87 and SSE registers, debug registers. All of it
 * is put together, and read, on the processor itself.
 *
 * error_code, entry_vector, saved_upcall_mask and the padding of user_regs are what Xen's own stack held when it was last
 * entered. There is no such stack here: they are read as 0, and what they are set to is nobody's.
 */
import * as layout from '../../core/wasm/layout.ts';
import { vcpu_guest_context, VGCF_i387_valid } from '../abi/arch-x86.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { GDT_LIMIT, gdtAddress } from '../memory/per-domain.ts';
import { loadCr4 } from './cr4.ts';
import { DR6_DEFAULT, DR7_DEFAULT, readDebugRegister, writeDebugRegister } from './debug-registers.ts';
import { forceSelector } from './flat-segments.ts';
import { member, putMember } from './context-words.ts';
import { FPU_IMAGE_BYTES, loadFpu, resetFpu, saveFpu } from './fpu-image.ts';
import type { Vcpu } from '../state/vcpu.ts';

/** CR0: PE MP ET NE WP AM PG; a guest has TS alone. EFER: SCE LME LMA NXE. */
export const CR0 = 0x80050033;
export const CR0_TS = 8;
const EFER = 0xd01;
/** RFLAGS that a guest has; bit 1 always reads 1, IOPL is virtual. */
const GUEST_FLAGS =
  layout.STATUS_FLAGS | (layout.TF | layout.IF | layout.DF | layout.NT) | (layout.RF | layout.AC | layout.ID);
const RESERVED_FLAG = 2;
/** Control registers from this one on mean nothing, and are kept. */
export const FIRST_UNUSED = 5;

const { offset } = vcpu_guest_context;

/** The registers of user_regs by number: RAX RCX RDX RBX RSP RBP RSI RDI R8..R15. */
const GENERAL = [
  ...[offset['user_regs.rax'], offset['user_regs.rcx'], offset['user_regs.rdx'], offset['user_regs.rbx']],
  ...[offset['user_regs.rsp'], offset['user_regs.rbp'], offset['user_regs.rsi'], offset['user_regs.rdi']],
  ...[offset['user_regs.r8'], offset['user_regs.r9'], offset['user_regs.r10'], offset['user_regs.r11']],
  ...[offset['user_regs.r12'], offset['user_regs.r13'], offset['user_regs.r14'], offset['user_regs.r15']],
] as const;

const SELECTORS = [
  [layout.SEG_CS, offset['user_regs.cs']],
  [layout.SEG_SS, offset['user_regs.ss']],
  [layout.SEG_DS, offset['user_regs.ds']],
  [layout.SEG_ES, offset['user_regs.es']],
  [layout.SEG_FS, offset['user_regs.fs']],
  [layout.SEG_GS, offset['user_regs.gs']],
] as const;

/** DR4 and DR5 are names of others. */
const DEBUG_REGISTERS = [0, 1, 2, 3, 6, 7] as const;

/** Reads the registers of a vcpu into a context. */
export function readRegisters(hypervisor: Hypervisor, vcpu: Vcpu, words: Uint32Array): void {
  const { processor, current } = hypervisor;
  if (current === vcpu) readProcessor(hypervisor, vcpu, words);
  else {
    const others = processor.saveState();
    processor.restoreState(vcpu.state);
    readProcessor(hypervisor, vcpu, words);
    processor.restoreState(others);
  }
}

function readProcessor({ processor }: Hypervisor, vcpu: Vcpu, words: Uint32Array): void {
  saveFpu(processor, new Uint8Array(words.buffer, words.byteOffset, FPU_IMAGE_BYTES));
  GENERAL.forEach((at, register) => {
    words[at / 4] = processor.low(register);
    words[at / 4 + 1] = processor.high(register);
  });
  words[offset['user_regs.rip'] / 4] = processor.word(layout.RIP);
  words[offset['user_regs.rip'] / 4 + 1] = processor.word(layout.RIP + 4);
  // IOPL is virtual: the real one is 0.
  words[offset['user_regs.rflags'] / 4] = (processor.flags | (vcpu.iopl << 12)) >>> 0;
  for (const [segment, at] of SELECTORS) words[at / 4] = processor.selector(segment);
  putMember(words, offset.fs_base, processor.segmentBase(layout.SEG_FS));
  const gsBase = processor.segmentBase(layout.SEG_GS);
  putMember(words, offset.gs_base_kernel, vcpu.guestKernelMode ? gsBase : vcpu.gsBaseKernel);
  putMember(words, offset.gs_base_user, vcpu.guestKernelMode ? vcpu.gsBaseUser : gsBase);
  for (const index of DEBUG_REGISTERS)
    putMember(words, offset.debugreg + index * 8, readDebugRegister(vcpu, index)!);
}

/**
 * Gives a vcpu the registers of a context, in ring 3 of 64-bit mode. Of a vcpu that has a context already, what a context
 * does not hold stays.
 */
export function writeRegisters(hypervisor: Hypervisor, vcpu: Vcpu, words: Uint32Array): void {
  const { processor } = hypervisor;
  if (hypervisor.current === vcpu) {
    vcpu.state = processor.saveState();
    hypervisor.current = null;
  }
  const others = processor.saveState();
  if (vcpu.initialised) processor.restoreState(vcpu.state);
  else makeState(hypervisor, vcpu);
  writeProcessor(hypervisor, vcpu, words);
  processor.stateChanged();
  vcpu.state = processor.saveState();
  processor.restoreState(others);
}

/** What every vcpu's state begins with. */
function makeState({ processor }: Hypervisor, vcpu: Vcpu): void {
  processor.restoreState(new Uint8Array(layout.STATE_END - layout.REGS));
  processor.setWord(layout.EFER, EFER);
  processor.cpl = 3;
  // Everyone's CPUID is Xen's answer.
  processor.setWord(layout.CPUID_FAULTING, 1);
  processor.setField(layout.GDT_BASE, gdtAddress(vcpu.id));
  processor.setWord(layout.GDT_LIMIT, GDT_LIMIT);
}

function writeProcessor(hypervisor: Hypervisor, vcpu: Vcpu, words: Uint32Array): void {
  const { processor } = hypervisor;
  processor.setWord(layout.CR0, vcpu.taskSwitched ? CR0 | CR0_TS : CR0);
  loadCr4(processor, vcpu);
  GENERAL.forEach((at, register) => {
    processor.setHalves(register, words[at / 4]!, words[at / 4 + 1]!);
  });
  processor.rip = member(words, offset['user_regs.rip']);
  const rflags = words[offset['user_regs.rflags'] / 4]!;
  vcpu.iopl = (rflags & layout.IOPL) >>> 12;
  processor.flags = ((rflags & GUEST_FLAGS) | layout.IF | RESERVED_FLAG) >>> 0;
  if ((words[offset.flags / 4]! & VGCF_i387_valid) === 0) resetFpu(processor);
  else loadFpu(processor, new Uint8Array(words.buffer, words.byteOffset, FPU_IMAGE_BYTES));
  writeSegments(hypervisor, vcpu, words);
  writeDebugRegisters(hypervisor, vcpu, words);
}

/** Selectors are only named here: the tables that they name something of are there when the vcpu comes onto a processor. */
function writeSegments(hypervisor: Hypervisor, vcpu: Vcpu, words: Uint32Array): void {
  const { processor } = hypervisor;
  for (const [segment, at] of SELECTORS) processor.setSegment(segment, words[at / 4]! & 0xffff, 0, 0, 0);
  forceSelector(hypervisor, layout.SEG_CS, processor.selector(layout.SEG_CS) | 3);
  forceSelector(hypervisor, layout.SEG_SS, processor.selector(layout.SEG_SS) | 3);
  processor.setSegmentBase(layout.SEG_FS, vcpu.fsBase);
  processor.setSegmentBase(layout.SEG_GS, vcpu.guestKernelMode ? vcpu.gsBaseKernel : vcpu.gsBaseUser);
  vcpu.segmentsNamed = true;
}

/** A value that a guest must not have leaves the register as after a reset, as in Xen. */
function writeDebugRegisters(hypervisor: Hypervisor, vcpu: Vcpu, words: Uint32Array): void {
  const { processor } = hypervisor;
  vcpu.debugRegisters.set([0, 0, 0, 0, 0, 0, DR6_DEFAULT, DR7_DEFAULT]);
  vcpu.ioBreakpoints = 0;
  processor.rawBytes(layout.DR, layout.DR6 - layout.DR).fill(0);
  processor.setField(layout.DR6, DR6_DEFAULT);
  processor.setField(layout.DR7, DR7_DEFAULT);
  for (const index of DEBUG_REGISTERS)
    writeDebugRegister(hypervisor, vcpu, index, member(words, offset.debugreg + index * 8));
}
