/** Conversions between integers and the two floating-point formats, ROUND, and COMIS. */
import { faulted } from '../fault';
import { writeStatusFlags } from '../flags';
import {
  sse32To64,
  sse32ToI32,
  sse32ToI64,
  sse64To32,
  sse64ToI32,
  sse64ToI64,
  sseCompare32,
  sseCompare64,
  sseI32To64,
  sseI64To32,
  sseI64To64,
  sseRound32,
  sseRound64,
} from '../float/sse';
import { SIZE_64, imm8Of, isMemory, regOf, sizeOf } from '../record';
import { sourceGeneral } from './moves';
import {
  enterMmx,
  mmxBlocked,
  mmxSource,
  setGeneral,
  setMmx,
  simdException,
  source128,
  source32,
  source64,
  xmmReg,
} from './operands';

/** CVTSI2SS. */
export function generalToSingle(p: u32): void {
  const value = sourceGeneral(p);
  if (faulted()) return;
  const result = sseI64To32(sizeOf(p) == SIZE_64 ? <i64>value : <i64>(<i32>value));
  if (!simdException()) store<u32>(xmmReg(p), result);
}

/** CVTSI2SD. */
export function generalToDouble(p: u32): void {
  const value = sourceGeneral(p);
  if (faulted()) return;
  const result = sizeOf(p) == SIZE_64 ? sseI64To64(<i64>value) : sseI32To64(<i32>value);
  if (!simdException()) store<u64>(xmmReg(p), result);
}

/** CVTSS2SI, CVTTSS2SI. */
export function singleToGeneral(p: u32, truncate: bool): void {
  const value = source32(p);
  if (faulted()) return;
  const result = sizeOf(p) == SIZE_64 ? sse32ToI64(value, truncate) : <u64>sse32ToI32(value, truncate);
  if (!simdException()) setGeneral(p, result);
}

/** CVTSD2SI, CVTTSD2SI. */
export function doubleToGeneral(p: u32, truncate: bool): void {
  const value = source64(p);
  if (faulted()) return;
  const result = sizeOf(p) == SIZE_64 ? sse64ToI64(value, truncate) : <u64>sse64ToI32(value, truncate);
  if (!simdException()) setGeneral(p, result);
}

/** The two doublewords CVTPI2PS and CVTPI2PD convert. Memory operands leave the x87 state alone. */
function mmxPair(p: u32): u64 {
  if (!isMemory(p) && mmxBlocked()) return 0;
  const value = mmxSource(p);
  if (!isMemory(p)) enterMmx();
  return value;
}

/** CVTPI2PS: two singles into the low half. */
export function mmxToSingles(p: u32): void {
  const value = mmxPair(p);
  if (faulted()) return;
  const low = sseI64To32(<i64>(<i32>value));
  const high = sseI64To32((<i64>value) >> 32);
  if (!simdException()) store<u64>(xmmReg(p), (<u64>low) | ((<u64>high) << 32));
}

/** CVTPI2PD. */
export function mmxToDoubles(p: u32): void {
  const value = mmxPair(p);
  if (faulted()) return;
  v128.store(xmmReg(p), i64x2(sseI32To64(<i32>value), sseI32To64(<i32>(value >> 32))));
}

/** Two doublewords as one quadword. */
// @ts-ignore: decorator
@inline
function pair(low: u32, high: u32): u64 {
  return (<u64>low) | ((<u64>high) << 32);
}

/** CVTPS2PI, CVTTPS2PI. */
export function singlesToMmx(p: u32, truncate: bool): void {
  if (mmxBlocked()) return;
  const value = source64(p);
  if (faulted()) return;
  const low = sse32ToI32(<u32>value, truncate);
  const high = sse32ToI32(<u32>(value >> 32), truncate);
  if (!simdException()) setMmx(regOf(p), pair(low, high));
}

/** The doublewords of two doubles; check simdException(). */
function doublesToPair(value: v128, truncate: bool): u64 {
  const low = sse64ToI32(i64x2.extract_lane(value, 0), truncate);
  return pair(low, sse64ToI32(i64x2.extract_lane(value, 1), truncate));
}

/** CVTPD2PI, CVTTPD2PI. */
export function doublesToMmx(p: u32, truncate: bool): void {
  if (mmxBlocked()) return;
  const value = source128(p);
  if (faulted()) return;
  const result = doublesToPair(value, truncate);
  if (!simdException()) setMmx(regOf(p), result);
}

/** CVTPD2DQ, CVTTPD2DQ: the high half becomes 0. */
export function doublesToIntegers(p: u32, truncate: bool): void {
  const value = source128(p);
  if (faulted()) return;
  const result = doublesToPair(value, truncate);
  if (!simdException()) v128.store(xmmReg(p), i64x2(result, 0));
}

