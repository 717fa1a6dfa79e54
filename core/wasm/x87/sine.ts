/**
 * FSIN FCOS FSINCOS FPTAN. The argument is reduced exactly by the processor's own π, of 66 bits (SDM vol. 1, 8.3.8):
 * results are those of real processors, which differ from the true sine where the argument is large.
 */
import { aExponent, aKind, aSign, aSignificand } from '../float/arithmetic';
import { copy, deliverInexact, divide, multiply, set, setNormalized, setSign, signOf } from '../float/number';
import { DENORMAL, INFINITE, ZERO, packSignExponent } from '../float/pack';
import { deliver, deliverDefaultNan, deliverZero, resultSignificand } from '../float/round';
import { finishSeries, nextFactor, setArgument, startSeries } from '../float/series';
import { DE, IE, signalBefore } from '../float/status';
import { FSW } from '../layout';
import { deliverNanOfFirst } from './nan';
import { isEmpty, push, setRegister, setResult, stackOverflow, stackUnderflow, takeFirst } from './stack';
import { C1, C2, commit, enter } from './status';

/** π/2 in units of 2^-65. */
const HALF_PI_HIGH: u64 = 0x3;
const HALF_PI_LOW: u64 = 0x243f6a8885a308d3;
const UNIT: i32 = -65;
/** Below 2^-33, tan x - x is below a quarter of the last bit. */
const NEARLY_EQUAL: i32 = -33;
/** Arguments of 2^63 and more are left alone, with C2 set. */
const LIMIT: i32 = 63;
/** Powers in the series: what follows is below 2^-105 of the result. */
const SINE_TERMS: u32 = 29;
const COSINE_TERMS: u32 = 28;

const ANGLE: u32 = <u32>memory.data(24);
const SQUARE: u32 = <u32>memory.data(24);
const SINE: u32 = <u32>memory.data(24);
const COSINE: u32 = <u32>memory.data(24);

/** The remainder of the argument's magnitude by π/2, in units of 2^-65, and the quotient's lower bits. */
let restHigh: u64 = 0;
let restLow: u64 = 0;
let quadrant: u32 = 0;

// @ts-ignore: decorator
@inline
function atLeastHalfPi(high: u64, low: u64): bool {
  return high > HALF_PI_HIGH || (high == HALF_PI_HIGH && low >= HALF_PI_LOW);
}

/** Long division of the argument, 1/2 or more, by π/2. */
function divideByHalfPi(): void {
  const up = aExponent < 0 ? 1 : 2;
  restHigh = aSignificand >> (64 - up);
  restLow = aSignificand << up;
  quadrant = 0;
  for (let step = aExponent; step >= 0; step--) {
    quadrant <<= 1;
    if (atLeastHalfPi(restHigh, restLow)) {
      restHigh = restHigh - HALF_PI_HIGH - <u64>(restLow < HALF_PI_LOW);
      restLow -= HALF_PI_LOW;
      quadrant |= 1;
    }
    if (step == 0) break;
    restHigh = (restHigh << 1) | (restLow >> 63);
    restLow <<= 1;
  }
}

/** Leaves an angle between -π/4 and π/4 in ANGLE, and the quadrant it is to be turned by. */
function reduce(): void {
  if (aExponent < -1) {
    quadrant = 0;
    set(ANGLE, 0, aExponent, aSignificand, 0);
    return;
  }
  divideByHalfPi();
  const otherHigh = HALF_PI_HIGH - restHigh - <u64>(HALF_PI_LOW < restLow);
  const otherLow = HALF_PI_LOW - restLow;
  const beyond = restHigh > otherHigh || (restHigh == otherHigh && restLow > otherLow);
  if (beyond) {
    quadrant++;
    setNormalized(ANGLE, 1, UNIT + 127, otherHigh, otherLow);
  } else setNormalized(ANGLE, 0, UNIT + 127, restHigh, restLow);
}

