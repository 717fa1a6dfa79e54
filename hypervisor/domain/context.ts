/**
 * Giving a vcpu a context (arch_set_info_guest): vcpu_guest_context, from VCPUOP_initialise, the domain builder or a toolstack.
 * The first one brings its page tables and descriptor tables; a later one must name the same, and changes the rest.
 */
import { isCanonical } from '../../core/machine.ts';
import {
  FIRST_RESERVED_GDT_ENTRY,
  trap_info,
  vcpu_guest_context,
  VGCF_failsafe_disables_events,
  VGCF_i387_valid,
  VGCF_in_kernel,
  VGCF_online,
  VGCF_syscall_disables_events,
} from '../abi/arch-x86.ts';
import { EINVAL, EOPNOTSUPP } from '../abi/errno.ts';
import { VMASST_TYPE_runstate_update_flag } from '../abi/xen.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { setHandler } from './trap-table.ts';
import { PGT_L4_PAGE_TABLE } from '../memory/frame-table.ts';
import { PAGE_BYTES } from '../memory/pages.ts';
import { isGuestAddress } from '../memory/guest-access.ts';
import { getPageAndType, putPageAndType } from '../memory/page-types.ts';
import { MAX_LDT_ENTRIES, setGdt } from '../memory/per-domain.ts';
import { fillReadOnlyM2p, zapReadOnlyM2p } from '../memory/xen-slots.ts';
import { setDown } from '../sched/vcpus.ts';
import { writeWallClock } from '../time/wall-clock.ts';
import { guestCr4 } from './cr4.ts';
import { CR0_TS, FIRST_UNUSED, writeRegisters } from './context-registers.ts';
import { member } from './context-words.ts';
import type { Domain } from '../state/domain.ts';
import type { Vcpu } from '../state/vcpu.ts';

const { offset } = vcpu_guest_context;
const MAX_GDT_FRAMES = 16;
const DESCRIPTORS_PER_FRAME = 512;
const CONTROL_BYTES = 8;
const [CR1, CR2_AT, CR3, CR4_AT] = [1, 2, 3, 4].map((index) => offset.ctrlreg + index * CONTROL_BYTES) as [
  number,
  number,
  number,
  number,
];
/** Flags that are told as they are: the others are as they were set last, VGCF_online too, which is how Xen has them. */
const TOLD_FLAGS =
  VGCF_i387_valid | VGCF_in_kernel | VGCF_failsafe_disables_events | VGCF_syscall_disables_events;
/** VM_ASSIST's upper word: m2p_strict alone. The lower: all up to runstate_update_flag. */
const ASSISTS = 2 ** (VMASST_TYPE_runstate_update_flag + 1) - 1;
const ASSISTS_HIGH = 1;

/**
 * Takes the context, and whether the vcpu is up. 0, or, changing nothing (where Xen may have changed some registers):
 * -EINVAL where it names what a guest must not have; -EOPNOTSUPP where the vcpu has other page tables or descriptor tables.
 */
export function setGuestContext(hypervisor: Hypervisor, vcpu: Vcpu, words: Uint32Array): number {
  if (!isAllowed(vcpu, words)) return -EINVAL;
  if (vcpu.initialised) {
    if (!namesItsTables(vcpu, words)) return -EOPNOTSUPP;
  } else {
    const result = takeTables(hypervisor, vcpu, words);
    if (result !== 0) return result;
  }
  takeCallbacks(vcpu, words);
  takeTraps(vcpu, words);
  writeRegisters(hypervisor, vcpu, words);
  const flags = words[offset.flags / 4]!;
  vcpu.fpuInitialised = (flags & VGCF_i387_valid) !== 0;
  if (!vcpu.initialised && vcpu.id === 0) writeWallClock(hypervisor, vcpu.domain);
  vcpu.initialised = true;
  const down = (flags & VGCF_online) === 0;
  if (down !== vcpu.down) setDown(hypervisor, vcpu, down);
  return 0;
}

const CANONICAL = [
  ...[offset['user_regs.rip'], offset['user_regs.rsp'], offset.kernel_sp],
  ...[offset.fs_base, offset.gs_base_kernel, offset.gs_base_user],
  ...[offset.event_callback_eip, offset.syscall_callback_eip, offset.failsafe_callback_eip],
  ...Array.from({ length: 256 }, (_, vector) => offset.trap_ctxt + vector * trap_info.size + 8),
] as const;

/** Addresses are a guest's, tables of a size that exists. */
function isAllowed(vcpu: Vcpu, words: Uint32Array): boolean {
  const entries = member(words, offset.gdt_ents);
  const ldtEntries = member(words, offset.ldt_ents);
  const ldt = member(words, offset.ldt_base);
  const assist = offset.vm_assist / 4;
  const assistsExist = (words[assist]! & ~ASSISTS) === 0 && words[assist + 1]! <= ASSISTS_HIGH;
  return (
    CANONICAL.every((at) => isCanonical(member(words, at))) &&
    isGuestAddress(ldt) &&
    ldt % PAGE_BYTES === 0 &&
    ldtEntries >= 0 &&
    ldtEntries <= MAX_LDT_ENTRIES &&
    (vcpu.id !== 0 || assistsExist) &&
    entries >= 0 &&
    entries <= MAX_GDT_FRAMES * DESCRIPTORS_PER_FRAME
  );
}

