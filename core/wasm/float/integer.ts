/** Between numbers and integers, and numbers rounded to integral values: shared by SSE and x87. */
import { aExponent, aKind, aSign, aSignificand } from './arithmetic';
import { INFINITE, ZERO } from './pack';
import { awayFromZero, deliver, deliverInfinity, deliverZero } from './round';
import { IE, PE, setRoundedUp, signalAfter, signalBefore } from './status';
import { shiftRightJam, upper } from './wide';

/** Whether `integralPart` lost a fraction. */
let inexact: bool = false;

/** The first operand's magnitude, below 2^64, rounded to an integer; `upper` is 1 when it became 2^64. Sets C1. */
function integralPart(): u64 {
  const rest = shiftRightJam(aSignificand, 0, 63 - aExponent);
  const whole = upper;
  inexact = rest != 0;
  const away = rest != 0 && awayFromZero(aSign, rest, (whole & 1) != 0);
  setRoundedUp(away);
  return whole + <u64>away;
}

/** What `roundToMagnitude` found. */
export let magnitude: u64 = 0;

/** Rounds the first operand's magnitude to an integer below `limit`. False, with IE: it does not fit, as a NaN does not. */
export function roundToMagnitude(limit: u64): bool {
  setRoundedUp(false);
  magnitude = 0;
  if (aKind == ZERO) return true;
  if (aKind < INFINITE && aExponent < 64) {
    magnitude = integralPart();
    if (magnitude < limit) {
      if (inexact) signalAfter(PE);
      return true;
    }
  }
  setRoundedUp(false);
  signalBefore(IE);
  return false;
}

/**
 * The first operand as a signed integer of `bits` bits (16, 32, 64), in the lower bits; IE and the "integer indefinite"
 * (-2^(bits-1)) where it does not fit.
 */
export function toInteger(bits: u32): u64 {
  const limit = (<u64>1) << (bits - 1);
  if (!roundToMagnitude(limit + <u64>aSign)) return limit;
  return aSign ? -magnitude : magnitude;
}

/** Delivers a signed integer, rounded to the destination. */
export function deliverInteger(value: i64): void {
  if (value == 0) {
    deliverZero(0);
    return;
  }
  const magnitude = value < 0 ? -(<u64>value) : <u64>value;
  const shift = <i32>clz<u64>(magnitude);
  deliver(<u32>(value < 0), 63 - shift, magnitude << shift, 0);
}

/** Delivers the first operand, which is not a NaN, rounded to an integral value; PE only if `precise`. */
export function deliverIntegral(precise: bool): void {
  setRoundedUp(false);
  if (aKind == ZERO) deliverZero(aSign);
  else if (aKind == INFINITE) deliverInfinity(aSign);
  else if (aExponent >= 63) deliver(aSign, aExponent, aSignificand, 0);
  else {
    const whole = integralPart();
    if (inexact && precise) signalAfter(PE);
    if (whole == 0) {
      deliverZero(aSign);
      return;
    }
    const shift = <i32>clz<u64>(whole);
    const away = roundedAway(whole);
    deliver(aSign, 63 - shift, whole << shift, 0);
    setRoundedUp(away);
  }
}

/** Whether `whole` is above the first operand's magnitude. */
function roundedAway(whole: u64): bool {
  return aExponent < 0 || whole > aSignificand >> (63 - aExponent);
}
