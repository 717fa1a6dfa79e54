/** CR4 of a guest (pv_fixup_guest_cr4, pv_make_cr4): a few bits are its own, the rest is what Xen runs with. */
import { CR4 } from '../../core/wasm/layout.ts';
import type { Processor } from '../../core/machine.ts';
import type { Vcpu } from '../state/vcpu.ts';

/** Time stamp disable: its user's RDTSC faults. Debugging extensions: breakpoints on ports. */
export const CR4_TSD = 0x4;
export const CR4_DE = 0x8;
/** RDFSBASE, RDGSBASE, WRFSBASE and WRGSBASE are there: never behind the back of a kernel that did not ask for them. */
const CR4_FSGSBASE = 0x10000;
/** What the processor offers of what a guest may choose: not OSXSAVE. */
const CR4_GUEST = CR4_TSD | CR4_DE | CR4_FSGSBASE;
/** What a guest sees of Xen's own: PAE MCE OSFXSR OSXMMEXCPT. Nothing here has machine checks. */
export const CR4_SHOWN = 0x660;
const CR4_XEN = 0x620;

/** CR4 as the guest sees it after writing `value`; bits that are not its own it cannot change. */
export function guestCr4(value: number): number {
  return CR4_SHOWN | (value & CR4_GUEST);
}

/** Gives the processor the CR4 that the vcpu is to run with. Where its TSC is emulated, every RDTSC faults. */
export function loadCr4(processor: Processor, vcpu: Vcpu): void {
  const emulated = vcpu.domain.tscEmulated ? CR4_TSD : 0;
  processor.setWord(CR4, CR4_XEN | emulated | (vcpu.cr4 & (CR4_TSD | CR4_FSGSBASE)));
}