/** The tables of an initialised vcpu, as its context must name them. */
function namesItsTables(vcpu: Vcpu, words: Uint32Array): boolean {
  const inKernel = (words[offset.flags / 4]! & VGCF_in_kernel) !== 0;
  return (
    member(words, CR3) === vcpu.kernelRoot * PAGE_BYTES &&
    member(words, CR1) === vcpu.userRoot * PAGE_BYTES &&
    (vcpu.userRoot !== 0 || inKernel) &&
    member(words, offset.gdt_ents) === vcpu.gdtEntries &&
    gdtOf(words).every((mfn, index) => mfn === vcpu.gdtFrames[index]) &&
    member(words, offset.ldt_ents) === vcpu.ldtEntries &&
    (vcpu.ldtEntries === 0 || member(words, offset.ldt_base) === vcpu.ldtAddress)
  );
}

/** The first context: page tables and descriptor tables, with their references. */
function takeTables(hypervisor: Hypervisor, vcpu: Vcpu, words: Uint32Array): number {
  const { frames } = hypervisor;
  const { domain } = vcpu;
  const inKernel = (words[offset.flags / 4]! & VGCF_in_kernel) !== 0;
  const hasUser = member(words, CR1) !== 0;
  if (!inKernel && !hasUser) return -EINVAL;
  if (member(words, offset.gdt_ents) > FIRST_RESERVED_GDT_ENTRY) return -EINVAL;
  const gdt = gdtOf(words);
  const kernelRoot = Math.floor(member(words, CR3) / PAGE_BYTES);
  const userRoot = hasUser ? Math.floor(member(words, CR1) / PAGE_BYTES) : 0;
  if (getPageAndType(frames, kernelRoot, domain.id, PGT_L4_PAGE_TABLE) !== 0) return -EINVAL;
  if (hasUser && getPageAndType(frames, userRoot, domain.id, PGT_L4_PAGE_TABLE) !== 0) {
    putPageAndType(frames, kernelRoot);
    return -EINVAL;
  }
  if (setGdt(frames, domain.id, domain.memory.perDomainL3, vcpu.id, gdt) !== 0) {
    putPageAndType(frames, kernelRoot);
    if (hasUser) putPageAndType(frames, userRoot);
    return -EINVAL;
  }
  vcpu.kernelRoot = kernelRoot;
  vcpu.userRoot = userRoot;
  vcpu.gdtFrames.splice(0, vcpu.gdtFrames.length, ...gdt);
  vcpu.gdtEntries = member(words, offset.gdt_ents);
  vcpu.ldtEntries = member(words, offset.ldt_ents);
  vcpu.ldtAddress = vcpu.ldtEntries === 0 ? 0 : member(words, offset.ldt_base);
  if (vcpu.id === 0) takeAssists(hypervisor, domain, words);
  if (!domain.m2pStrict) fillReadOnlyM2p(frames, kernelRoot);
  else if (hasUser) zapReadOnlyM2p(frames, userRoot);
  return 0;
}

/** The domain's assists. Roots that were validated before they were strict get the M2P that they would have got then. */
function takeAssists({ frames }: Hypervisor, domain: Domain, words: Uint32Array): void {
  const strict = words[offset.vm_assist / 4 + 1] === ASSISTS_HIGH;
  if (strict && !domain.m2pStrict)
    for (let mfn = 0; mfn < frames.frames; mfn++)
      if (frames.owner[mfn] === domain.id && frames.usedAs(mfn) === PGT_L4_PAGE_TABLE)
        fillReadOnlyM2p(frames, mfn);
  domain.vmAssist = words[offset.vm_assist / 4]!;
  domain.m2pStrict = strict;
}

function gdtOf(words: Uint32Array): number[] {
  const count = Math.ceil(member(words, offset.gdt_ents) / DESCRIPTORS_PER_FRAME);
  return Array.from({ length: count }, (_, index) => member(words, offset.gdt_frames + index * 8));
}

function takeCallbacks(vcpu: Vcpu, words: Uint32Array): void {
  const flags = words[offset.flags / 4]!;
  vcpu.contextFlags = (flags & ~TOLD_FLAGS) >>> 0;
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
  vcpu.taskSwitched = (words[offset.ctrlreg / 4]! & CR0_TS) !== 0;
  vcpu.cr2 = member(words, CR2_AT);
  vcpu.cr4 = guestCr4(words[CR4_AT / 4]!);
  const unused = (offset.ctrlreg + FIRST_UNUSED * CONTROL_BYTES) / 4;
  vcpu.unusedControl.set(words.subarray(unused, unused + vcpu.unusedControl.length));
}

function takeTraps(vcpu: Vcpu, words: Uint32Array): void {
  for (let vector = 0; vector < 256; vector++)
    setHandler(vcpu.traps, vector, words, (offset.trap_ctxt + vector * trap_info.size) / 4);
}
