/**
 * Segments: descriptors in the GDT and LDT, what a selector load checks and in which order (SDM vol. 3, 5.4 to 5.8), and
 * the caches behind the segment registers. The processor is always in long mode: 64-bit or compatibility.
 */
import { faulted, raise } from './fault';
import {
  ATTRIBUTES,
  CPL,
  GDT_BASE,
  GDT_LIMIT,
  LDTR_BASE,
  LIMITS,
  REGS,
  SEG_CS,
  SEG_LDTR,
  SEG_SS,
  SELECTORS,
  SLOT_SEGMENT,
  VECTOR_GP,
  VECTOR_NP,
  VECTOR_SS,
} from './layout';
import { supervisorRead64, supervisorWrite } from './memory';

/** Modes of execution: `modeOf`. */
export const MODE_64: u32 = 0;
export const MODE_32: u32 = 1;
export const MODE_16: u32 = 2;

/** Attribute bits (layout.ts ATTRIBUTES). */
export const ATTR_TYPE: u32 = 0xf;
/** Data: writable. Code: readable. */
export const ATTR_RW: u32 = 0x2;
/** Data: expands down. Code: conforming. */
export const ATTR_CONFORMING: u32 = 0x4;
export const ATTR_EXPAND_DOWN: u32 = 0x4;
export const ATTR_CODE: u32 = 0x8;
/** Code or data, not a system descriptor. */
export const ATTR_S: u32 = 0x10;
export const ATTR_P: u32 = 0x80;
export const ATTR_L: u32 = 0x2000;
export const ATTR_DB: u32 = 0x4000;
const ATTR_G: u32 = 0x8000;
/** Descriptor bits 48..51, in the middle of the attributes, belong to the limit. */
const ATTR_MASK: u32 = 0xf0ff;
const ACCESSED: u64 = (<u64>1) << 40;

/** The error code of a selector: its RPL is not part of it. */
// @ts-ignore: decorator
@inline
export function errorOf(selector: u32): u32 {
  return selector & 0xfffc;
}

// @ts-ignore: decorator
@inline
export function isNull(selector: u32): bool {
  return (selector & 0xfffc) == 0;
}

// @ts-ignore: decorator
@inline
export function attributesOf(descriptor: u64): u32 {
  return (<u32>(descriptor >> 40)) & ATTR_MASK;
}

// @ts-ignore: decorator
@inline
export function dplOf(attributes: u32): u32 {
  return (attributes >> 5) & 3;
}

/** The limit in bytes, granularity applied. */
export function limitOf(descriptor: u64): u32 {
  const limit = ((<u32>descriptor) & 0xffff) | ((<u32>(descriptor >> 32)) & 0xf0000);
  return attributesOf(descriptor) & ATTR_G ? (limit << 12) | 0xfff : limit;
}

/** The 32-bit base (system descriptors have 32 more bits in their second half). */
export function baseOf(descriptor: u64): u64 {
  return ((descriptor >> 16) & 0xffffff) | ((descriptor >> 32) & 0xff000000);
}

/** The cached attributes of a segment register. */
// @ts-ignore: decorator
@inline
export function attributesIn(segment: u32): u32 {
  return load<u32>(ATTRIBUTES + segment * 4);
}

// @ts-ignore: decorator
@inline
export function selectorIn(segment: u32): u32 {
  return load<u16>(SELECTORS + segment * 2);
}

/** The mode that CS's descriptor chooses: MODE_64, MODE_32, MODE_16. */
export function modeOf(): u32 {
  const attributes = attributesIn(SEG_CS);
  if (attributes & ATTR_L) return MODE_64;
  return attributes & ATTR_DB ? MODE_32 : MODE_16;
}

/** Whether `bytes` bytes of descriptors starting at `selector` lie inside its table. */
export function inTable(selector: u32, bytes: u32): bool {
  const last = (selector & 0xfff8) + bytes - 1;
  if (!(selector & 4)) return last <= load<u32>(GDT_LIMIT);
  return (attributesIn(SEG_LDTR) & ATTR_P) != 0 && last <= load<u32>(LIMITS + SEG_LDTR * 4);
}

/** Linear address of the descriptor that `selector` names. */
export function descriptorAddress(selector: u32): u64 {
  return (selector & 4 ? load<u64>(LDTR_BASE) : load<u64>(GDT_BASE)) + <u64>(selector & 0xfff8);
}

/**
 * Reads the descriptor of a selector that is not null. Outside its table: raises `vector` with the selector. Check
 * faulted().
 */
export function fetchDescriptor(selector: u32, vector: u32): u64 {
  if (!inTable(selector, 8)) {
    raise(vector, errorOf(selector));
    return 0;
  }
  return supervisorRead64(descriptorAddress(selector));
}

/**
 * Sets the accessed bit of a code or data descriptor in its table, as the processor does when it loads one: a supervisor
 * write, which faults where the table is read-only. Check faulted().
 */
