/**
 * Segment descriptors that a guest may put into its GDT and LDT (SDM vol. 3, 3.4.5). Compare check_descriptor in Xen's
 * arch/x86/pv/descriptor-tables.c.
 */
import { FIRST_RESERVED_GDT_BYTE, FLAT_RING3_CS64 } from '../abi/arch-x86.ts';

const PRESENT = 1 << 15;
const DPL = 3 << 13;
const CODE_OR_DATA = 1 << 12;
const TYPE = 15 << 8;
const CALL_GATE = 12 << 8;
/** A 64-bit guest runs in ring 3: no descriptor may be of an inner ring but as a gate's, which Xen emulates. */
const KERNEL_RING = 3;

/** The two words of a descriptor, as fixed up by `fixDescriptor`. */
interface Descriptor {
  low: number;
  high: number;
}

/** Raises the descriptor's DPL to the guest's ring. False, leaving it alone, if it is not allowed. */
export function fixDescriptor(descriptor: Descriptor): boolean {
  const { low } = descriptor;
  let { high } = descriptor;
  if (!(high & PRESENT)) return true;
  const dpl = Math.max((high >>> 13) & 3, KERNEL_RING);
  high = ((high & ~DPL) | (dpl << 13)) >>> 0;
  if (high & CODE_OR_DATA) {
    descriptor.high = high;
    return true;
  }
  // Type 0 is harmless: the second half of a 64-bit call gate.
  if ((high & TYPE) === 0) return true;
  if ((high & TYPE) !== CALL_GATE) return false;
  const selector = low >>> 16;
  if (!isGateSelector(selector) || high & 0xff) return false;
  // With DPL 0 the gate faults, and the fault tells which gate: the original DPL is kept in the selector.
  descriptor.low = ((low & 0xffff) | (((selector & ~3) | dpl) << 16)) >>> 0;
  descriptor.high = (high & ~DPL) >>> 0;
  return true;
}

/** Fixes the 512 descriptors of a frame in place (`at`: index of its first word). False if one is not allowed. */
export function checkDescriptors(words: Uint32Array, at: number): boolean {
  const descriptor = { low: 0, high: 0 };
  for (let word = at; word < at + 1024; word += 2) {
    descriptor.low = words[word]!;
    descriptor.high = words[word + 1]!;
    if (!fixDescriptor(descriptor)) return false;
    words[word] = descriptor.low;
    words[word + 1] = descriptor.high;
  }
  return true;
}

/** A code selector that a gate may name: in the guest's part of the GDT or in the LDT, or Xen's flat code for guests. */
function isGateSelector(selector: number): boolean {
  if (selector & 4 || selector < FIRST_RESERVED_GDT_BYTE) return true;
  return selector === FLAT_RING3_CS64;
}
