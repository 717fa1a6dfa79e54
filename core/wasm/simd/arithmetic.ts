/**
 * Floating-point arithmetic on vectors and scalars: lane by lane through float/sse.ts. An operation is an opcode of the
 * 0F map (51 SQRT, 58 ADD, 59 MUL, 5C SUB, 5D MIN, 5E DIV, 5F MAX), or COMPARE + predicate.
 */
import { faulted } from '../fault';
import {
  sseAdd32,
  sseAdd64,
  sseDiv32,
  sseDiv64,
  sseMax32,
  sseMax64,
  sseMin32,
  sseMin64,
  sseMul32,
  sseMul64,
  ssePredicate32,
  ssePredicate64,
  sseSqrt32,
  sseSqrt64,
  sseSub32,
  sseSub64,
} from '../float/sse';
import { simdException, source128, source32, source64, xmmReg } from './operands';

const ADD: u32 = 0x58;
const SUBTRACT: u32 = 0x5c;
/** Results are all ones or zeros. */
export const COMPARE: u32 = 0x100;

function compute32(operation: u32, a: u32, b: u32): u32 {
  switch (operation) {
    case 0x51:
      return sseSqrt32(b);
    case ADD:
      return sseAdd32(a, b);
    case 0x59:
      return sseMul32(a, b);
    case SUBTRACT:
      return sseSub32(a, b);
    case 0x5d:
      return sseMin32(a, b);
    case 0x5e:
      return sseDiv32(a, b);
    case 0x5f:
      return sseMax32(a, b);
    default:
      return ssePredicate32(a, b, operation & 7) ? 0xffffffff : 0;
  }
}

function compute64(operation: u32, a: u64, b: u64): u64 {
  switch (operation) {
    case 0x51:
      return sseSqrt64(b);
    case ADD:
      return sseAdd64(a, b);
    case 0x59:
      return sseMul64(a, b);
    case SUBTRACT:
      return sseSub64(a, b);
    case 0x5d:
      return sseMin64(a, b);
    case 0x5e:
      return sseDiv64(a, b);
    case 0x5f:
      return sseMax64(a, b);
    default:
      return ssePredicate64(a, b, operation & 7) ? 0xffffffffffffffff : 0;
  }
}

/** `operation` on even lanes may differ from that on odd ones (ADDSUBPS). */
function singles(even: u32, odd: u32, a: v128, b: v128): v128 {
  const r0 = compute32(even, i32x4.extract_lane(a, 0), i32x4.extract_lane(b, 0));
  const r1 = compute32(odd, i32x4.extract_lane(a, 1), i32x4.extract_lane(b, 1));
  const r2 = compute32(even, i32x4.extract_lane(a, 2), i32x4.extract_lane(b, 2));
  const r3 = compute32(odd, i32x4.extract_lane(a, 3), i32x4.extract_lane(b, 3));
  return i32x4(r0, r1, r2, r3);
}

function doubles(even: u32, odd: u32, a: v128, b: v128): v128 {
  const r0 = compute64(even, i64x2.extract_lane(a, 0), i64x2.extract_lane(b, 0));
  const r1 = compute64(odd, i64x2.extract_lane(a, 1), i64x2.extract_lane(b, 1));
  return i64x2(r0, r1);
}

/** Writes the destination unless the operation met an unmasked exception. */
function finish(p: u32, result: v128): void {
  if (!simdException()) v128.store(xmmReg(p), result);
}

/** ADDPS, CMPPS and so on. */
export function packedSingles(p: u32, operation: u32): void {
  const b = source128(p);
  if (!faulted()) finish(p, singles(operation, operation, v128.load(xmmReg(p)), b));
}

/** ADDPD, CMPPD and so on. */
export function packedDoubles(p: u32, operation: u32): void {
  const b = source128(p);
  if (!faulted()) finish(p, doubles(operation, operation, v128.load(xmmReg(p)), b));
}