export function markAccessed(selector: u32, descriptor: u64): void {
  if (descriptor & ACCESSED) return;
  supervisorWrite(descriptorAddress(selector) + 5, 1, ((descriptor | ACCESSED) >> 40) & 0xff);
}

/** Fills a segment register and its cache from a descriptor (ES..GS). */
export function cacheSegment(segment: u32, selector: u32, descriptor: u64): void {
  store<u16>(SELECTORS + segment * 2, selector);
  store<u32>(ATTRIBUTES + segment * 4, attributesOf(descriptor) | 1);
  store<u32>(LIMITS + segment * 4, limitOf(descriptor));
  store<u64>(REGS + (<u32>SLOT_SEGMENT + segment) * 8, baseOf(descriptor));
}

/** Loads a null selector: the segment is unusable (not present) outside 64-bit mode, its base is 0. */
export function cacheNull(segment: u32, selector: u32): void {
  store<u16>(SELECTORS + segment * 2, selector);
  store<u32>(ATTRIBUTES + segment * 4, 0);
  store<u32>(LIMITS + segment * 4, 0);
  store<u64>(REGS + (<u32>SLOT_SEGMENT + segment) * 8, 0);
}

/** Whether a data segment (or readable code) may be reached from `cpl` by a selector with this RPL. */
export function mayAccess(attributes: u32, rpl: u32, cpl: u32): bool {
  if ((attributes & (ATTR_CODE | ATTR_CONFORMING)) == (ATTR_CODE | ATTR_CONFORMING)) return true;
  return dplOf(attributes) >= rpl && dplOf(attributes) >= cpl;
}

/** Whether attributes are those of a data segment or of readable code. */
export function isReadable(attributes: u32): bool {
  return (attributes & ATTR_S) != 0 && (!(attributes & ATTR_CODE) || (attributes & ATTR_RW) != 0);
}

/** Whether attributes are those of writable data. */
export function isWritableData(attributes: u32): bool {
  return (attributes & (ATTR_S | ATTR_CODE | ATTR_RW)) == (ATTR_S | ATTR_RW);
}

/** Loads ES, DS, FS or GS. Raises #GP(0), #GP(selector), #NP(selector); nothing is loaded then. */
export function loadDataSegment(segment: u32, selector: u32): void {
  if (isNull(selector)) {
    cacheNull(segment, selector);
    return;
  }
  const descriptor = fetchDescriptor(selector, VECTOR_GP);
  if (faulted()) return;
  const attributes = attributesOf(descriptor);
  if (!isReadable(attributes) || !mayAccess(attributes, selector & 3, load<u32>(CPL))) {
    raise(VECTOR_GP, errorOf(selector));
    return;
  }
  if (!(attributes & ATTR_P)) {
    raise(VECTOR_NP, errorOf(selector));
    return;
  }
  markAccessed(selector, descriptor);
  if (!faulted()) cacheSegment(segment, selector, descriptor);
}

/**
 * Checks a selector for SS at privilege `cpl` and sets its accessed bit; `nullAllowed` where the code that will run is
 * 64-bit code above ring 3. Selector faults raise `vector` (#GP, #TS); a segment that is not present #SS. Returns the
 * descriptor (0 for a null selector): check faulted().
 */
export function checkStackSegment(selector: u32, cpl: u32, nullAllowed: bool, vector: u32): u64 {
  if (isNull(selector)) {
    if (!nullAllowed || (selector & 3) != cpl) raise(vector, 0);
    return 0;
  }
  const descriptor = fetchDescriptor(selector, vector);
  if (faulted()) return 0;
  const attributes = attributesOf(descriptor);
  if ((selector & 3) != cpl || !isWritableData(attributes) || dplOf(attributes) != cpl) {
    raise(vector, errorOf(selector));
    return 0;
  }
  if (!(attributes & ATTR_P)) {
    raise(VECTOR_SS, errorOf(selector));
    return 0;
  }
  markAccessed(selector, descriptor);
  return descriptor;
}

/** Fills SS from what `checkStackSegment` returned. */
export function cacheStackSegment(selector: u32, descriptor: u64): void {
  if (isNull(selector)) cacheNull(SEG_SS, selector);
  else cacheSegment(SEG_SS, selector, descriptor);
}

/** Loads any of ES SS DS FS GS as MOV and POP do. CS is the caller's #UD. */
export function loadSegment(segment: u32, selector: u32): void {
  if (segment != <u32>SEG_SS) {
    loadDataSegment(segment, selector);
    return;
  }
  const cpl = load<u32>(CPL);
  const descriptor = checkStackSegment(selector, cpl, cpl != 3 && modeOf() == MODE_64, VECTOR_GP);
  if (!faulted()) cacheStackSegment(selector, descriptor);
}
