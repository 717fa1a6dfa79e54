/** Going to another code segment: what is checked about the target, and taking it. */
import { raise } from './fault';
import { CPL, RIP, SEG_CS, VECTOR_GP, VECTOR_NP } from './layout';
import { currentSpace, isCanonical, selectBank } from './paging';
import {
  ATTR_CODE,
  ATTR_DB,
  ATTR_L,
  ATTR_P,
  ATTR_S,
  attributesOf,
  cacheSegment,
  errorOf,
  isNull,
  limitOf,
  fetchDescriptor,
} from './segments';

/** The descriptor of a code selector: null is #GP(0), outside its table #GP(selector). Check faulted(). */
export function fetchTarget(selector: u32): u64 {
  if (!isNull(selector)) return fetchDescriptor(selector, VECTOR_GP);
  raise(VECTOR_GP, 0);
  return 0;
}

// @ts-ignore: decorator
@inline
export function isCode(attributes: u32): bool {
  return (attributes & (ATTR_S | ATTR_CODE)) == (ATTR_S | ATTR_CODE);
}

/** Raises a fault of the code selector and returns false. */
export function refuse(vector: u32, selector: u32): bool {
  raise(vector, errorOf(selector));
  return false;
}

/** The checks that come last for a code segment: present, and not both 64-bit and 32-bit. Raises #NP, #GP. */
export function usableCode(selector: u32, attributes: u32): bool {
  if ((attributes & (ATTR_L | ATTR_DB)) == (ATTR_L | ATTR_DB)) return refuse(VECTOR_GP, selector);
  return attributes & ATTR_P ? true : refuse(VECTOR_NP, selector);
}

/** Whether `rip` is a place in the segment: canonical in 64-bit code, inside the limit elsewhere. Raises #GP(0). */
export function validTarget(descriptor: u64, rip: u64): bool {
  const inside = attributesOf(descriptor) & ATTR_L ? isCanonical(rip) : rip <= <u64>limitOf(descriptor);
  if (!inside) raise(VECTOR_GP, 0);
  return inside;
}

/** Sets CPL: what memory accesses may do from here on. */
export function setPrivilege(cpl: u32): void {
  store<u32>(CPL, cpl);
  selectBank(currentSpace());
}

/** Goes to checked code at privilege `cpl`. */
export function enterCode(selector: u32, descriptor: u64, cpl: u32, rip: u64): void {
  cacheSegment(SEG_CS, (selector & 0xfffc) | cpl, descriptor);
  setPrivilege(cpl);
  store<u64>(RIP, rip);
}
