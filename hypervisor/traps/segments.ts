/**
 * Segment registers of a paravirtualized guest. Xen's own flat selectors (domain/flat-segments.ts) are known;
 * everything else is read from the guest's descriptor tables through the addresses where Xen maps them, as the processor does.
 */
import { ACCESS_SUPERVISOR_READ } from '../../core/machine.ts';
import * as layout from '../../core/wasm/layout.ts';
import { FLAT_RING3_CS32, FLAT_RING3_CS64, FLAT_RING3_SS64 } from '../abi/arch-x86.ts';
import { FLAT_CODE32, FLAT_CODE64, FLAT_DATA } from '../domain/flat-segments.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { mapLdtOnFault } from './ldt.ts';

const PRESENT = 0x80;
const CODE_OR_DATA = 0x10;
const CODE = 0x8;
const WRITABLE = 0x2;
const LONG = 0x2000;
const DPL3 = 0x60;

/** What a selector names, of the last `readDescriptor`. */
const found = { base: 0, limit: 0, attributes: 0 };

/** Reads the descriptor of a selector. False where the table does not hold one. */
function readDescriptor(hypervisor: Hypervisor, selector: number): boolean {
  const { processor, machine } = hypervisor;
  const local = (selector & 4) !== 0;
  const offset = selector & 0xfff8;
  const limit = local
    ? processor.word(layout.LIMITS + layout.SEG_LDTR * 4)
    : processor.word(layout.GDT_LIMIT);
  if (offset + 7 > limit) return false;
  const table = processor.field(local ? layout.LDTR_BASE : layout.GDT_BASE);
  let address = processor.translate(table + offset, ACCESS_SUPERVISOR_READ);
  const { current } = hypervisor;
  // Pages of an LDT are mapped when they are first used.
  if (address < 0 && local && current !== null && mapLdtOnFault(hypervisor, current, table + offset))
    address = processor.translate(table + offset, ACCESS_SUPERVISOR_READ);
  if (address < 0) return false;
  const low = machine.words[address >>> 2]!;
  const high = machine.words[(address >>> 2) + 1]!;
  const limit20 = (low & 0xffff) | (high & 0xf0000);
  found.base = (((high & 0xff000000) | ((high & 0xff) << 16) | (low >>> 16)) >>> 0) >>> 0;
  found.limit = (high & 0x800000) !== 0 ? ((limit20 << 12) | 0xfff) >>> 0 : limit20;
  found.attributes = (high >>> 8) & 0xf0ff;
  return true;
}

/** Loads CS as IRET to ring 3 does. False: #GP(selector). The caller tells `stateChanged`. */
export function loadCode(hypervisor: Hypervisor, selector: number): boolean {
  const { processor } = hypervisor;
  if (processor.selector(layout.SEG_CS) === selector) return true;
  if (selector === FLAT_RING3_CS64 || selector === FLAT_RING3_CS32) {
    const attributes = selector === FLAT_RING3_CS64 ? FLAT_CODE64 : FLAT_CODE32;
    processor.setSegment(layout.SEG_CS, selector, 0, 0xffffffff, attributes);
    return true;
  }
  if ((selector & 0xfffc) === 0 || !readDescriptor(hypervisor, selector)) return false;
  const { attributes } = found;
  if ((attributes & (PRESENT | CODE_OR_DATA | CODE)) !== (PRESENT | CODE_OR_DATA | CODE)) return false;
  const conforming = (attributes & 4) !== 0;
  if (!conforming && (attributes & DPL3) !== DPL3) return false;
  if ((attributes & LONG) !== 0 && (attributes & 0x4000) !== 0) return false;
  processor.setSegment(layout.SEG_CS, selector, found.base, found.limit, attributes);
  return true;
}

/** Loads SS as IRET to ring 3 does; a null one is not allowed there. False: #GP(selector). */
export function loadStack(hypervisor: Hypervisor, selector: number): boolean {
  const { processor } = hypervisor;
  if (processor.selector(layout.SEG_SS) === selector) return true;
  if (selector === FLAT_RING3_SS64) {
    processor.setSegment(layout.SEG_SS, selector, 0, 0xffffffff, FLAT_DATA);
    return true;
  }
  if ((selector & 0xfffc) === 0 || !readDescriptor(hypervisor, selector)) return false;
  const { attributes } = found;
  if ((attributes & (PRESENT | CODE_OR_DATA | CODE | WRITABLE)) !== (PRESENT | CODE_OR_DATA | WRITABLE))
    return false;
  if ((attributes & DPL3) !== DPL3) return false;
  processor.setSegment(layout.SEG_SS, selector, found.base, found.limit, attributes);
  return true;
}

/**
 * Loads ES, DS, FS or GS. A null selector is fine and leaves a base of 0. False: the selector cannot be loaded, and the
 * register holds null.
 */
export function loadData(hypervisor: Hypervisor, segment: number, selector: number): boolean {
  const { processor } = hypervisor;
  if ((selector & 0xfffc) === 0) {
    processor.setSegment(segment, selector, 0, 0, 0);
    return true;
  }
  if (selector === FLAT_RING3_SS64) {
    processor.setSegment(segment, selector, 0, 0xffffffff, FLAT_DATA);
    return true;
  }
  const readable = (attributes: number) => (attributes & CODE) === 0 || (attributes & WRITABLE) !== 0;
  const present = PRESENT | CODE_OR_DATA;
  if (
    !readDescriptor(hypervisor, selector) ||
    (found.attributes & present) !== present ||
    !readable(found.attributes) ||
    (found.attributes & DPL3) !== DPL3
  ) {
    processor.setSegment(segment, 0, 0, 0, 0);
    return false;
  }
  processor.setSegment(segment, selector, found.base, found.limit, found.attributes);
  return true;
}
