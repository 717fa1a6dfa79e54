/** Conversions of SSE: between the formats, to and from integers, and to integral values. */
import { MXCSR } from '../layout';
import { setFirst } from './arithmetic';
import { deliverValue } from './convert';
import { deliverInteger, deliverIntegral, toInteger } from './integer';
import { QUIET, SIGNALLING, kind, pack32, pack64, sign, significand, unpack32, unpack64 } from './pack';
import { deliverNan, setDestination } from './round';
import { enterSse, isNormal32, isNormal64, isSafe32, isZero32, ordinaryMode } from './sse-environment';
import { IE, PE, TO_ZERO, setRounding, signalAfter, signalBefore } from './status';

/** CVTSD2SS. */
export function sse64To32(a: u64): u32 {
  if (ordinaryMode(load<u32>(MXCSR)) && isNormal64(a)) {
    const narrow = <f32>reinterpret<f64>(a);
    const bits = reinterpret<u32>(narrow);
    if (isSafe32(bits)) {
      if (<f64>narrow != reinterpret<f64>(a)) signalAfter(PE);
      return bits;
    }
  }
  enterSse();
  setDestination(24, 127);
  unpack64(a);
  deliverValue(true);
  return pack32();
}

/** CVTSS2SD. */
export function sse32To64(a: u32): u64 {
  if (isNormal32(a) || isZero32(a)) return reinterpret<u64>(<f64>reinterpret<f32>(a));
  enterSse();
  setDestination(53, 1023);
  unpack32(a);
  deliverValue(true);
  return pack64();
}

/** CVTSI2SD from 32 bits: always exact. */
// @ts-ignore: decorator
@inline
export function sseI32To64(value: i32): u64 {
  return reinterpret<u64>(<f64>value);
}

/** CVTSI2SD from 64 bits. */
export function sseI64To64(value: i64): u64 {
  if (<u64>(value + ((<i64>1) << 53)) <= (<u64>1) << 54) return reinterpret<u64>(<f64>value);
  enterSse();
  setDestination(53, 1023);
  deliverInteger(value);
  return pack64();
}

/** CVTSI2SS from 64 bits, or from 32, sign-extended. */
export function sseI64To32(value: i64): u32 {
  if (<u64>(value + (1 << 24)) <= 1 << 25) return reinterpret<u32>(<f32>value);
  enterSse();
  setDestination(24, 127);
  deliverInteger(value);
  return pack32();
}

/** CVTSD2SI, and CVTTSD2SI when `truncate`, to 32 bits. */
export function sse64ToI32(a: u64, truncate: bool): u32 {
  const x = reinterpret<f64>(a);
  if (ordinaryMode(load<u32>(MXCSR)) && isNormal64(a)) {
    const whole = truncate ? trunc<f64>(x) : nearest<f64>(x);
    if (whole >= -2147483648.0 && whole <= 2147483647.0) {
      if (whole != x) signalAfter(PE);
      return <u32>(<i32>whole);
    }
  }
  return <u32>integer64(a, truncate, 32);
}

/** CVTSD2SI and CVTTSD2SI to 64 bits. */
export function sse64ToI64(a: u64, truncate: bool): u64 {
  const x = reinterpret<f64>(a);
  if (ordinaryMode(load<u32>(MXCSR)) && isNormal64(a)) {
    const whole = truncate ? trunc<f64>(x) : nearest<f64>(x);
    if (abs<f64>(whole) < 9223372036854775808.0) {
      if (whole != x) signalAfter(PE);
      return <u64>(<i64>whole);
    }
  }
  return integer64(a, truncate, 64);
}

/** CVTSS2SI and CVTTSS2SI to 32 bits. */
export function sse32ToI32(a: u32, truncate: bool): u32 {
  const x = <f64>reinterpret<f32>(a);
  if (ordinaryMode(load<u32>(MXCSR)) && isNormal32(a)) {
    const whole = truncate ? trunc<f64>(x) : nearest<f64>(x);
    if (whole >= -2147483648.0 && whole <= 2147483647.0) {
      if (whole != x) signalAfter(PE);
      return <u32>(<i32>whole);
    }
  }
  return <u32>integer32(a, truncate, 32);
}

/** CVTSS2SI and CVTTSS2SI to 64 bits. */
export function sse32ToI64(a: u32, truncate: bool): u64 {
  return integer32(a, truncate, 64);
}

function integer64(a: u64, truncate: bool, bits: u32): u64 {
  enterSse();
  if (truncate) setRounding(TO_ZERO);
  unpack64(a);
  setFirst();
  return toInteger(bits);
}

function integer32(a: u32, truncate: bool, bits: u32): u64 {
  enterSse();
  if (truncate) setRounding(TO_ZERO);
  unpack32(a);
  setFirst();
  return toInteger(bits);
}

/** imm8 of ROUNDSx: bits 0..1 the rounding, unless bit 2 says MXCSR's; bit 3: no PE. */
function round(imm8: u32): void {
  if (!(imm8 & 4)) setRounding(imm8 & 3);
  if (kind == SIGNALLING) signalBefore(IE);
  if (kind == SIGNALLING || kind == QUIET) {
    deliverNan(sign, significand);
    return;
  }
  setFirst();
  deliverIntegral(!(imm8 & 8));
}

/** ROUNDSD. */
export function sseRound64(a: u64, imm8: u32): u64 {
  enterSse();
  setDestination(53, 1023);
  unpack64(a);
  round(imm8);
  return pack64();
}

/** ROUNDSS. */
export function sseRound32(a: u32, imm8: u32): u32 {
  enterSse();
  setDestination(24, 127);
  unpack32(a);
  round(imm8);
  return pack32();
}