/** SINE and COSINE of ANGLE. */
function computeBoth(): void {
  multiply(SQUARE, ANGLE, ANGLE);
  setArgument(SQUARE);
  startSeries();
  for (let n = SINE_TERMS; n > 1; n -= 2) nextFactor(n * (n - 1), true);
  finishSeries(SINE);
  multiply(SINE, SINE, ANGLE);
  startSeries();
  for (let n = COSINE_TERMS; n > 0; n -= 2) nextFactor(n * (n - 1), true);
  finishSeries(COSINE);
}

/** Turns SINE and COSINE by the quadrant, and gives the sine the argument's sign. */
function turn(): void {
  if (quadrant & 1) {
    copy(ANGLE, SINE);
    copy(SINE, COSINE);
    copy(COSINE, ANGLE);
    setSign(COSINE, signOf(COSINE) ^ 1);
  }
  if (quadrant & 2) {
    setSign(SINE, signOf(SINE) ^ 1);
    setSign(COSINE, signOf(COSINE) ^ 1);
  }
  setSign(SINE, signOf(SINE) ^ aSign);
}

/** What takeAngle found: a number, whose functions are to be delivered; something delivered already; 2^63 or more. */
const NUMBER: u32 = 0;
const DELIVERED: u32 = 1;
const OUT_OF_RANGE: u32 = 2;

/** Takes ST(0) and computes SINE and COSINE unless it is 0. */
function takeAngle(): u32 {
  if (isEmpty(0)) {
    stackUnderflow();
    return DELIVERED;
  }
  takeFirst(0);
  if (deliverNanOfFirst()) return DELIVERED;
  if (aKind == INFINITE) {
    signalBefore(IE);
    deliverDefaultNan();
    return DELIVERED;
  }
  if (aKind == DENORMAL) signalBefore(DE);
  if (aKind != ZERO && aExponent >= LIMIT) return OUT_OF_RANGE;
  if (aKind != ZERO) {
    reduce();
    computeBoth();
    turn();
  }
  return NUMBER;
}

function clearC2(): void {
  store<u16>(FSW, load<u16>(FSW) & ~C2);
}

function outOfRange(): void {
  commit();
  store<u16>(FSW, (load<u16>(FSW) & ~C1) | C2);
}

function deliverSine(): void {
  if (aKind == ZERO) deliverZero(aSign);
  else deliverInexact(SINE);
}

function deliverCosine(): void {
  if (aKind == ZERO) deliver(0, 0, 0x8000000000000000, 0);
  else deliverInexact(COSINE);
}

function tangentOfAngle(): void {
  if (aKind == ZERO) {
    deliverZero(aSign);
    return;
  }
  // Near 0 a tangent is hardly greater than its argument.
  if (aExponent < NEARLY_EQUAL) {
    deliver(aSign, aExponent, aSignificand, 1);
    return;
  }
  divide(SINE, SINE, COSINE);
  deliverInexact(SINE);
}

/** FSIN and FCOS. */
function one(isSine: bool): void {
  enter();
  const state = takeAngle();
  if (state == OUT_OF_RANGE) {
    outOfRange();
    return;
  }
  if (state == NUMBER) {
    if (isSine) deliverSine();
    else deliverCosine();
  }
  clearC2();
  if (commit()) setResult(0);
}

export function sine(): void {
  one(true);
}

export function cosine(): void {
  one(false);
}

/** FSINCOS and FPTAN: ST(0) becomes the sine or tangent, then the cosine or 1 is pushed. */
function two(isTangent: bool): void {
  enter();
  let state = DELIVERED;
  if (!isEmpty(7)) stackOverflow();
  else state = takeAngle();
  if (state == OUT_OF_RANGE) {
    outOfRange();
    return;
  }
  if (state == NUMBER) {
    if (isTangent) tangentOfAngle();
    else deliverSine();
  }
  const significand = resultSignificand;
  const signExponent = packSignExponent();
  if (state == NUMBER) {
    if (isTangent) deliver(0, 0, 0x8000000000000000, 0);
    else deliverCosine();
  }
  clearC2();
  if (!commit()) return;
  setRegister(0, significand, signExponent);
  push();
  setResult(0);
}

export function sineAndCosine(): void {
  two(false);
}

export function tangent(): void {
  two(true);
}
