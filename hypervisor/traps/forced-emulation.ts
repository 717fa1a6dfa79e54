/**
 * Forced emulation (pv/emul-inv-op.c): UD2 and the bytes `xen` in front of an instruction ask Xen to do it, who does CPUID
 * alone. Everything else is the guest's #UD.
 */
import * as layout from '../../core/wasm/layout.ts';
import { XEN_EMULATE_PREFIX } from '../abi/arch-x86.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { copyFromGuest } from '../memory/guest-access.ts';
import { injectPageFault, injectTrap } from './bounce.ts';
import { performCpuid } from './privop/cpuid.ts';
import { instructionDone } from './single-step.ts';
import { PAGE_BYTES, pageOffset } from '../memory/pages.ts';

const CPUID = [0x0f, 0xa2] as const;
const prefix = new Uint8Array(XEN_EMULATE_PREFIX.length);
const instruction = new Uint8Array(CPUID.length);

/** Deals with a #UD of the current vcpu that may be such a request. False: it is none. */
export function emulateForced(hypervisor: Hypervisor, vcpu: Vcpu): boolean {
  const { processor } = hypervisor;
  const at = processor.rip;
  if (!fetch(hypervisor, vcpu, at, prefix)) return true;
  if (!XEN_EMULATE_PREFIX.every((byte, index) => prefix[index] === byte)) return false;
  const behind = at + prefix.length;
  if (!fetch(hypervisor, vcpu, behind, instruction)) return true;
  if (!CPUID.every((byte, index) => instruction[index] === byte)) return false;
  if (vcpu.cpuidFaulting && !vcpu.guestKernelMode) {
    // The guest finds the instruction where it looks for it: behind the prefix.
    processor.rip = behind;
    injectTrap(hypervisor, vcpu, layout.VECTOR_GP, 0);
    return true;
  }
  hypervisor.counts.forcedCpuid++;
  performCpuid(hypervisor);
  instructionDone(hypervisor, vcpu, behind + instruction.length);
  return true;
}

/** Reads code as data. False: a page of it cannot be read, and the guest has got a page fault. */
function fetch(hypervisor: Hypervisor, vcpu: Vcpu, va: number, bytes: Uint8Array): boolean {
  if (copyFromGuest(hypervisor.frames, vcpu, va, bytes)) return true;
  const inPage = PAGE_BYTES - pageOffset(va);
  const readable =
    inPage < bytes.length && copyFromGuest(hypervisor.frames, vcpu, va, bytes.subarray(0, inPage));
  injectPageFault(hypervisor, vcpu, readable ? va + inPage : va, 0);
  return false;
}
