/** FYL2X and FYL2XP1: ST(1) × log2 of ST(0), or of ST(0) + 1; then a pop. */
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
import {
  add,
  deliverExact,
  deliverInexact,
  divide,
  exponentOf,
  isZero,
  multiply,
  set,
  setInteger,
  setSign,
  shift,
} from '../float/number';
import { DENORMAL, INFINITE, ZERO } from '../float/pack';
import { deliver, deliverDefaultNan, deliverInfinity, deliverZero, resultExponent } from '../float/round';
import { finishSeries, nextTerm, setArgument, startSeries } from '../float/series';
import { DE, IE, PE, UE, ZE, signalAfter, signalBefore } from '../float/status';
import { deliverNanOfBoth } from './nan';
import { isEmpty, pop, setResult, stackUnderflow, takeFirst, takeSecond } from './stack';
import { commit, enter } from './status';

const LOG2_E: u32 = <u32>memory.data<u64>([0xb8aa3b295c17f0bb, 0xbe87fed0691d3e89, 0]);
/** Significand of √2. */
const ROOT_2: u64 = 0xb504f333f9de6484;
/** ln m = 2 artanh((m - 1) / (m + 1)), whose argument is at most 0.172: the series up to its 41st power. */
const TERMS: i32 = 41;

const X: u32 = <u32>memory.data(24);
const Y: u32 = <u32>memory.data(24);
const ONE: u32 = <u32>memory.data(24);
const SUM: u32 = <u32>memory.data(24);
const SQUARE: u32 = <u32>memory.data(24);
const LOGARITHM: u32 = <u32>memory.data(24);

/** LOGARITHM = log2((1 + X) / (1 - X)) for |X| ≤ 0.18, not 0. */
function artanh(): void {
  multiply(SQUARE, X, X);
  setArgument(SQUARE);
  startSeries();
  for (let n: i32 = TERMS; n > 0; n -= 2) nextTerm(n, false);
  finishSeries(LOGARITHM);
  multiply(LOGARITHM, LOGARITHM, X);
  multiply(LOGARITHM, LOGARITHM, LOG2_E);
  shift(LOGARITHM, 1);
}

/** LOGARITHM = log2 of X, positive. Returns whether it is exact. */
function logarithmOfX(): bool {
  let exponent = exponentOf(X);
  shift(X, -exponent);
  if (load<u64>(X) > ROOT_2) {
    shift(X, -1);
    exponent++;
  }
  setInteger(ONE, 1, 0);
  add(SUM, X, ONE);
  setSign(ONE, 1);
  add(X, X, ONE);
  if (isZero(X)) {
    setInteger(LOGARITHM, exponent, 0);
    return true;
  }
  divide(X, X, SUM);
  artanh();
  setInteger(ONE, exponent, 0);
  add(LOGARITHM, LOGARITHM, ONE);
  return false;
}

function deliverProduct(exact: bool): void {
  set(Y, bSign, bExponent, bSignificand, 0);
  multiply(Y, Y, LOGARITHM);
  if (!exact) {
    deliverInexact(Y);
    return;
  }
  // The logarithm of a power of two is an integer: rounded as what it is, but reported as inexact all the same.
  deliverExact(Y);
  signalAfter(resultExponent == 0 ? UE | PE : PE);
}

function invalid(): void {
  signalBefore(IE);
  deliverDefaultNan();
}

function noteDenormals(): void {
  if (aKind == DENORMAL || bKind == DENORMAL) signalBefore(DE);
}

/** Whether the first operand's magnitude is below 1. */
function belowOne(): bool {
  return aKind != INFINITE && aExponent < 0;
}

function isOne(): bool {
  return aKind != INFINITE && aExponent == 0 && aSignificand << 1 == 0;
}

/** y × log2 x with x = ST(0), y = ST(1). */
function productWithLogarithm(): void {
  if (aKind == ZERO) {
    logarithmOfZero();
    return;
  }
  if (aSign) {
    invalid();
    return;
  }
  if ((aKind == INFINITE && bKind == ZERO) || (bKind == INFINITE && isOne())) {
    invalid();
    return;
  }
  noteDenormals();
  const sign = bSign ^ (<u32>belowOne());
  if (aKind == INFINITE || bKind == INFINITE) deliverInfinity(sign);
  else if (bKind == ZERO) deliverZero(sign);
  else if (isOne()) deliverZero(bSign);
  else {
    set(X, 0, aExponent, aSignificand, 0);
    deliverProduct(logarithmOfX());
  }
}

function logarithmOfZero(): void {
  if (bKind == ZERO) {
    invalid();
    return;
  }
  if (bKind != INFINITE) signalBefore(ZE);
  deliverInfinity(bSign ^ 1);
}

/** y × log2(x + 1). */
function productWithLogarithmOfSum(): void {
  if (aKind == ZERO) {
    if (bKind == INFINITE) invalid();
    else {
      noteDenormals();
      deliverZero(aSign ^ bSign);
    }
    return;
  }
  if (aKind == INFINITE && (aSign != 0 || bKind == ZERO)) {
    invalid();
    return;
  }
  noteDenormals();
  const sign = aSign ^ bSign;
  if (aKind == INFINITE || bKind == INFINITE) deliverInfinity(sign);
  else if (bKind == ZERO) deliverZero(sign);
  else if (aSign && aExponent >= 0) {
    // No logarithm: the manual promises nothing, and silicon leaves the operand as it is.
    deliver(aSign, aExponent, aSignificand, 0);
    signalAfter(PE);
  } else {
    set(X, aSign, aExponent, aSignificand, 0);
    deliverProduct(logarithmOfXPlusOne());
  }
}

/** LOGARITHM = log2(X + 1). Near 0 the quotient X / (X + 2) keeps every bit of X. */
function logarithmOfXPlusOne(): bool {
  if (aExponent >= -2) {
    setInteger(ONE, 1, 0);
    add(X, X, ONE);
    return logarithmOfX();
  }
  setInteger(SUM, 2, 0);
  add(SUM, SUM, X);
  divide(X, X, SUM);
  artanh();
  return false;
}

function binary(ofSum: bool): void {
  enter();
  if (isEmpty(0) || isEmpty(1)) stackUnderflow();
  else {
    takeFirst(0);
    takeSecond(1);
    if (!deliverNanOfBoth()) {
      if (ofSum) productWithLogarithmOfSum();
      else productWithLogarithm();
    }
  }
  if (!commit()) return;
  setResult(1);
  pop();
}

export function logarithm(): void {
  binary(false);
}

export function logarithmOfSum(): void {
  binary(true);
}