/** ADDSS, CMPSS and so on: the rest of the destination stays. */
export function scalarSingle(p: u32, operation: u32): void {
  const b = source32(p);
  if (faulted()) return;
  const result = compute32(operation, load<u32>(xmmReg(p)), b);
  if (!simdException()) store<u32>(xmmReg(p), result);
}

/** ADDSD, CMPSD and so on. */
export function scalarDouble(p: u32, operation: u32): void {
  const b = source64(p);
  if (faulted()) return;
  const result = compute64(operation, load<u64>(xmmReg(p)), b);
  if (!simdException()) store<u64>(xmmReg(p), result);
}

/** HADDPS (`operation` 58) and HSUBPS (5C): neighbours of the destination, then of the source. */
export function horizontalSingles(p: u32, operation: u32): void {
  const b = source128(p);
  if (faulted()) return;
  const a = v128.load(xmmReg(p));
  const even = i32x4.shuffle(a, b, 0, 2, 4, 6);
  finish(p, singles(operation, operation, even, i32x4.shuffle(a, b, 1, 3, 5, 7)));
}

/** HADDPD and HSUBPD. */
export function horizontalDoubles(p: u32, operation: u32): void {
  const b = source128(p);
  if (faulted()) return;
  const a = v128.load(xmmReg(p));
  const even = i64x2.shuffle(a, b, 0, 2);
  finish(p, doubles(operation, operation, even, i64x2.shuffle(a, b, 1, 3)));
}

/** ADDSUBPS. */
export function alternateSingles(p: u32): void {
  const b = source128(p);
  if (!faulted()) finish(p, singles(SUBTRACT, ADD, v128.load(xmmReg(p)), b));
}

/** ADDSUBPD. */
export function alternateDoubles(p: u32): void {
  const b = source128(p);
  if (!faulted()) finish(p, doubles(SUBTRACT, ADD, v128.load(xmmReg(p)), b));
}

/** A product where bit `bit` of the immediate says so, else +0. */
function chosenProduct32(control: u32, bit: u32, a: u32, b: u32): u32 {
  return (control >> bit) & 1 ? sseMul32(a, b) : 0;
}

/** DPPS: the products' exceptions stop the instruction before it adds. Which lanes get the sum: bits 0..3. */
export function dotSingles(p: u32, control: u32): void {
  const b = source128(p);
  if (faulted()) return;
  const a = v128.load(xmmReg(p));
  const p0 = chosenProduct32(control, 4, i32x4.extract_lane(a, 0), i32x4.extract_lane(b, 0));
  const p1 = chosenProduct32(control, 5, i32x4.extract_lane(a, 1), i32x4.extract_lane(b, 1));
  const p2 = chosenProduct32(control, 6, i32x4.extract_lane(a, 2), i32x4.extract_lane(b, 2));
  const p3 = chosenProduct32(control, 7, i32x4.extract_lane(a, 3), i32x4.extract_lane(b, 3));
  if (simdException()) return;
  const low = sseAdd32(p0, p1);
  const high = sseAdd32(p2, p3);
  if (simdException()) return;
  const sum = sseAdd32(low, high);
  const lanes = i32x4(1, 2, 4, 8);
  finish(p, v128.and(i32x4.splat(sum), i32x4.eq(v128.and(i32x4.splat(control), lanes), lanes)));
}

/** DPPD. */
export function dotDoubles(p: u32, control: u32): void {
  const b = source128(p);
  if (faulted()) return;
  const a = v128.load(xmmReg(p));
  const p0 = control & 16 ? sseMul64(i64x2.extract_lane(a, 0), i64x2.extract_lane(b, 0)) : 0;
  const p1 = control & 32 ? sseMul64(i64x2.extract_lane(a, 1), i64x2.extract_lane(b, 1)) : 0;
  if (simdException()) return;
  const sum = sseAdd64(p0, p1);
  const lanes = i64x2(1, 2);
  finish(p, v128.and(i64x2.splat(sum), i64x2.eq(v128.and(i64x2.splat(control), lanes), lanes)));
}
