/** A vcpu's context as a toolstack gets it (arch_get_info_guest), complete but for what context-registers.ts says. */
import {
  vcpu_guest_context,
  VGCF_failsafe_disables_events,
  VGCF_i387_valid,
  VGCF_in_kernel,
  VGCF_online,
  VGCF_syscall_disables_events,
} from '../abi/arch-x86.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { PAGE_BYTES } from '../memory/pages.ts';
import { CR0, CR0_TS, FIRST_UNUSED, readRegisters } from './context-registers.ts';
import { newGuestContext, putMember } from './context-words.ts';
import type { Domain } from '../state/domain.ts';
import type { Vcpu } from '../state/vcpu.ts';

const { offset } = vcpu_guest_context;
/** The context of an initialised vcpu that does not run. Looking changes nothing. */
export function getGuestContext(hypervisor: Hypervisor, vcpu: Vcpu): Uint32Array {
  const words = newGuestContext();
  readRegisters(hypervisor, vcpu, words);
  words[offset.flags / 4] = flagsOf(vcpu);
  readTraps(vcpu, words);
  readTables(vcpu, words);
  readCallbacks(vcpu, words);
  putMember(words, offset.vm_assist, assistOf(vcpu.domain));
  return words;
}

function flagsOf(vcpu: Vcpu): number {
  let flags = vcpu.contextFlags;
  if (vcpu.fpuInitialised) flags |= VGCF_i387_valid;
  if (vcpu.guestKernelMode) flags |= VGCF_in_kernel;
  if (vcpu.failsafeMasksEvents) flags |= VGCF_failsafe_disables_events;
  if (vcpu.syscallMasksEvents) flags |= VGCF_syscall_disables_events;
  if (!vcpu.down) flags |= VGCF_online;
  return flags >>> 0;
}

function readTraps({ traps }: Vcpu, words: Uint32Array): void {
  for (let vector = 0; vector < 256; vector++) {
    const at = offset.trap_ctxt + vector * 16;
    const selector = traps.selectors[vector]!;
    words[at / 4] = (traps.vectors[vector]! | (traps.flags[vector]! << 8) | (selector << 16)) >>> 0;
    putMember(words, at + 8, traps.addresses[vector]!);
  }
}

/** Descriptor tables and control registers. CR3 is the kernel's root, CR1 the user's: machine addresses. */
function readTables(vcpu: Vcpu, words: Uint32Array): void {
  putMember(words, offset.ldt_base, vcpu.ldtAddress);
  putMember(words, offset.ldt_ents, vcpu.ldtEntries);
  vcpu.gdtFrames.forEach((mfn, index) => {
    putMember(words, offset.gdt_frames + index * 8, mfn);
  });
  putMember(words, offset.gdt_ents, vcpu.gdtEntries);
  const control = (index: number, value: number): void => {
    putMember(words, offset.ctrlreg + index * 8, value);
  };
  control(0, vcpu.taskSwitched ? (CR0 | CR0_TS) >>> 0 : CR0);
  control(1, vcpu.userRoot * PAGE_BYTES);
  control(2, vcpu.cr2);
  control(3, vcpu.kernelRoot * PAGE_BYTES);
  control(4, vcpu.cr4);
  words.set(vcpu.unusedControl, (offset.ctrlreg + FIRST_UNUSED * 8) / 4);
}

function readCallbacks(vcpu: Vcpu, words: Uint32Array): void {
  putMember(words, offset.kernel_ss, vcpu.kernelSs);
  putMember(words, offset.kernel_sp, vcpu.kernelSp);
  putMember(words, offset.event_callback_eip, vcpu.eventCallback);
  putMember(words, offset.failsafe_callback_eip, vcpu.failsafeCallback);
  putMember(words, offset.syscall_callback_eip, vcpu.syscallCallback);
}

/** VM_ASSIST bits, of which m2p_strict is bit 32. */
function assistOf({ vmAssist, m2pStrict }: Domain): number {
  return (vmAssist >>> 0) + (m2pStrict ? 2 ** 32 : 0);
}
