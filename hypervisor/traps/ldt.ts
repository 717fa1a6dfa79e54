/**
 * A vcpu's local descriptor table: set by mmuext_op, its pages mapped into the per-domain slot when the processor first
 * needs them, so that only pages in use must be valid. Compare pv_map_ldt_shadow_page in Xen's arch/x86/pv/mm.c.
 */
import { SEG_LDTR } from '../../core/wasm/layout.ts';
import { EINVAL } from '../abi/errno.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { entryFrame, PAGE_PRESENT } from '../memory/entries.ts';
import { isGuestAddress, pagedAt, walkTo } from '../memory/guest-access.ts';
import { missPaged } from '../memory/paged-frames.ts';
import { clearLdt, ldtAddress, mapLdtPage, MAX_LDT_ENTRIES } from '../memory/per-domain.ts';
import { PAGE_BYTES, pageNumber, pageOffset } from '../memory/pages.ts';

/** Selector of the LDT descriptor that Xen keeps behind its own segments. */
const LDT_SELECTOR = 0xe050;
/** Present, of type LDT (layout.ATTRIBUTES). */
const LDT_ATTRIBUTES = 0x82;

/** MMUEXT_SET_LDT: `entries` descriptors at `address`; 0 entries is no LDT. -EINVAL if it is not a guest's, or too long. */
export function setLdt(hypervisor: Hypervisor, vcpu: Vcpu, address: number, entries: number): number {
  const aligned = pageOffset(address) === 0;
  if (entries > MAX_LDT_ENTRIES || (entries > 0 && !(aligned && isGuestAddress(address)))) return -EINVAL;
  const base = entries > 0 ? address : 0;
  if (vcpu.ldtEntries === entries && vcpu.ldtAddress === base) return 0;
  const { frames } = hypervisor;
  const awaited = vcpu.domain.paged === null ? -1 : pagedBetween(hypervisor, vcpu, base, entries * 8);
  // A segment is loaded where nobody can wait for it.
  if (awaited >= 0) return missPaged(frames, awaited);
  if (clearLdt(frames, vcpu.domain.memory.perDomainL3, vcpu.id)) frames.flushTlb();
  vcpu.ldtAddress = base;
  vcpu.ldtEntries = entries;
  loadLdt(hypervisor, vcpu);
  return 0;
}

/** A frame of these addresses that is not here; -1: none. */
function pagedBetween({ frames }: Hypervisor, vcpu: Vcpu, first: number, bytes: number): number {
  for (let at = 0; at < bytes; at += PAGE_BYTES) {
    const mfn = pagedAt(frames, vcpu.kernelRoot, first + at);
    if (mfn >= 0) return mfn;
  }
  return -1;
}

/** Loads the processor's LDTR for a vcpu. */
export function loadLdt(hypervisor: Hypervisor, vcpu: Vcpu): void {
  const { processor } = hypervisor;
  if (vcpu.ldtEntries === 0) processor.setSegment(SEG_LDTR, 0, 0, 0, 0);
  else {
    const limit = vcpu.ldtEntries * 8 - 1;
    processor.setSegment(SEG_LDTR, LDT_SELECTOR, ldtAddress(vcpu.id), limit, LDT_ATTRIBUTES);
  }
  processor.stateChanged();
}

/**
 * A page fault at `va` in the vcpu's LDT: maps the guest's page there. True if the access is to be tried again, false if
 * the fault is the guest's.
 */
export function mapLdtOnFault(hypervisor: Hypervisor, vcpu: Vcpu, va: number): boolean {
  const offset = va - ldtAddress(vcpu.id);
  if (offset < 0 || offset >= vcpu.ldtEntries * 8) return false;
  if (!isGuestAddress(vcpu.ldtAddress + offset)) return false;
  const { frames } = hypervisor;
  const { words } = frames.memory;
  const at = walkTo(frames, vcpu.kernelRoot, vcpu.ldtAddress + offset, 1);
  if (at < 0 || !(words[at]! & PAGE_PRESENT)) return false;
  const mfn = entryFrame(words[at]!, words[at + 1]!);
  const page = pageNumber(offset);
  if (mfn < 0) return false;
  return mapLdtPage(frames, vcpu.domain.id, vcpu.domain.memory.perDomainL3, vcpu.id, page, mfn);
}
