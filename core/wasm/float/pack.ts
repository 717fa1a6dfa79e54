/** The three formats: taking a value apart into the shape that arithmetic.ts works on, and packing what is delivered. */
import { INTEGER_BIT, QUIET_BIT, resultExponent, resultSign, resultSignificand } from './round';
import { denormalsAreZeros } from './status';

export const ZERO: u32 = 0;
export const FINITE: u32 = 1;
/** FINITE, and not normalized in its format: DE. */
export const DENORMAL: u32 = 2;
export const INFINITE: u32 = 3;
export const QUIET: u32 = 4;
export const SIGNALLING: u32 = 5;
/** An 80-bit pattern without meaning: unnormals, pseudo-infinities, pseudo-NaNs. */
export const UNSUPPORTED: u32 = 6;

/** The value taken apart last. `significand` has bit 63 set in numbers and NaNs; the exponent is unbiased. */
export let kind: u32 = 0;
export let sign: u32 = 0;
export let exponent: i32 = 0;
export let significand: u64 = 0;

function unpackSpecial(fraction: u64): void {
  significand = fraction | INTEGER_BIT;
  if (fraction == 0) kind = INFINITE;
  else kind = fraction & QUIET_BIT ? QUIET : SIGNALLING;
}

/** `fraction` is aligned to bit 62; `least` is the exponent of the smallest normal number. */
function unpackDenormal(fraction: u64, least: i32): void {
  if (fraction == 0 || denormalsAreZeros) {
    kind = ZERO;
    return;
  }
  const shift = <u32>clz<u64>(fraction);
  kind = DENORMAL;
  exponent = least - <i32>shift;
  significand = fraction << shift;
}

export function unpack64(bits: u64): void {
  const biased = <i32>((bits >> 52) & 0x7ff);
  const fraction = (bits << 12) >> 1;
  sign = <u32>(bits >> 63);
  if (biased == 0) unpackDenormal(fraction, -1022);
  else if (biased == 0x7ff) unpackSpecial(fraction);
  else {
    kind = FINITE;
    exponent = biased - 1023;
    significand = fraction | INTEGER_BIT;
  }
}

export function unpack32(bits: u32): void {
  const biased = <i32>((bits >> 23) & 0xff);
  const fraction = ((<u64>bits) << 41) >> 1;
  sign = bits >> 31;
  if (biased == 0) unpackDenormal(fraction, -126);
  else if (biased == 0xff) unpackSpecial(fraction);
  else {
    kind = FINITE;
    exponent = biased - 127;
    significand = fraction | INTEGER_BIT;
  }
}

/** An 80-bit number: its significand, and its sign (bit 15) and biased exponent. */
export function unpack80(bits: u64, signExponent: u32): void {
  const biased = <i32>(signExponent & 0x7fff);
  sign = (signExponent >> 15) & 1;
  if (biased == 0) {
    unpackDenormal(bits, -16382);
    return;
  }
  significand = bits;
  exponent = biased - 16383;
  if (!(bits & INTEGER_BIT)) kind = UNSUPPORTED;
  else if (biased == 0x7fff) unpackSpecial(bits & ~INTEGER_BIT);
  else kind = FINITE;
}

/** An integer. */
export function unpackInteger(value: i64): void {
  const size = value < 0 ? -(<u64>value) : <u64>value;
  const shift = <u32>clz<u64>(size);
  sign = <u32>(value < 0);
  kind = value == 0 ? ZERO : FINITE;
  exponent = 63 - <i32>shift;
  significand = size << shift;
}

/** What was delivered, as float64. */
export function pack64(): u64 {
  return (
    ((<u64>resultSign) << 63) | ((<u64>(resultExponent & 0x7ff)) << 52) | ((resultSignificand << 1) >> 12)
  );
}

/** What was delivered, as float32. */
export function pack32(): u32 {
  return (
    (resultSign << 31) | (((<u32>resultExponent) & 0xff) << 23) | (<u32>((resultSignificand << 1) >> 41))
  );
}

/** Sign and exponent word of what was delivered as an 80-bit number; the other part is `resultSignificand`. */
export function packSignExponent(): u32 {
  return (resultSign << 15) | ((<u32>resultExponent) & 0x7fff);
}
