/**
 * Exact arithmetic on two operands taken apart: sum, product, quotient, root. The operands are not NaNs (each family
 * has rules of its own for those) nor unsupported. DE is signalled here, after what comes before it in priority.
 */
import { DENORMAL, FINITE, INFINITE, ZERO, exponent, kind, sign, significand } from './pack';
import { INTEGER_BIT, deliver, deliverDefaultNan, deliverInfinity, deliverZero } from './round';
import { DE, DOWN, IE, ZE, rounding, signalBefore } from './status';
import { divide128, multiply64, remainder, shiftRightJam, squareRoot128, upper } from './wide';

/** First and second operand. */
export let aKind: u32 = 0;
export let aSign: u32 = 0;
export let aExponent: i32 = 0;
export let aSignificand: u64 = 0;
export let bKind: u32 = 0;
export let bSign: u32 = 0;
export let bExponent: i32 = 0;
export let bSignificand: u64 = 0;

/** Makes the value taken apart last the first operand. */
export function setFirst(): void {
  aKind = kind;
  aSign = sign;
  aExponent = exponent;
  aSignificand = significand;
}

/** Makes the value taken apart last the second operand. */
export function setSecond(): void {
  bKind = kind;
  bSign = sign;
  bExponent = exponent;
  bSignificand = significand;
}

/** Exchanges the operands. */
export function exchange(): void {
  const k = aKind;
  const s = aSign;
  const e = aExponent;
  const f = aSignificand;
  aKind = bKind;
  aSign = bSign;
  aExponent = bExponent;
  aSignificand = bSignificand;
  bKind = k;
  bSign = s;
  bExponent = e;
  bSignificand = f;
}

function invalid(): void {
  signalBefore(IE);
  deliverDefaultNan();
}

function noteDenormals(): void {
  if (aKind == DENORMAL || bKind == DENORMAL) signalBefore(DE);
}

/** a + b, or a - b when `negate` is 1. */
export function addOperands(negate: u32): void {
  const otherSign = bSign ^ negate;
  if (aKind == INFINITE) {
    if (bKind == INFINITE && aSign != otherSign) {
      invalid();
      return;
    }
    noteDenormals();
    deliverInfinity(aSign);
    return;
  }
  noteDenormals();
  if (bKind == INFINITE) deliverInfinity(otherSign);
  else if (bKind == ZERO) {
    if (aKind != ZERO) deliver(aSign, aExponent, aSignificand, 0);
    else deliverZero(aSign == otherSign ? aSign : <u32>(rounding == DOWN));
  } else if (aKind == ZERO) deliver(otherSign, bExponent, bSignificand, 0);
  else if (aExponent > bExponent || (aExponent == bExponent && aSignificand >= bSignificand))
    addSorted(aSign, aExponent, aSignificand, otherSign, bExponent, bSignificand);
  else addSorted(otherSign, bExponent, bSignificand, aSign, aExponent, aSignificand);
}

/** The sum of two numbers, the first of greater or equal magnitude. */
function addSorted(signA: u32, exponentA: i32, a: u64, signB: u32, exponentB: i32, b: u64): void {
  let low = shiftRightJam(b, 0, exponentA - exponentB);
  let high = upper;
  if (signA == signB) {
    high += a;
    if (high < a) {
      low = shiftRightJam(high, low, 1);
      deliver(signA, exponentA + 1, upper | INTEGER_BIT, low);
    } else deliver(signA, exponentA, high, low);
    return;
  }
  high = a - high - <u64>(low != 0);
  low = -low;
  if ((high | low) == 0) {
    deliverZero(<u32>(rounding == DOWN));
    return;
  }
  let shift: u32 = 0;
  if (high == 0) {
    shift = 64;
    high = low;
    low = 0;
  }
  const more = <u32>clz<u64>(high);
  if (more != 0) {
    high = (high << more) | (low >> (64 - more));
    low <<= more;
  }
  deliver(signA, exponentA - <i32>(shift + more), high, low);
}

/** a × b. */
export function multiplyOperands(): void {
  const sign = aSign ^ bSign;
  if ((aKind == INFINITE && bKind == ZERO) || (aKind == ZERO && bKind == INFINITE)) {
    invalid();
    return;
  }
  noteDenormals();
  if (aKind == INFINITE || bKind == INFINITE) deliverInfinity(sign);
  else if (aKind == ZERO || bKind == ZERO) deliverZero(sign);
  else {
    const low = multiply64(aSignificand, bSignificand);
    const high = upper;
    if (high & INTEGER_BIT) deliver(sign, aExponent + bExponent + 1, high, low);
    else deliver(sign, aExponent + bExponent, (high << 1) | (low >> 63), low << 1);
  }
}

/** a ÷ b. */
export function divideOperands(): void {
  const sign = aSign ^ bSign;
  if (aKind == bKind && (aKind == ZERO || aKind == INFINITE)) {
    invalid();
    return;
  }
  if (bKind == ZERO && (aKind == FINITE || aKind == DENORMAL)) {
    signalBefore(ZE);
    deliverInfinity(sign);
    return;
  }
  noteDenormals();
  if (aKind == INFINITE || bKind == ZERO) deliverInfinity(sign);
  else if (aKind == ZERO || bKind == INFINITE) deliverZero(sign);
  else divideFinite(sign);
}

function divideFinite(sign: u32): void {
  const least = <i32>(aSignificand < bSignificand);
  const quotient = least
    ? divide128(aSignificand, 0, bSignificand)
    : divide128(aSignificand >> 1, aSignificand << 63, bSignificand);
  deliver(sign, aExponent - bExponent - least, quotient, tail(remainder, bSignificand - remainder));
}

/** The bits below a quotient or root: what is left compared with what is missing to one more unit. */
// @ts-ignore: decorator
@inline
function tail(left: u64, missing: u64): u64 {
  if (left == 0) return 0;
  return left < missing ? 1 : left == missing ? INTEGER_BIT : INTEGER_BIT | 1;
}

/** √a. */
export function rootOperand(): void {
  if (aKind == ZERO) {
    deliverZero(aSign);
    return;
  }
  if (aSign) {
    invalid();
    return;
  }
  if (aKind == DENORMAL) signalBefore(DE);
  if (aKind == INFINITE) {
    deliverInfinity(0);
    return;
  }
  const odd = aExponent & 1;
  const root = odd ? squareRoot128(aSignificand, 0) : squareRoot128(aSignificand >> 1, aSignificand << 63);
  // The root's remainder is at most 2 × root; above root means more than half a unit.
  const rest = upper != 0 || remainder > root ? INTEGER_BIT | 1 : <u64>(remainder != 0);
  deliver(0, aExponent >> 1, root, rest);
}
