/**
 * ADD SUB MUL DIV SQRT of SSE. Each tries the host's arithmetic, where result and flags are certain to be the same: the
 * ordinary mode, normal operands (or zeros), a result far from overflow and underflow, and exactness that is known.
 */
import { MXCSR } from '../layout';
import {
  addOperands,
  divideOperands,
  multiplyOperands,
  rootOperand,
  setFirst,
  setSecond,
} from './arithmetic';
import { kind, pack32, pack64, unpack32, unpack64, QUIET, SIGNALLING } from './pack';
import { deliverNan, setDestination } from './round';
import { significand, sign } from './pack';
import {
  enterSse,
  isNormal32,
  isNormal64,
  isSafe32,
  isSafe64,
  isZero32,
  isZero64,
  ordinaryMode,
  precisionLost,
} from './sse-environment';
import { IE, PE, signalAfter, signalBefore } from './status';

const ADD: u32 = 0;
const SUBTRACT: u32 = 1;
const MULTIPLY: u32 = 2;
const DIVIDE: u32 = 3;

function compute(operation: u32): void {
  switch (operation) {
    case ADD:
    case SUBTRACT:
      addOperands(operation);
      break;
    case MULTIPLY:
      multiplyOperands();
      break;
    default:
      divideOperands();
  }
}

// @ts-ignore: decorator
@inline
function isNanKind(): bool {
  return kind == QUIET || kind == SIGNALLING;
}

function exact64(operation: u32, a: u64, b: u64): u64 {
  enterSse();
  setDestination(53, 1023);
  unpack64(b);
  setSecond();
  const signalling = kind == SIGNALLING;
  const nan = isNanKind();
  unpack64(a);
  if (nan || isNanKind()) {
    // The first operand wins if it is a NaN at all (SDM vol. 1, table 4-7).
    if (signalling || kind == SIGNALLING) signalBefore(IE);
    if (!isNanKind()) unpack64(b);
    deliverNan(sign, significand);
    return pack64();
  }
  setFirst();
  compute(operation);
  return pack64();
}

function exact32(operation: u32, a: u32, b: u32): u32 {
  enterSse();
  setDestination(24, 127);
  unpack32(b);
  setSecond();
  const signalling = kind == SIGNALLING;
  const nan = isNanKind();
  unpack32(a);
  if (nan || isNanKind()) {
    if (signalling || kind == SIGNALLING) signalBefore(IE);
    if (!isNanKind()) unpack32(b);
    deliverNan(sign, significand);
    return pack32();
  }
  setFirst();
  compute(operation);
  return pack32();
}

// @ts-ignore: decorator
@inline
function ordinary64(bits: u64): bool {
  return isNormal64(bits) || isZero64(bits);
}
// @ts-ignore: decorator
@inline
function ordinary32(bits: u32): bool {
  return isNormal32(bits) || isZero32(bits);
}

/** What the sum x + y = sum lost is computable without error (Knuth's two-sum). */
// @ts-ignore: decorator
@inline
function lost<T>(x: T, y: T, sum: T): bool {
  const back = sum - x;
  return x - (sum - back) + (y - back) != <T>0;
}

export function sseAdd64(a: u64, b: u64): u64 {
  const mxcsr = load<u32>(MXCSR);
  if (ordinaryMode(mxcsr) && ordinary64(a) && ordinary64(b)) {
    const x = reinterpret<f64>(a);
    const y = reinterpret<f64>(b);
    const sum = x + y;
    const bits = reinterpret<u64>(sum);
    // A sum of normal numbers that is 0 is exact.
    if (isSafe64(bits) || isZero64(bits)) {
      if (!precisionLost(mxcsr) && lost<f64>(x, y, sum)) signalAfter(PE);
      return bits;
    }
  }
  return exact64(ADD, a, b);
}

export function sseSub64(a: u64, b: u64): u64 {
  const mxcsr = load<u32>(MXCSR);
  if (ordinaryMode(mxcsr) && ordinary64(a) && ordinary64(b)) {
    const x = reinterpret<f64>(a);
    const y = reinterpret<f64>(b);
    const difference = x - y;
    const bits = reinterpret<u64>(difference);
    if (isSafe64(bits) || isZero64(bits)) {
      if (!precisionLost(mxcsr) && lost<f64>(x, -y, difference)) signalAfter(PE);
      return bits;
    }
  }
  return exact64(SUBTRACT, a, b);
}

/** Whether the significant bits of two float64 are so few that their product is exact. */
// @ts-ignore: decorator
@inline
function shortProduct64(a: u64, b: u64): bool {
  return ctz<u64>(a | 0x0010000000000000) + ctz<u64>(b | 0x0010000000000000) >= 53;
}

