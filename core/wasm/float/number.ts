/**
 * Numbers with 128-bit significands, for the transcendental functions: 24 bytes of memory each, significand (upper word,
 * lower word), exponent (i32), sign (u32). Bit 127 is set but in 0, whose upper word is 0. Results are cut off, not
 * rounded: good to about 2^-125.
 */
import { INTEGER_BIT, deliver } from './round';
import { divide128, multiply64, upper } from './wide';

const LOWER: u32 = 8;
const EXPONENT: u32 = 16;
const SIGN: u32 = 20;
const NUMBER_BYTES: u32 = 24;

/** Scratch of divide(). */
const QUOTIENT: u32 = <u32>memory.data(24);
const PRODUCT: u32 = <u32>memory.data(24);
const REST: u32 = <u32>memory.data(24);

export function set(to: u32, sign: u32, exponent: i32, high: u64, low: u64): void {
  store<u64>(to, high);
  store<u64>(to, low, LOWER);
  store<i32>(to, exponent, EXPONENT);
  store<u32>(to, sign, SIGN);
}

/** Sets a number that need not have bit 127 set yet. */
export function setNormalized(to: u32, sign: u32, exponent: i32, high: u64, low: u64): void {
  if (high == 0) {
    high = low;
    low = 0;
    exponent -= 64;
  }
  const shift = <u32>clz<u64>(high);
  if (high != 0 && shift != 0) {
    high = (high << shift) | (low >> (64 - shift));
    low <<= shift;
  }
  set(to, sign, exponent - <i32>shift, high, low);
}

/** A small integer divided by 2^`scale`. */
export function setInteger(to: u32, value: i32, scale: i32): void {
  setNormalized(to, <u32>(value < 0), 63 - scale, <u64>abs<i32>(value), 0);
}

export function copy(to: u32, from: u32): void {
  memory.copy(to, from, NUMBER_BYTES);
}

export function isZero(a: u32): bool {
  return load<u64>(a) == 0;
}
export function exponentOf(a: u32): i32 {
  return load<i32>(a, EXPONENT);
}
export function signOf(a: u32): u32 {
  return load<u32>(a, SIGN);
}
export function setSign(a: u32, sign: u32): void {
  store<u32>(a, sign, SIGN);
}

/** Multiplies by 2^power. */
export function shift(a: u32, power: i32): void {
  store<i32>(a, load<i32>(a, EXPONENT) + power, EXPONENT);
}

/** to = a × b. */
export function multiply(to: u32, a: u32, b: u32): void {
  const sign = signOf(a) ^ signOf(b);
  if (isZero(a) || isZero(b)) {
    set(to, sign, 0, 0, 0);
    return;
  }
  const exponent = exponentOf(a) + exponentOf(b) + 1;
  multiplyFractions(load<u64>(a), load<u64>(a, LOWER), load<u64>(b), load<u64>(b, LOWER));
  setNormalized(to, sign, exponent, productHigh, productLow);
}

/** The upper half of the last product of 128-bit fractions. */
export let productHigh: u64 = 0;
export let productLow: u64 = 0;

export function multiplyFractions(aHigh: u64, aLow: u64, bHigh: u64, bLow: u64): void {
  multiply64(aHigh, bLow);
  const first = upper;
  multiply64(aLow, bHigh);
  const second = upper;
  let low = multiply64(aHigh, bHigh);
  let high = upper;
  low += first;
  high += <u64>(low < first);
  low += second;
  high += <u64>(low < second);
  productHigh = high;
  productLow = low;
}

/** to = a + b. */
export function add(to: u32, a: u32, b: u32): void {
  if (isZero(b)) copy(to, a);
  else if (isZero(a)) copy(to, b);
  else if (isGreater(b, a)) addSorted(to, b, a);
  else addSorted(to, a, b);
}

/** Whether a is of greater magnitude than b, neither being 0. */
export function isGreater(a: u32, b: u32): bool {
  if (exponentOf(a) != exponentOf(b)) return exponentOf(a) > exponentOf(b);
  if (load<u64>(a) != load<u64>(b)) return load<u64>(a) > load<u64>(b);
  return load<u64>(a, LOWER) > load<u64>(b, LOWER);
}

function addSorted(to: u32, a: u32, b: u32): void {
  const sign = signOf(a);
  const exponent = exponentOf(a);
  const distance = <u32>(exponent - exponentOf(b));
  let high = load<u64>(b);
  let low = load<u64>(b, LOWER);
  if (distance >= 128) {
    high = 0;
    low = 0;
  } else if (distance >= 64) {
    low = high >> (distance - 64);
    high = 0;
  } else if (distance != 0) {
    low = (low >> distance) | (high << (64 - distance));
    high >>= distance;
  }
  const aHigh = load<u64>(a);
  const aLow = load<u64>(a, LOWER);
  if (sign != signOf(b)) {
    setNormalized(to, sign, exponent, aHigh - high - <u64>(aLow < low), aLow - low);
    return;
  }
  low += aLow;
  const carry = <u64>(low < aLow);
  const sum = aHigh + high;
  high = sum + carry;
  if (sum < aHigh || high < sum)
    set(to, sign, exponent + 1, (high >> 1) | INTEGER_BIT, (low >> 1) | (high << 63));
  else set(to, sign, exponent, high, low);
}

/** to = a ÷ b; b is not 0. Two digits of 64 bits: what the first leaves over gives the second. */
export function divide(to: u32, a: u32, b: u32): void {
  if (isZero(a)) {
    copy(to, a);
    return;
  }
  firstDigit(QUOTIENT, a, b);
  multiply(PRODUCT, QUOTIENT, b);
  setSign(PRODUCT, signOf(PRODUCT) ^ 1);
  add(REST, a, PRODUCT);
  if (!isZero(REST)) {
    firstDigit(PRODUCT, REST, b);
    add(QUOTIENT, QUOTIENT, PRODUCT);
  }
  copy(to, QUOTIENT);
}

/** to = a ÷ b, to some 63 bits. */
function firstDigit(to: u32, a: u32, b: u32): void {
  const sign = signOf(a) ^ signOf(b);
  const divisor = load<u64>(b);
  const digit = divide128(load<u64>(a) >> 1, (load<u64>(a, LOWER) >> 1) | (load<u64>(a) << 63), divisor);
  setNormalized(to, sign, exponentOf(a) - exponentOf(b), digit, 0);
}

/** Rounds a number that is not 0 and only nearly the result into the destination, which makes it inexact. */
export function deliverInexact(a: u32): void {
  deliver(signOf(a), exponentOf(a), load<u64>(a), load<u64>(a, LOWER) | 1);
}

/** The same for a number that is the result. */
export function deliverExact(a: u32): void {
  deliver(signOf(a), exponentOf(a), load<u64>(a), load<u64>(a, LOWER));
}
