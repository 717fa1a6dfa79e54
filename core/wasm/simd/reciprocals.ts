/**
 * RCPPS, RSQRTPS and their scalar forms. They never signal and ignore MXCSR. The architecture leaves the low bits of the
 * approximation open (relative error up to 1.5 × 2^-12): here it is the correctly rounded value, on every machine.
 */
import { faulted } from '../fault';
import { source128, source32, xmmReg } from './operands';

const SIGN: u32 = 0x80000000;
const INFINITY: u32 = 0x7f800000;
const QUIET_BIT: u32 = 0x00400000;
const DEFAULT_NAN: u32 = 0xffc00000;
const SMALLEST_NORMAL: u32 = 0x00800000;

/** Tiny operands are zeros, tiny results too. */
function reciprocal(bits: u32): u32 {
  const magnitude = bits & ~SIGN;
  if (magnitude > INFINITY) return bits | QUIET_BIT;
  if (magnitude < SMALLEST_NORMAL) return (bits & SIGN) | INFINITY;
  const result = reinterpret<u32>(<f32>1 / reinterpret<f32>(bits));
  return (result & ~SIGN) < SMALLEST_NORMAL ? result & SIGN : result;
}

function reciprocalRoot(bits: u32): u32 {
  const magnitude = bits & ~SIGN;
  if (magnitude > INFINITY) return bits | QUIET_BIT;
  if (magnitude < SMALLEST_NORMAL) return (bits & SIGN) | INFINITY;
  if (bits & SIGN) return DEFAULT_NAN;
  return reinterpret<u32>(<f32>(1 / sqrt<f64>(<f64>reinterpret<f32>(bits))));
}

// @ts-ignore: decorator
@inline
function approximate(root: bool, bits: u32): u32 {
  return root ? reciprocalRoot(bits) : reciprocal(bits);
}

/** RCPSS and, with `root`, RSQRTSS. */
export function reciprocalSingle(p: u32, root: bool): void {
  const value = source32(p);
  if (!faulted()) store<u32>(xmmReg(p), approximate(root, value));
}

/** RCPPS and, with `root`, RSQRTPS. */
export function reciprocalSingles(p: u32, root: bool): void {
  const value = source128(p);
  if (faulted()) return;
  const r0 = approximate(root, i32x4.extract_lane(value, 0));
  const r1 = approximate(root, i32x4.extract_lane(value, 1));
  const r2 = approximate(root, i32x4.extract_lane(value, 2));
  const r3 = approximate(root, i32x4.extract_lane(value, 3));
  v128.store(xmmReg(p), i32x4(r0, r1, r2, r3));
}
