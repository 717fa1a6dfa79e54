/** Comparisons, minimum and maximum of SSE. */
import { CF, MXCSR, PF, ZF } from '../layout';
import {
  isDenormal32,
  isDenormal64,
  isNan32,
  isNan64,
  isSignalling32,
  isSignalling64,
} from './sse-environment';
import { DE, IE, signalBefore } from './status';

const DAZ: u32 = 0x40;

export const UNORDERED: u32 = ZF | PF | CF;
export const LESS: u32 = CF;
export const EQUAL: u32 = ZF;
export const GREATER: u32 = 0;

/** The operand as the processor sees it: a denormal is DE, or a zero with DAZ. */
function seen64(bits: u64): u64 {
  if (!isDenormal64(bits)) return bits;
  if (load<u32>(MXCSR) & DAZ) return bits & 0x8000000000000000;
  signalBefore(DE);
  return bits;
}

function seen32(bits: u32): u32 {
  if (!isDenormal32(bits)) return bits;
  if (load<u32>(MXCSR) & DAZ) return bits & 0x80000000;
  signalBefore(DE);
  return bits;
}

/** Compares as UCOMISD (`ordered` false: only a signalling NaN is IE) or COMISD (any NaN is): ZF, PF, CF of RFLAGS. */
export function sseCompare64(a: u64, b: u64, ordered: bool): u32 {
  const nanA = isNan64(a);
  const nanB = isNan64(b);
  if (nanA || nanB) {
    if (ordered || (nanA && isSignalling64(a)) || (nanB && isSignalling64(b))) signalBefore(IE);
    return UNORDERED;
  }
  const x = reinterpret<f64>(seen64(a));
  const y = reinterpret<f64>(seen64(b));
  return x < y ? LESS : x == y ? EQUAL : GREATER;
}

/** Compares as UCOMISS or COMISS: ZF, PF, CF of RFLAGS. */
export function sseCompare32(a: u32, b: u32, ordered: bool): u32 {
  const nanA = isNan32(a);
  const nanB = isNan32(b);
  if (nanA || nanB) {
    if (ordered || (nanA && isSignalling32(a)) || (nanB && isSignalling32(b))) signalBefore(IE);
    return UNORDERED;
  }
  const x = reinterpret<f32>(seen32(a));
  const y = reinterpret<f32>(seen32(b));
  return x < y ? LESS : x == y ? EQUAL : GREATER;
}

/** LT, LE and their negations (1, 2, 5, 6) signal quiet NaNs too. */
// @ts-ignore: decorator
@inline
function orderedPredicate(predicate: u32): bool {
  return ((predicate + 1) & 2) != 0;
}

function holds(relation: u32, predicate: u32): bool {
  let value: bool;
  switch (predicate & 3) {
    case 0:
      value = relation == EQUAL;
      break;
    case 1:
      value = relation == LESS;
      break;
    case 2:
      value = relation == LESS || relation == EQUAL;
      break;
    default:
      value = relation == UNORDERED;
  }
  return value != (predicate & 4) > 0;
}

/** CMPSD with predicate 0..7: EQ LT LE UNORD NEQ NLT NLE ORD. */
export function ssePredicate64(a: u64, b: u64, predicate: u32): bool {
  return holds(sseCompare64(a, b, orderedPredicate(predicate)), predicate);
}

/** CMPSS with predicate 0..7. */
export function ssePredicate32(a: u32, b: u32, predicate: u32): bool {
  return holds(sseCompare32(a, b, orderedPredicate(predicate)), predicate);
}

/** MINSD: the second operand where either is a NaN or both are zeros. */
export function sseMin64(a: u64, b: u64): u64 {
  const relation = sseCompare64(a, b, true);
  return flushed64(relation == LESS ? a : b);
}

/** MAXSD. */
export function sseMax64(a: u64, b: u64): u64 {
  const relation = sseCompare64(a, b, true);
  return flushed64(relation == GREATER ? a : b);
}

/** MINSS. */
export function sseMin32(a: u32, b: u32): u32 {
  const relation = sseCompare32(a, b, true);
  return flushed32(relation == LESS ? a : b);
}

/** MAXSS. */
export function sseMax32(a: u32, b: u32): u32 {
  const relation = sseCompare32(a, b, true);
  return flushed32(relation == GREATER ? a : b);
}

/** With DAZ a denormal that is passed on is a zero. */
// @ts-ignore: decorator
@inline
function flushed64(bits: u64): u64 {
  return isDenormal64(bits) && (load<u32>(MXCSR) & DAZ) != 0 ? bits & 0x8000000000000000 : bits;
}
// @ts-ignore: decorator
@inline
function flushed32(bits: u32): u32 {
  return isDenormal32(bits) && (load<u32>(MXCSR) & DAZ) != 0 ? bits & 0x80000000 : bits;
}