export function sseMul64(a: u64, b: u64): u64 {
  const mxcsr = load<u32>(MXCSR);
  if (ordinaryMode(mxcsr) && isNormal64(a) && isNormal64(b)) {
    const bits = reinterpret<u64>(reinterpret<f64>(a) * reinterpret<f64>(b));
    if (isSafe64(bits) && (precisionLost(mxcsr) || shortProduct64(a, b))) return bits;
  }
  return exact64(MULTIPLY, a, b);
}

export function sseDiv64(a: u64, b: u64): u64 {
  const mxcsr = load<u32>(MXCSR);
  if (ordinaryMode(mxcsr) && precisionLost(mxcsr) && isNormal64(a) && isNormal64(b)) {
    const bits = reinterpret<u64>(reinterpret<f64>(a) / reinterpret<f64>(b));
    if (isSafe64(bits)) return bits;
  }
  return exact64(DIVIDE, a, b);
}

export function sseSqrt64(a: u64): u64 {
  const mxcsr = load<u32>(MXCSR);
  if (ordinaryMode(mxcsr) && precisionLost(mxcsr) && isNormal64(a) && <i64>a > 0)
    return reinterpret<u64>(sqrt<f64>(reinterpret<f64>(a)));
  enterSse();
  setDestination(53, 1023);
  unpack64(a);
  if (isNanKind()) {
    if (kind == SIGNALLING) signalBefore(IE);
    deliverNan(sign, significand);
    return pack64();
  }
  setFirst();
  rootOperand();
  return pack64();
}

export function sseAdd32(a: u32, b: u32): u32 {
  const mxcsr = load<u32>(MXCSR);
  if (ordinaryMode(mxcsr) && ordinary32(a) && ordinary32(b)) {
    const x = reinterpret<f32>(a);
    const y = reinterpret<f32>(b);
    const sum = x + y;
    const bits = reinterpret<u32>(sum);
    if (isSafe32(bits) || isZero32(bits)) {
      if (!precisionLost(mxcsr) && lost<f32>(x, y, sum)) signalAfter(PE);
      return bits;
    }
  }
  return exact32(ADD, a, b);
}

export function sseSub32(a: u32, b: u32): u32 {
  const mxcsr = load<u32>(MXCSR);
  if (ordinaryMode(mxcsr) && ordinary32(a) && ordinary32(b)) {
    const x = reinterpret<f32>(a);
    const y = reinterpret<f32>(b);
    const difference = x - y;
    const bits = reinterpret<u32>(difference);
    if (isSafe32(bits) || isZero32(bits)) {
      if (!precisionLost(mxcsr) && lost<f32>(x, -y, difference)) signalAfter(PE);
      return bits;
    }
  }
  return exact32(SUBTRACT, a, b);
}

export function sseMul32(a: u32, b: u32): u32 {
  const mxcsr = load<u32>(MXCSR);
  if (ordinaryMode(mxcsr) && isNormal32(a) && isNormal32(b)) {
    const product = reinterpret<f32>(a) * reinterpret<f32>(b);
    const bits = reinterpret<u32>(product);
    if (isSafe32(bits)) {
      // 24 × 24 bits fit in a float64.
      const whole = <f64>reinterpret<f32>(a) * <f64>reinterpret<f32>(b);
      if (!precisionLost(mxcsr) && <f64>product != whole) signalAfter(PE);
      return bits;
    }
  }
  return exact32(MULTIPLY, a, b);
}

export function sseDiv32(a: u32, b: u32): u32 {
  const mxcsr = load<u32>(MXCSR);
  if (ordinaryMode(mxcsr) && precisionLost(mxcsr) && isNormal32(a) && isNormal32(b)) {
    const bits = reinterpret<u32>(reinterpret<f32>(a) / reinterpret<f32>(b));
    if (isSafe32(bits)) return bits;
  }
  return exact32(DIVIDE, a, b);
}

export function sseSqrt32(a: u32): u32 {
  const mxcsr = load<u32>(MXCSR);
  if (ordinaryMode(mxcsr) && precisionLost(mxcsr) && isNormal32(a) && <i32>a > 0)
    return reinterpret<u32>(sqrt<f32>(reinterpret<f32>(a)));
  enterSse();
  setDestination(24, 127);
  unpack32(a);
  if (isNanKind()) {
    if (kind == SIGNALLING) signalBefore(IE);
    deliverNan(sign, significand);
    return pack32();
  }
  setFirst();
  rootOperand();
  return pack32();
}
