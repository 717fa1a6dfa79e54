/**
 * The two halves of a 64-bit guest: its kernel and its user both run in ring 3, each on page tables of its own, and each
 * with its own GS base. Whichever runs next, its half is switched in here (Xen: toggle_guest_mode).
 */
import { PAGE_BYTES } from '../memory/pages.ts';
import { SEG_GS } from '../../core/wasm/layout.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { updatePendingAreas } from '../time/areas.ts';

/** Switches the current vcpu from its kernel to its user, or back. */
export function toggleGuestMode(hypervisor: Hypervisor, vcpu: Vcpu): void {
  const { processor } = hypervisor;
  const base = processor.segmentBase(SEG_GS);
  if (vcpu.guestKernelMode) vcpu.gsBaseKernel = base;
  else vcpu.gsBaseUser = base;
  vcpu.guestKernelMode = !vcpu.guestKernelMode;
  processor.setSegmentBase(SEG_GS, vcpu.guestKernelMode ? vcpu.gsBaseKernel : vcpu.gsBaseUser);
  toggleAddressSpace(hypervisor, vcpu);
  if (vcpu.guestKernelMode && vcpu.areasPending) updatePendingAreas(hypervisor, vcpu);
}

/** Loads the address space of the half that runs; translations of the other one are kept. */
function toggleAddressSpace(hypervisor: Hypervisor, vcpu: Vcpu): void {
  if (vcpu.guestKernelMode) hypervisor.processor.loadAddressSpace(vcpu.kernelRoot * PAGE_BYTES, 0, true);
  else hypervisor.processor.loadAddressSpace(vcpu.userRoot * PAGE_BYTES, 1, true);
}

/** Loads the address space of the half that runs, afresh: no translation of either half is kept. */
export function loadGuestAddressSpace(hypervisor: Hypervisor, vcpu: Vcpu): void {
  const { processor } = hypervisor;
  if (vcpu.guestKernelMode) processor.loadAddressSpace(vcpu.kernelRoot * PAGE_BYTES, 0, false);
  else processor.loadAddressSpace(vcpu.userRoot * PAGE_BYTES, 1, false);
  processor.flushTlb();
}
