/** 128-bit unsigned arithmetic in pairs of 64-bit words: what significands need and wasm lacks. */

/** The upper word of the last result; functions return the lower one. */
export let upper: u64 = 0;

/** a × b. */
export function multiply64(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff;
  const a1 = a >> 32;
  const b0 = b & 0xffffffff;
  const b1 = b >> 32;
  const low = a0 * b0;
  const middle = a1 * b0 + (low >> 32);
  const cross = a0 * b1 + (middle & 0xffffffff);
  upper = a1 * b1 + (middle >> 32) + (cross >> 32);
  return (cross << 32) | (low & 0xffffffff);
}

/** high:low >> count, any bit that falls off kept in bit 0 ("jammed"), so that roundings see it. */
export function shiftRightJam(high: u64, low: u64, count: u32): u64 {
  if (count == 0) {
    upper = high;
    return low;
  }
  if (count < 64) {
    upper = high >> count;
    return (high << (64 - count)) | (low >> count) | (<u64>(low << (64 - count) != 0));
  }
  upper = 0;
  if (count == 64) return high | (<u64>(low != 0));
  if (count < 128) return (high >> (count - 64)) | (<u64>(((high << (128 - count)) | low) != 0));
  return <u64>((high | low) != 0);
}

/** The remainder of the last division. */
export let remainder: u64 = 0;

/** high:low / divisor. The divisor has bit 63 set and is above `high`. (Knuth, TAOCP vol. 2, 4.3.1, algorithm D.) */
export function divide128(high: u64, low: u64, divisor: u64): u64 {
  const d1 = divisor >> 32;
  const d0 = divisor & 0xffffffff;
  const first = quotientDigit(high, low >> 32, d1, d0, divisor);
  const rest = ((high << 32) | (low >> 32)) - first * divisor;
  const second = quotientDigit(rest, low & 0xffffffff, d1, d0, divisor);
  remainder = ((rest << 32) | (low & 0xffffffff)) - second * divisor;
  return (first << 32) | second;
}

/** One 32-bit digit of the quotient of (head × 2^32 + next) by the divisor. */
// @ts-ignore: decorator
@inline
function quotientDigit(head: u64, next: u64, d1: u64, d0: u64, divisor: u64): u64 {
  let digit = head / d1;
  let rest = head - digit * d1;
  while (digit >> 32 != 0 || digit * d0 > ((rest << 32) | next)) {
    digit--;
    rest += d1;
    if (rest >> 32 != 0) break;
  }
  return digit;
}

/** The integer square root of high:low, whose root has bit 63 set; `remainder` and `upper` hold what is left over. */
export function squareRoot128(high: u64, low: u64): u64 {
  // An estimate that is not below the root, good to some 50 bits; then Newton's steps come down to it.
  const estimate = Math.sqrt(<f64>high + 1.0) * 4294967296.0 * 1.000000000000001;
  let root: u64 = estimate >= 18446744073709549568.0 ? u64.MAX_VALUE : <u64>estimate;
  while (true) {
    const quotient = divide128(high, low, root);
    if (quotient >= root) break;
    // The mean of two words whose sum may carry.
    root = (root & quotient) + ((root ^ quotient) >> 1);
  }
  const square = multiply64(root, root);
  remainder = low - square;
  upper = high - upper - <u64>(low < square);
  return root;
}
