/** Packed shifts. A count beyond the element's width gives zeros, or copies of the sign. */
import { raise } from '../fault';
import { FPR, VECTOR_UD, XMM } from '../layout';
import { imm8Of, regOf, rmOf, subOf } from '../record';
import { low64, mmxBlocked, setMmx } from './operands';

/** Indices 0 to 15, to be moved up or down: swizzle gives 0 for indices beyond 15. */
// @ts-ignore: decorator
@inline
function indices(): v128 {
  return i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

// @ts-ignore: decorator
@inline
export function shiftBytesRight(value: v128, bytes: u32): v128 {
  return i8x16.swizzle(value, i8x16.add(indices(), i8x16.splat(<i8>min<u32>(bytes, 16))));
}

// @ts-ignore: decorator
@inline
export function shiftBytesLeft(value: v128, bytes: u32): v128 {
  return i8x16.swizzle(value, i8x16.sub(indices(), i8x16.splat(<i8>min<u32>(bytes, 16))));
}

/** The 16 bytes at `bytes` in the 32 of high:low, zeros behind. */
// @ts-ignore: decorator
@inline
export function align(high: v128, low: v128, bytes: u32): v128 {
  const n = <i32>min<u32>(bytes, 32);
  return v128.or(
    i8x16.swizzle(low, i8x16.add(indices(), i8x16.splat(<i8>n))),
    i8x16.swizzle(high, i8x16.add(indices(), i8x16.splat(<i8>(n - 16)))),
  );
}

/** PSRL, PSRA, PSLL of words, doublewords, quadwords, named by the opcode of the form with a register count. */
export function shift(opcode: u32, value: v128, count: u64): v128 {
  const n = <i32>min<u64>(count, 64);
  switch (opcode) {
    case 0xd1: // PSRLW
      return n > 15 ? i64x2.splat(0) : i16x8.shr_u(value, n);
    case 0xd2: // PSRLD
      return n > 31 ? i64x2.splat(0) : i32x4.shr_u(value, n);
    case 0xd3: // PSRLQ
      return n > 63 ? i64x2.splat(0) : i64x2.shr_u(value, n);
    case 0xe1: // PSRAW
      return i16x8.shr_s(value, min(n, 15));
    case 0xe2: // PSRAD
      return i32x4.shr_s(value, min(n, 31));
    case 0xf1: // PSLLW
      return n > 15 ? i64x2.splat(0) : i16x8.shl(value, n);
    case 0xf2: // PSLLD
      return n > 31 ? i64x2.splat(0) : i32x4.shl(value, n);
    default: // PSLLQ
      return n > 63 ? i64x2.splat(0) : i64x2.shl(value, n);
  }
}

/** The opcode that `shift` knows for 0F 71, 72, 73 with a group number of 2, 4 or 6; 0 when there is none. */
function groupShift(opcode: u32, group: u32): u32 {
  if (group & 1 || group == 0 || (opcode == 0x73 && group == 4)) return 0;
  return 0xc0 + (group << 3) + (opcode & 3);
}

/** 0F 71, 72, 73 on XMM registers. */
export function shiftImmediate(p: u32): void {
  const group = regOf(p) >> 4;
  const at = XMM + rmOf(p);
  const value = v128.load(at);
  const count = imm8Of(p);
  const opcode = groupShift(subOf(p), group);
  if (opcode) v128.store(at, shift(opcode, value, count));
  else if (subOf(p) == 0x73 && group == 3) v128.store(at, shiftBytesRight(value, count));
  else if (subOf(p) == 0x73 && group == 7) v128.store(at, shiftBytesLeft(value, count));
  else raise(VECTOR_UD, 0);
}

/** 0F 71, 72, 73 on MMX registers. */
export function shiftImmediateMmx(p: u32): void {
  const opcode = groupShift(subOf(p), regOf(p) >> 4);
  if (!opcode) raise(VECTOR_UD, 0);
  else if (!mmxBlocked()) {
    const value = v128.load64_zero(FPR + rmOf(p));
    setMmx(rmOf(p), low64(shift(opcode, value, imm8Of(p))));
  }
}
