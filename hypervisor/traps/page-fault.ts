/**
 * Page faults. Some are Xen's to fix: a page of the guest's LDT that is not mapped yet, a write of the guest's kernel to
 * one of its page tables. The rest is the guest's (arch/x86/traps.c: fixup_page_fault).
 */
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { isGuestAddress } from '../memory/guest-access.ts';
import { mapLdtOnFault } from './ldt.ts';
import { ldtAddress } from '../memory/per-domain.ts';
import { injectPageFault } from './bounce.ts';
import { emulatePageTableWrite } from './ptwr.ts';

/** Error code bits. */
const PRESENT = 1;
const WRITE = 2;
const USER = 4;
const RESERVED = 8;

export function pageFault(hypervisor: Hypervisor, vcpu: Vcpu, address: number, error: number): void {
  if (!isGuestAddress(address)) {
    if ((error & (USER | RESERVED)) === 0 && mapLdtOnFault(hypervisor, vcpu, address)) return;
    address = ownAddress(vcpu, address);
  } else if (vcpu.guestKernelMode && (error & (PRESENT | WRITE)) === (PRESENT | WRITE)) {
    if (emulatePageTableWrite(hypervisor, vcpu, address, error)) {
      hypervisor.counts.tableWrites++;
      return;
    }
  }
  hypervisor.counts.pageFaults++;
  injectPageFault(hypervisor, vcpu, address, error);
}

/** A fault in Xen's mapping of a vcpu's LDT is told as one of the LDT where the guest has it. */
function ownAddress(vcpu: Vcpu, address: number): number {
  const offset = address - ldtAddress(vcpu.id);
  return offset >= 0 && offset < vcpu.ldtEntries * 8 ? vcpu.ldtAddress + offset : address;
}
