/** Packed integer instructions of the 0F 38 map with two vector operands (SSSE3, SSE4.1, SSE4.2). */
import { join64, low64 } from './operands';

/** The XMM instruction 66 0F 38 `opcode`: destination, source. */
export function packed38(opcode: u32, a: v128, b: v128): v128 {
  switch (opcode) {
    case 0x00: // PSHUFB
      return i8x16.swizzle(a, v128.and(b, i8x16.splat(<i8>0x8f)));
    case 0x01: // PHADDW
      return i16x8.add(evenWords(a, b), oddWords(a, b));
    case 0x02: // PHADDD
      return i32x4.add(i32x4.shuffle(a, b, 0, 2, 4, 6), i32x4.shuffle(a, b, 1, 3, 5, 7));
    case 0x03: // PHADDSW
      return i16x8.add_sat_s(evenWords(a, b), oddWords(a, b));
    case 0x04: // PMADDUBSW
      return multiplyAddBytes(a, b);
    case 0x05: // PHSUBW
      return i16x8.sub(evenWords(a, b), oddWords(a, b));
    case 0x06: // PHSUBD
      return i32x4.sub(i32x4.shuffle(a, b, 0, 2, 4, 6), i32x4.shuffle(a, b, 1, 3, 5, 7));
    case 0x07: // PHSUBSW
      return i16x8.sub_sat_s(evenWords(a, b), oddWords(a, b));
    case 0x08: // PSIGNB
      return negated(i8x16.sub(zero(), a), a, i8x16.lt_s(b, zero()), i8x16.eq(b, zero()));
    case 0x09: // PSIGNW
      return negated(i16x8.sub(zero(), a), a, i16x8.lt_s(b, zero()), i16x8.eq(b, zero()));
    case 0x0a: // PSIGND
      return negated(i32x4.sub(zero(), a), a, i32x4.lt_s(b, zero()), i32x4.eq(b, zero()));
    case 0x0b: // PMULHRSW
      return multiplyRoundWords(a, b);
    case 0x1c: // PABSB
      return i8x16.abs(b);
    case 0x1d: // PABSW
      return i16x8.abs(b);
    case 0x1e: // PABSD
      return i32x4.abs(b);
    case 0x28: // PMULDQ
      return i64x2.extmul_low_i32x4_s(i32x4.shuffle(a, a, 0, 2, 0, 2), i32x4.shuffle(b, b, 0, 2, 0, 2));
    case 0x29: // PCMPEQQ
      return i64x2.eq(a, b);
    case 0x2b: // PACKUSDW
      return i16x8.narrow_i32x4_u(a, b);
    case 0x37: // PCMPGTQ
      return i64x2.gt_s(a, b);
    case 0x38: // PMINSB
      return i8x16.min_s(a, b);
    case 0x39: // PMINSD
      return i32x4.min_s(a, b);
    case 0x3a: // PMINUW
      return i16x8.min_u(a, b);
    case 0x3b: // PMINUD
      return i32x4.min_u(a, b);
    case 0x3c: // PMAXSB
      return i8x16.max_s(a, b);
    case 0x3d: // PMAXSD
      return i32x4.max_s(a, b);
    case 0x3e: // PMAXUW
      return i16x8.max_u(a, b);
    case 0x3f: // PMAXUD
      return i32x4.max_u(a, b);
    case 0x40: // PMULLD
      return i32x4.mul(a, b);
    default: // PHMINPOSUW
      return smallestWord(b);
  }
}

// @ts-ignore: decorator
@inline
function zero(): v128 {
  return i64x2.splat(0);
}

// @ts-ignore: decorator
@inline
function evenWords(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
}

// @ts-ignore: decorator
@inline
function oddWords(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
}

/** Unsigned bytes of `a` times signed bytes of `b`; neighbouring products added with saturation. */
function multiplyAddBytes(a: v128, b: v128): v128 {
  const even = i16x8.mul(v128.and(a, i16x8.splat(0xff)), i16x8.shr_s(i16x8.shl(b, 8), 8));
  return i16x8.add_sat_s(even, i16x8.mul(i16x8.shr_u(a, 8), i16x8.shr_s(b, 8)));
}

