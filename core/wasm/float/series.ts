/**
 * Power series by Horner's rule in fixed point: the argument is a fraction of 128 bits, the sum has one bit before the
 * point and 127 behind it. All the series here sum to less than 2.
 */
import { exponentOf, multiplyFractions, productHigh, productLow, setNormalized } from './number';
import { shiftRightJam, upper } from './wide';

let argumentHigh: u64 = 0;
let argumentLow: u64 = 0;
let sumHigh: u64 = 0;
let sumLow: u64 = 0;

const ONE: u64 = 0x8000000000000000;

/** Chooses the argument: the magnitude of a number below 1. */
export function setArgument(a: u32): void {
  argumentLow = shiftRightJam(load<u64>(a), load<u64>(a, 8), min<i32>(-1 - exponentOf(a), 200));
  argumentHigh = upper;
}

/** high:low ÷ divisor, which is below 2^32. */
let quotientHigh: u64 = 0;
let quotientLow: u64 = 0;
function divideBySmall(high: u64, low: u64, divisor: u64): void {
  quotientHigh = high / divisor;
  const middle = ((high % divisor) << 32) | (low >> 32);
  const last = ((middle % divisor) << 32) | (low & 0xffffffff);
  quotientLow = ((middle / divisor) << 32) | (last / divisor);
}

/** sum = high:low ± the other. What is too small to be seen is still subtracted: directed rounding must see it. */
// @ts-ignore: decorator
@inline
function combine(high: u64, low: u64, otherHigh: u64, otherLow: u64, negative: bool): void {
  if (negative) {
    otherLow |= <u64>((otherHigh | otherLow) == 0);
    sumHigh = high - otherHigh - <u64>(low < otherLow);
    sumLow = low - otherLow;
  } else {
    sumLow = low + otherLow;
    sumHigh = high + otherHigh + <u64>(sumLow < low);
  }
}

/** sum = 1: the innermost term. */
export function startSeries(): void {
  sumHigh = ONE;
  sumLow = 0;
}

/** sum = 1 ± argument × sum ÷ divisor. */
export function nextFactor(divisor: u32, negative: bool): void {
  multiplyFractions(sumHigh, sumLow, argumentHigh, argumentLow);
  divideBySmall(productHigh, productLow, divisor);
  combine(ONE, 0, quotientHigh, quotientLow, negative);
}

/** sum = 1 ÷ divisor ± argument × sum. */
export function nextTerm(divisor: u32, negative: bool): void {
  multiplyFractions(sumHigh, sumLow, argumentHigh, argumentLow);
  divideBySmall(ONE, 0, divisor);
  combine(quotientHigh, quotientLow, productHigh, productLow, negative);
}

/** Takes the sum. */
export function finishSeries(to: u32): void {
  setNormalized(to, 0, 0, sumHigh, sumLow);
}
