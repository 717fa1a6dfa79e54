/**
 * Shifts and rotates (SDM vol. 2: SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR, SHLD, SHRD).
 *
 * Values come and go zero-extended; counts are masked already and not 0. Where the manual leaves flags undefined they are
 * as AMD's processors leave them: AF is set by shifts, and OF follows the formula of 1-bit shifts for every count.
 */
import { carry, replaceFlags, setResultAndBits } from './flags';
import { AF, CF, OF, RCX, REGS } from './layout';
import { readMemory, readRegister, writeMemory, writeRegister } from './operands';
import { writable } from './memory';
import { SIZE_64, addressOf, isMemory, regOf, rmOf, sizeOf } from './record';

/** All ones in an operand of `size`. */
// @ts-ignore: decorator
@inline
export function onesOf(size: u32): u64 {
  return (<u64>-1) >> (64 - ((<u64>8) << size));
}

/** OF from its value in bit 63. */
// @ts-ignore: decorator
@inline
function overflowBit(word: u64): u32 {
  return <u32>(word >> 63) * OF;
}

export function shl(value: u64, count: u32, size: u32): u64 {
  const shift: u32 = 64 - (8 << size);
  const top = value << shift;
  const result = top << count;
  const out = (top >> (64 - count)) & 1;
  setResultAndBits(shift, result, AF | (<u32>out) | overflowBit(result ^ (out << 63)));
  return result >> shift;
}

export function shr(value: u64, count: u32, size: u32): u64 {
  const shift: u32 = 64 - (8 << size);
  const out = (<u32>(value >> (count - 1))) & 1;
  const result = value >> count;
  const top = result << shift;
  setResultAndBits(shift, top, AF | out | overflowBit(top ^ (top << 1)));
  return result;
}

export function sar(value: u64, count: u32, size: u32): u64 {
  const shift: u32 = 64 - (8 << size);
  const signed = (<i64>(value << shift)) >> shift;
  const result = (<u64>(signed >> count)) << shift;
  setResultAndBits(shift, result, AF | ((<u32>(signed >> (count - 1))) & 1));
  return result >> shift;
}

export function rol(value: u64, count: u32, size: u32): u64 {
  const bits: u32 = 8 << size;
  const by = count & (bits - 1);
  const result = ((value << by) | (value >> (bits - by))) & onesOf(size);
  const out = result & 1;
  replaceFlags(CF | OF, (<u32>out) | overflowBit((result << (64 - bits)) ^ (out << 63)));
  return result;
}

export function ror(value: u64, count: u32, size: u32): u64 {
  const bits: u32 = 8 << size;
  const by = count & (bits - 1);
  const result = ((value >> by) | (value << (bits - by))) & onesOf(size);
  const top = result << (64 - bits);
  replaceFlags(CF | OF, (<u32>(top >> 63)) | overflowBit(top ^ (top << 1)));
  return result;
}

/** Rotates through CF: `bits + 1` places. */
export function rcl(value: u64, count: u32, size: u32): u64 {
  const bits: u32 = 8 << size;
  const by = count % (bits + 1);
  let out = <u64>carry();
  let result = value;
  if (by) {
    result = ((value << by) | (out << (by - 1))) & onesOf(size);
    if (by > 1) result |= value >> (bits + 1 - by);
    out = (value >> (bits - by)) & 1;
  }
  replaceFlags(CF | OF, (<u32>out) | overflowBit((result << (64 - bits)) ^ (out << 63)));
  return result;
}

export function rcr(value: u64, count: u32, size: u32): u64 {
  const bits: u32 = 8 << size;
  const by = count % (bits + 1);
  let out = <u64>carry();
  let result = value;
  if (by) {
    result = (value >> by) | (out << (bits - by));
    if (by > 1) result = (result | (value << (bits + 1 - by))) & onesOf(size);
    out = (value >> (by - 1)) & 1;
  }
  const top = result << (64 - bits);
  replaceFlags(CF | OF, (<u32>out) | overflowBit(top ^ (top << 1)));
  return result;
}

