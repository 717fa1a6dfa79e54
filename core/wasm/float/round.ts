/**
 * Rounding an exact result into a format, and delivering it: the one place where OE, UE and PE arise.
 *
 * A number is (-1)^sign × significand / 2^63 × 2^exponent, with bit 63 of the significand set. A result comes with 64
 * more bits below it, the last of them sticky. What is delivered is in the shape all three formats share: sign, biased
 * exponent, significand aligned to bit 63 with its integer bit; pack.ts squeezes it into a format.
 */
import {
  DOWN,
  OE,
  PE,
  TO_NEAREST,
  UE,
  UP,
  flushToZero,
  masks,
  rounding,
  setRoundedUp,
  signalAfter,
} from './status';
import { shiftRightJam, upper } from './wide';

export const INTEGER_BIT: u64 = 0x8000000000000000;
export const QUIET_BIT: u64 = 0x4000000000000000;
/** What an unmasked overflow or underflow adds to the exponent, so that a handler can scale (SDM vol. 1, 8.5.4). */
const EXPONENT_ADJUSTMENT: i32 = 24576;

/** Significant bits of the destination, and its greatest exponent. */
let precision: u32 = 64;
let maximum: i32 = 16383;

export let resultSign: u32 = 0;
/** Biased; 0 for zeros and denormals, 2 × maximum + 1 for infinities and NaNs. */
export let resultExponent: i32 = 0;
export let resultSignificand: u64 = 0;

/** Chooses the destination: 24 and 127 for float32, 53 and 1023 for float64, 24/53/64 and 16383 for the x87. */
export function setDestination(bits: u32, greatest: i32): void {
  precision = bits;
  maximum = greatest;
}

export function deliverZero(sign: u32): void {
  resultSign = sign;
  resultExponent = 0;
  resultSignificand = 0;
}

export function deliverInfinity(sign: u32): void {
  resultSign = sign;
  resultExponent = 2 * maximum + 1;
  resultSignificand = INTEGER_BIT;
}

/** A NaN, quieted, its payload cut to the destination. */
export function deliverNan(sign: u32, significand: u64): void {
  resultSign = sign;
  resultExponent = 2 * maximum + 1;
  resultSignificand = significand | INTEGER_BIT | QUIET_BIT;
}

/** The NaN that an invalid operation gives ("real indefinite"). */
export function deliverDefaultNan(): void {
  deliverNan(1, 0);
}

/** Whether the last `roundAt` lost something. */
let inexact: bool = false;
let carried: bool = false;

/** Rounds high:low, cutting `discard` bits off `high`; sets `inexact`, `carried` (out of bit 63) and C1. */
function roundAt(sign: u32, high: u64, low: u64, discard: u32): u64 {
  const rest = discard == 0 ? low : (high << (64 - discard)) | (<u64>(low != 0));
  const unit = (<u64>1) << discard;
  const kept = high & ~(unit - 1);
  inexact = rest != 0;
  carried = false;
  const away = rest != 0 && awayFromZero(sign, rest, (high & unit) != 0);
  setRoundedUp(away);
  if (!away) return kept;
  carried = kept + unit < kept;
  return carried ? INTEGER_BIT : kept + unit;
}

/** Whether a remainder (in units of 2^-64, not 0) rounds away from zero. */
// @ts-ignore: decorator
@inline
export function awayFromZero(sign: u32, rest: u64, odd: bool): bool {
  if (rounding == TO_NEAREST) return rest > INTEGER_BIT || (rest == INTEGER_BIT && odd);
  return rounding == (sign ? DOWN : UP);
}

/** Rounds a number that is not zero into the destination and delivers it. */
export function deliver(sign: u32, exponent: i32, high: u64, low: u64): void {
  const significand = roundAt(sign, high, low, 64 - precision);
  const rounded = exponent + <i32>carried;
  resultSign = sign;
  // Tininess is detected after rounding with unbounded exponent (SDM vol. 1, 4.9.1.5).
  if (rounded < 1 - maximum) {
    deliverTiny(sign, exponent, rounded, significand, high, low);
    return;
  }
  if (rounded > maximum) {
    deliverHuge(sign, rounded, significand);
    return;
  }
  if (inexact) signalAfter(PE);
  resultExponent = rounded + maximum;
  resultSignificand = significand;
}

function deliverTiny(sign: u32, exponent: i32, rounded: i32, significand: u64, high: u64, low: u64): void {
  if (!(masks & UE)) {
    signalAfter(inexact ? UE | PE : UE);
    resultExponent = rounded + EXPONENT_ADJUSTMENT + maximum;
    if (resultExponent > 0) {
      resultSignificand = significand;
      return;
    }
    // Even so too small, as only FSCALE can make it.
    signalAfter(PE);
    setRoundedUp(false);
    deliverZero(sign);
    return;
  }
  if (flushToZero) {
    signalAfter(UE | PE);
    deliverZero(sign);
    return;
  }
  const below = shiftRightJam(high, low, 1 - maximum - exponent);
  resultSignificand = roundAt(sign, upper, below, 64 - precision);
  if (inexact) signalAfter(UE | PE);
  resultExponent = <i32>(resultSignificand >> 63);
}

function deliverHuge(sign: u32, rounded: i32, significand: u64): void {
  if (!(masks & OE)) {
    signalAfter(inexact ? OE | PE : OE);
    resultExponent = rounded - EXPONENT_ADJUSTMENT + maximum;
    resultSignificand = significand;
    if (resultExponent <= 2 * maximum) return;
    signalAfter(PE);
    setRoundedUp(true);
    deliverInfinity(sign);
    return;
  }
  signalAfter(OE | PE);
  const infinite = rounding == TO_NEAREST || rounding == (sign ? DOWN : UP);
  setRoundedUp(infinite);
  if (infinite) {
    deliverInfinity(sign);
    return;
  }
  resultExponent = 2 * maximum;
  resultSignificand = ~(((<u64>1) << (64 - precision)) - 1);
}
