/**
 * Xen's own flat segments of a guest, in the reserved part of its GDT (FLAT_RING3_* in arch-x86/xen-x86_64.h): no descriptor
 * of the guest's is read for them.
 */
import * as layout from '../../core/wasm/layout.ts';
import { FLAT_RING3_CS32, FLAT_RING3_CS64, FLAT_RING3_SS64 } from '../abi/arch-x86.ts';
import type { Hypervisor } from '../state/hypervisor.ts';

/** Attributes, as layout.ATTRIBUTES: accessed, present, DPL 3, 4 KiB granular. */
export const FLAT_CODE64 = 0xa0fb;
export const FLAT_CODE32 = 0xc0fb;
export const FLAT_DATA = 0xc0f3;

/** Loads a flat CS and SS of the guest's kernel. */
export function loadFlat(hypervisor: Hypervisor): void {
  const { processor } = hypervisor;
  if (
    processor.selector(layout.SEG_CS) === FLAT_RING3_CS64 &&
    processor.selector(layout.SEG_SS) === FLAT_RING3_SS64
  )
    return;
  processor.setSegment(layout.SEG_CS, FLAT_RING3_CS64, 0, 0xffffffff, FLAT_CODE64);
  processor.setSegment(layout.SEG_SS, FLAT_RING3_SS64, 0, 0xffffffff, FLAT_DATA);
  processor.stateChanged();
}

/** Loads a flat CS and SS as SYSCALL from compatibility mode leaves them (FLAT_USER_CS32, FLAT_USER_SS32). */
export function loadFlatCompatibility(hypervisor: Hypervisor): void {
  const { processor } = hypervisor;
  processor.setSegment(layout.SEG_CS, FLAT_RING3_CS32, 0, 0xffffffff, FLAT_CODE32);
  processor.setSegment(layout.SEG_SS, FLAT_RING3_SS64, 0, 0xffffffff, FLAT_DATA);
  processor.stateChanged();
}

/** Puts a selector with flat 64-bit attributes into a register, whatever it names. */
export function forceSelector(hypervisor: Hypervisor, segment: number, selector: number): void {
  const code = segment === layout.SEG_CS;
  hypervisor.processor.setSegment(segment, selector, 0, 0xffffffff, code ? FLAT_CODE64 : FLAT_DATA);
}