/** `value` shifted left, filled from the top of `fill`. A 16-bit count above 16 is undefined: AMD rotates `fill`. */
export function shld(value: u64, fill: u64, count: u32, size: u32): u64 {
  const bits: u32 = 8 << size;
  const shift = 64 - bits;
  let result: u64;
  let flags: u32 = AF;
  if (count > bits) {
    result = ((fill << (count - bits)) | (fill >> (2 * bits - count))) & onesOf(size);
  } else {
    const out = (value >> (bits - count)) & 1;
    result = (count == bits ? fill : (value << count) | (fill >> (bits - count))) & onesOf(size);
    flags |= (<u32>out) | overflowBit((result << shift) ^ (out << 63));
  }
  setResultAndBits(shift, result << shift, flags);
  return result;
}

/** `value` shifted right, filled from the bottom of `fill`. */
export function shrd(value: u64, fill: u64, count: u32, size: u32): u64 {
  const bits: u32 = 8 << size;
  const shift = 64 - bits;
  let result: u64;
  let flags: u32 = AF;
  if (count > bits) {
    result = ((fill >> (count - bits)) | (fill << (2 * bits - count))) & onesOf(size);
  } else {
    result = (count == bits ? fill : (value >> count) | (fill << (bits - count))) & onesOf(size);
    flags |= (<u32>(value >> (count - 1))) & 1;
  }
  const top = result << shift;
  setResultAndBits(shift, top, flags | overflowBit(top ^ (top << 1)));
  return result;
}

/** One of the group ROL ROR RCL RCR SHL SHR SAL SAR (ModRM.reg). */
function shifted(kind: u32, value: u64, count: u32, size: u32): u64 {
  switch (kind) {
    case 0:
      return rol(value, count, size);
    case 1:
      return ror(value, count, size);
    case 2:
      return rcl(value, count, size);
    case 3:
      return rcr(value, count, size);
    case 5:
      return shr(value, count, size);
    case 7:
      return sar(value, count, size);
    default:
      return shl(value, count, size);
  }
}

// @ts-ignore: decorator
@inline
function maskCount(count: u32, size: u32): u32 {
  return count & (size == SIZE_64 ? 63 : 31);
}

/** CL, the count of the variable forms. */
// @ts-ignore: decorator
@inline
export function countInCl(): u32 {
  return load<u8>(REGS + RCX * 8);
}

/** Shifts the rm operand; `kind` as in ModRM.reg. A count of 0 changes no flag. */
export function shiftRm(p: u32, kind: u32, count: u32): void {
  const size = sizeOf(p);
  const by = maskCount(count, size);
  if (!isMemory(p)) {
    const value = readRegister(rmOf(p), size);
    writeRegister(rmOf(p), size, by ? shifted(kind, value, by, size) : value);
    return;
  }
  const address = addressOf(p);
  if (!writable(address, 1 << size) || !by) return;
  writeMemory(address, size, shifted(kind, readMemory(address, size), by, size));
}

/** SHLD or SHRD of rm, filled from reg. */
export function doubleShiftRm(p: u32, right: bool, count: u32): void {
  const size = sizeOf(p);
  const by = maskCount(count, size);
  const fill = readRegister(regOf(p), size);
  if (!isMemory(p)) {
    const value = readRegister(rmOf(p), size);
    writeRegister(rmOf(p), size, by ? doubleShifted(right, value, fill, by, size) : value);
    return;
  }
  const address = addressOf(p);
  if (!writable(address, 1 << size) || !by) return;
  writeMemory(address, size, doubleShifted(right, readMemory(address, size), fill, by, size));
}

// @ts-ignore: decorator
@inline
function doubleShifted(right: bool, value: u64, fill: u64, count: u32, size: u32): u64 {
  return right ? shrd(value, fill, count, size) : shld(value, fill, count, size);
}