/** CVTPS2DQ, CVTTPS2DQ. */
export function singlesToIntegers(p: u32, truncate: bool): void {
  const value = source128(p);
  if (faulted()) return;
  const r0 = sse32ToI32(i32x4.extract_lane(value, 0), truncate);
  const r1 = sse32ToI32(i32x4.extract_lane(value, 1), truncate);
  const r2 = sse32ToI32(i32x4.extract_lane(value, 2), truncate);
  const r3 = sse32ToI32(i32x4.extract_lane(value, 3), truncate);
  if (!simdException()) v128.store(xmmReg(p), i32x4(r0, r1, r2, r3));
}

/** CVTDQ2PS. */
export function integersToSingles(p: u32): void {
  const value = source128(p);
  if (faulted()) return;
  const r0 = sseI64To32(<i64>i32x4.extract_lane(value, 0));
  const r1 = sseI64To32(<i64>i32x4.extract_lane(value, 1));
  const r2 = sseI64To32(<i64>i32x4.extract_lane(value, 2));
  const r3 = sseI64To32(<i64>i32x4.extract_lane(value, 3));
  if (!simdException()) v128.store(xmmReg(p), i32x4(r0, r1, r2, r3));
}

/** CVTDQ2PD: always exact. */
export function integersToDoubles(p: u32): void {
  const value = source64(p);
  if (faulted()) return;
  v128.store(xmmReg(p), i64x2(sseI32To64(<i32>value), sseI32To64(<i32>(value >> 32))));
}

/** CVTPS2PD. */
export function singlesToDoubles(p: u32): void {
  const value = source64(p);
  if (faulted()) return;
  const low = sse32To64(<u32>value);
  const high = sse32To64(<u32>(value >> 32));
  if (!simdException()) v128.store(xmmReg(p), i64x2(low, high));
}

/** CVTPD2PS: the high half becomes 0. */
export function doublesToSingles(p: u32): void {
  const value = source128(p);
  if (faulted()) return;
  const low = sse64To32(i64x2.extract_lane(value, 0));
  const high = sse64To32(i64x2.extract_lane(value, 1));
  if (!simdException()) v128.store(xmmReg(p), i64x2(pair(low, high), 0));
}

/** CVTSS2SD. */
export function singleToDouble(p: u32): void {
  const value = source32(p);
  if (faulted()) return;
  const result = sse32To64(value);
  if (!simdException()) store<u64>(xmmReg(p), result);
}

/** CVTSD2SS. */
export function doubleToSingle(p: u32): void {
  const value = source64(p);
  if (faulted()) return;
  const result = sse64To32(value);
  if (!simdException()) store<u32>(xmmReg(p), result);
}

/** ROUNDSS. */
export function roundSingle(p: u32): void {
  const value = source32(p);
  if (faulted()) return;
  const result = sseRound32(value, imm8Of(p));
  if (!simdException()) store<u32>(xmmReg(p), result);
}

/** ROUNDSD. */
export function roundDouble(p: u32): void {
  const value = source64(p);
  if (faulted()) return;
  const result = sseRound64(value, imm8Of(p));
  if (!simdException()) store<u64>(xmmReg(p), result);
}

/** ROUNDPS. */
export function roundSingles(p: u32): void {
  const value = source128(p);
  if (faulted()) return;
  const mode = imm8Of(p);
  const r0 = sseRound32(i32x4.extract_lane(value, 0), mode);
  const r1 = sseRound32(i32x4.extract_lane(value, 1), mode);
  const r2 = sseRound32(i32x4.extract_lane(value, 2), mode);
  const r3 = sseRound32(i32x4.extract_lane(value, 3), mode);
  if (!simdException()) v128.store(xmmReg(p), i32x4(r0, r1, r2, r3));
}

/** ROUNDPD. */
export function roundDoubles(p: u32): void {
  const value = source128(p);
  if (faulted()) return;
  const low = sseRound64(i64x2.extract_lane(value, 0), imm8Of(p));
  const high = sseRound64(i64x2.extract_lane(value, 1), imm8Of(p));
  if (!simdException()) v128.store(xmmReg(p), i64x2(low, high));
}

/** UCOMISS and, `ordered`, COMISS: ZF, PF, CF; the other status flags become 0. */
export function compareSingle(p: u32, ordered: bool): void {
  const value = source32(p);
  if (faulted()) return;
  const flags = sseCompare32(load<u32>(xmmReg(p)), value, ordered);
  if (!simdException()) writeStatusFlags(flags);
}

/** UCOMISD and, `ordered`, COMISD. */
export function compareDouble(p: u32, ordered: bool): void {
  const value = source64(p);
  if (faulted()) return;
  const flags = sseCompare64(load<u64>(xmmReg(p)), value, ordered);
  if (!simdException()) writeStatusFlags(flags);
}
