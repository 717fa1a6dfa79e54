/** FPREM, FPREM1, FSCALE, FXTRACT. */
import {
  aExponent,
  aKind,
  aSign,
  aSignificand,
  bExponent,
  bKind,
  bSign,
  bSignificand,
} from '../float/arithmetic';
import { DENORMAL, INFINITE, ZERO, packSignExponent } from '../float/pack';
import {
  INTEGER_BIT,
  deliver,
  deliverDefaultNan,
  deliverInfinity,
  deliverZero,
  resultSignificand,
} from '../float/round';
import { deliverInteger } from '../float/integer';
import { DE, IE, ZE, signalBefore } from '../float/status';
import { FSW } from '../layout';
import { deliverNanOfBoth, deliverNanOfFirst } from './nan';
import {
  isEmpty,
  push,
  setRegister,
  setResult,
  stackOverflow,
  stackUnderflow,
  takeFirst,
  takeSecond,
} from './stack';
import { C0, C1, C2, C3, commit, enter, setConditions } from './status';

/** Conditions of a remainder that is a NaN: C0 and C3 stay as they were. */
const NO_QUOTIENT: u32 = 0xffffffff;

function invalid(): void {
  signalBefore(IE);
  deliverDefaultNan();
}

/** FPREM (truncating) or FPREM1 (to nearest): ST(0) becomes its remainder by ST(1), or at least smaller. */
export function remainder(nearest: bool): void {
  enter();
  let conditions = NO_QUOTIENT;
  if (isEmpty(0) || isEmpty(1)) stackUnderflow();
  else {
    takeFirst(0);
    takeSecond(1);
    if (!deliverNanOfBoth()) conditions = remainderOfNumbers(nearest);
  }
  store<u16>(FSW, load<u16>(FSW) & ~C2);
  if (!commit()) return;
  if (conditions != NO_QUOTIENT) setConditions(conditions);
  setResult(0);
}

function remainderOfNumbers(nearest: bool): u32 {
  if (aKind == INFINITE || bKind == ZERO) {
    invalid();
    return NO_QUOTIENT;
  }
  if (aKind == DENORMAL || bKind == DENORMAL) signalBefore(DE);
  if (aKind == ZERO) {
    deliverZero(aSign);
    return 0;
  }
  if (bKind == INFINITE || aExponent < bExponent - 1) {
    deliver(aSign, aExponent, aSignificand, 0);
    return 0;
  }
  return divideDown(nearest);
}

/**
 * Long division, at most 63 bits of the quotient at a time: where the exponents lie further apart, 32 to 63 bits are
 * taken off, as many as leave a multiple of 32, and C2 says that it is not done.
 */
function divideDown(nearest: bool): u32 {
  const distance = aExponent - bExponent;
  const partial = distance >= 64;
  const steps = partial ? (distance & 31) | 32 : distance;
  const unit = bExponent + (partial ? distance - steps : 0);
  let rest = aSignificand;
  let quotient: u64 = 0;
  if (steps >= 0) {
    let above: u64 = 0;
    for (let step = steps; ; step--) {
      quotient <<= 1;
      if (above || rest >= bSignificand) {
        rest -= bSignificand;
        quotient |= 1;
      }
      if (step == 0) break;
      above = rest >> 63;
      rest <<= 1;
    }
  }
  if (partial) {
    deliverRest(aSign, rest, unit);
    return C2;
  }
  let sign = aSign;
  // One step before the first bit of the quotient: the operand itself, against half the divisor.
  const half = steps < 0 ? aSignificand : rest;
  if (nearest && aboveHalf(half, steps < 0, (quotient & 1) != 0)) {
    sign ^= 1;
    quotient++;
    if (steps < 0) {
      // 2b - a in units one bit finer than the operand's.
      deliverHalves(sign, aSignificand, unit);
      return quotientBits(quotient);
    }
    rest = bSignificand - rest;
  }
  if (steps < 0) deliver(aSign, aExponent, aSignificand, 0);
  else deliverRest(sign, rest, unit);
  return quotientBits(quotient);
}

/** Whether a remainder is above half the divisor, or half of it with an odd quotient. `halved`: it is in half units. */
function aboveHalf(rest: u64, halved: bool, odd: bool): bool {
  if (halved) return rest > bSignificand;
  const missing = bSignificand - rest;
  return rest > missing || (rest == missing && odd);
}

/** Delivers 2 × b - a, where a's exponent is one less than b's: a is above half of b. */
function deliverHalves(sign: u32, a: u64, unit: i32): void {
  // 2b - a < b, for a > b: no overflow when written b - (a - b).
  deliverRest(sign, bSignificand - (a - bSignificand), unit - 1);
}

function deliverRest(sign: u32, rest: u64, unit: i32): void {
  if (rest == 0) {
    deliverZero(aSign);
    return;
  }
  const shift = <i32>clz<u64>(rest);
  deliver(sign, unit - shift, rest << shift, 0);
}

/** The three lowest bits of the quotient, as C0 C3 C1. */
function quotientBits(quotient: u64): u32 {
  return (quotient & 4 ? C0 : 0) | (quotient & 2 ? C3 : 0) | (quotient & 1 ? C1 : 0);
}

/** FSCALE: ST(0) × 2^trunc(ST(1)). */
export function scale(): void {
  enter();
  if (isEmpty(0) || isEmpty(1)) stackUnderflow();
  else {
    takeFirst(0);
    takeSecond(1);
    if (!deliverNanOfBoth()) scaleNumbers();
  }
  if (commit()) setResult(0);
}

function scaleNumbers(): void {
  if (bKind == INFINITE) {
    if ((aKind == ZERO && !bSign) || (aKind == INFINITE && bSign)) {
      invalid();
      return;
    }
    if (aKind == DENORMAL) signalBefore(DE);
    if (bSign) deliverZero(aSign);
    else deliverInfinity(aSign);
    return;
  }
  if (aKind == DENORMAL || bKind == DENORMAL) signalBefore(DE);
  if (aKind == ZERO) deliverZero(aSign);
  else if (aKind == INFINITE) deliverInfinity(aSign);
  else deliver(aSign, aExponent + powerOfScale(), aSignificand, 0);
}

/** ST(1) truncated, kept within what any exponent can make of it. */
function powerOfScale(): i32 {
  if (bKind == ZERO || bExponent < 0) return 0;
  const power = bExponent > 16 ? 0x10000 : <i32>(bSignificand >> (63 - bExponent));
  return bSign ? -power : power;
}

/** FXTRACT: ST(0) becomes its exponent, and its significand is pushed. */
export function extract(): void {
  enter();
  if (isEmpty(0)) stackUnderflow();
  else if (!isEmpty(7)) stackOverflow();
  else {
    takeFirst(0);
    if (!deliverNanOfFirst()) {
      extractNumber();
      return;
    }
  }
  if (!commit()) return;
  setResult(0);
  push();
  setResult(0);
}

function extractNumber(): void {
  if (aKind == ZERO) signalBefore(ZE);
  else if (aKind == DENORMAL) signalBefore(DE);
  if (!commit()) return;
  if (aKind == ZERO) deliverInfinity(1);
  else if (aKind == INFINITE) deliverInfinity(0);
  else deliverInteger(aExponent);
  const signExponent = packSignExponent();
  setRegister(0, resultSignificand, signExponent);
  push();
  if (aKind == ZERO) setRegister(0, 0, aSign << 15);
  else setRegister(0, aSignificand | INTEGER_BIT, (aSign << 15) | (aKind == INFINITE ? 0x7fff : 16383));
}