/** Elements of `negative` where `isNegative`, none where `isZero`, else of `value`. */
// @ts-ignore: decorator
@inline
function negated(negative: v128, value: v128, isNegative: v128, isZero: v128): v128 {
  return v128.andnot(v128.bitselect(negative, value, isNegative), isZero);
}

/** wasm's instruction saturates -1 × -1, where x86 wraps to -1. */
function multiplyRoundWords(a: v128, b: v128): v128 {
  const least = i16x8.splat(-32768);
  const both = v128.and(i16x8.eq(a, least), i16x8.eq(b, least));
  return v128.xor(i16x8.q15mulr_sat_s(a, b), both);
}

/** The smallest word and, above it, where it stands first. */
function smallestWord(value: v128): v128 {
  const half = i16x8.min_u(value, i64x2.shuffle(value, value, 1, 0));
  const quarter = i16x8.min_u(half, i32x4.shuffle(half, half, 1, 0, 3, 2));
  const least = i16x8.min_u(quarter, i16x8.shuffle(quarter, quarter, 1, 0, 3, 2, 5, 4, 7, 6));
  const index = ctz<u32>(i16x8.bitmask(i16x8.eq(value, least)));
  return i64x2(<i64>((index << 16) | (<u32>i16x8.extract_lane_u(least, 0))), 0);
}

/** The MMX instruction 0F 38 `opcode`. */
export function packed38Mmx(opcode: u32, a: u64, b: u64): u64 {
  if (opcode == 0) {
    const indices = v128.and(i64x2.splat(<i64>b), i8x16.splat(<i8>0x87));
    return low64(i8x16.swizzle(i64x2.splat(<i64>a), indices));
  }
  const isHorizontal = opcode < 8 && opcode != 4;
  if (isHorizontal) return low64(packed38(opcode, join64(a, b), zero()));
  return low64(packed38(opcode, i64x2.splat(<i64>a), i64x2.splat(<i64>b)));
}

/** PMOVSX (20..25) and PMOVZX (30..35): the low elements of `value`, widened. */
export function widen(opcode: u32, value: v128): v128 {
  switch (opcode) {
    case 0x20: // PMOVSXBW
      return i16x8.extend_low_i8x16_s(value);
    case 0x21: // PMOVSXBD
      return i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(value));
    case 0x22: // PMOVSXBQ
      return i64x2.extend_low_i32x4_s(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(value)));
    case 0x23: // PMOVSXWD
      return i32x4.extend_low_i16x8_s(value);
    case 0x24: // PMOVSXWQ
      return i64x2.extend_low_i32x4_s(i32x4.extend_low_i16x8_s(value));
    case 0x25: // PMOVSXDQ
      return i64x2.extend_low_i32x4_s(value);
    case 0x30: // PMOVZXBW
      return i16x8.extend_low_i8x16_u(value);
    case 0x31: // PMOVZXBD
      return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(value));
    case 0x32: // PMOVZXBQ
      return i64x2.extend_low_i32x4_u(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(value)));
    case 0x33: // PMOVZXWD
      return i32x4.extend_low_i16x8_u(value);
    case 0x34: // PMOVZXWQ
      return i64x2.extend_low_i32x4_u(i32x4.extend_low_i16x8_u(value));
    default: // PMOVZXDQ
      return i64x2.extend_low_i32x4_u(value);
  }
}

/** MPSADBW: eight sums of differences of four bytes of `b` (block: bits 0..1) and of `a` (from byte 0 or 4: bit 2). */
export function multipleSums(a: v128, b: v128, control: u32): v128 {
  const ramp = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const first = i8x16.add(ramp, i8x16.splat(<i8>(control & 4)));
  const block = i8x16.splat(<i8>((control & 3) << 2));
  let sums = zero();
  for (let k: u32 = 0; k < 4; k++) {
    const at = i8x16.splat(<i8>k);
    const x = i8x16.swizzle(a, i8x16.add(first, at));
    const y = i8x16.swizzle(b, i8x16.add(block, at));
    const difference = v128.or(i8x16.sub_sat_u(x, y), i8x16.sub_sat_u(y, x));
    sums = i16x8.add(sums, i16x8.extend_low_i8x16_u(difference));
  }
  return sums;
}
