/** Arithmetic that the main loop calls rather than inlines. Operands and results are shifted to the top of the word. */
import { CC_SUB, carry, setFlags, setResultAndBits } from './flags';
import { AF, CF, OF } from './layout';

/** a + b + CF, with flags. */
export function addCarry(a: u64, b: u64, shift: u32): u64 {
  const carryIn = (<u64>carry()) << shift;
  const r = a + b + carryIn;
  const carryOut = r < a || (carryIn != 0 && r == a);
  const over = <i64>((a ^ r) & (b ^ r)) < 0;
  const adjust = (<u32>((a ^ b ^ r) >> shift)) & AF;
  setResultAndBits(shift, r, (carryOut ? CF : 0) | (over ? OF : 0) | adjust);
  return r;
}

/** a - b - CF, with flags. */
export function subtractBorrow(a: u64, b: u64, shift: u32): u64 {
  const borrowIn = (<u64>carry()) << shift;
  const r = a - b - borrowIn;
  const borrowOut = a < b || (borrowIn != 0 && a == b);
  const over = <i64>((a ^ b) & (a ^ r)) < 0;
  const adjust = (<u32>((a ^ b ^ r) >> shift)) & AF;
  setResultAndBits(shift, r, (borrowOut ? CF : 0) | (over ? OF : 0) | adjust);
  return r;
}

/** CF (kept), OF and AF of INC or DEC with result `top`. */
export function stepBits(top: u64, shift: u32, up: bool): u32 {
  const minimum: u64 = 0x8000000000000000;
  const over = up ? top == minimum : top == minimum - ((<u64>1) << shift);
  const nibble = (<u32>(top >> shift)) & 15;
  return (carry() ? CF : 0) | (over ? OF : 0) | (nibble == (up ? 0 : 15) ? AF : 0);
}

/** 32-bit signed product; CF and OF say that it does not fit. */
export function multiply32(a: u32, b: u32): u32 {
  const product = <i64>(<i32>a) * <i64>(<i32>b);
  setResultAndBits(32, (<u64>product) << 32, product != <i64>(<i32>product) ? CF | OF : 0);
  return <u32>product;
}

/** 64-bit signed product, likewise. */
export function multiply64(a: u64, b: u64): u64 {
  const r = a * b;
  const high = multiplyHighSigned(<i64>a, <i64>b);
  setResultAndBits(0, r, high != (<i64>r) >> 63 ? CF | OF : 0);
  return r;
}

/** Upper half of the unsigned 128-bit product. */
export function multiplyHigh(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff;
  const a1 = a >> 32;
  const b0 = b & 0xffffffff;
  const b1 = b >> 32;
  const middle = a1 * b0 + ((a0 * b0) >> 32);
  const other = a0 * b1 + (middle & 0xffffffff);
  return a1 * b1 + (middle >> 32) + (other >> 32);
}

/** Upper half of the signed 128-bit product. */
export function multiplyHighSigned(a: i64, b: i64): i64 {
  const high = <i64>multiplyHigh(<u64>a, <u64>b);
  return high - (a < 0 ? b : 0) - (b < 0 ? a : 0);
}

/** a - b with flags, for families. */
export function compareFlags(a: u64, b: u64, shift: u32): void {
  setFlags(CC_SUB, shift, a - b, b);
}
