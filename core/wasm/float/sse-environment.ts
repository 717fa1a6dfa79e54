/** What MXCSR asks for, and when the host's own arithmetic does the same. */
import { MXCSR } from '../layout';
import { ALL_EXCEPTIONS, PE, environment } from './status';

/** MXCSR but for its exception flags: nearest, everything masked, no DAZ, no FTZ. */
const ORDINARY_MODE: u32 = 0x1f80;

/** Makes MXCSR's rounding, masks, DAZ and FTZ those of the exact arithmetic. */
export function enterSse(): void {
  const mxcsr = load<u32>(MXCSR);
  environment((mxcsr >> 13) & 3, (mxcsr >> 7) & ALL_EXCEPTIONS, (mxcsr & 0x40) != 0, (mxcsr & 0x8000) != 0);
}

// @ts-ignore: decorator
@inline
export function ordinaryMode(mxcsr: u32): bool {
  return (mxcsr & 0xffc0) == ORDINARY_MODE;
}

/** PE is set already: nobody can tell whether a result is exact. */
// @ts-ignore: decorator
@inline
export function precisionLost(mxcsr: u32): bool {
  return (mxcsr & PE) != 0;
}

// @ts-ignore: decorator
@inline
export function isZero64(bits: u64): bool {
  return bits << 1 == 0;
}
// @ts-ignore: decorator
@inline
export function isZero32(bits: u32): bool {
  return bits << 1 == 0;
}

/** Neither denormal, infinite nor NaN, nor zero. */
// @ts-ignore: decorator
@inline
export function isNormal64(bits: u64): bool {
  return <u32>((bits >> 52) & 0x7ff) - 1 < 0x7fe;
}
// @ts-ignore: decorator
@inline
export function isNormal32(bits: u32): bool {
  return ((bits >> 23) & 0xff) - 1 < 0xfe;
}

/** A result that neither overflowed nor may have been tiny before it was rounded. */
// @ts-ignore: decorator
@inline
export function isSafe64(bits: u64): bool {
  return <u32>((bits >> 52) & 0x7ff) - 2 < 0x7fd;
}
// @ts-ignore: decorator
@inline
export function isSafe32(bits: u32): bool {
  return ((bits >> 23) & 0xff) - 2 < 0xfd;
}

// @ts-ignore: decorator
@inline
export function isNan64(bits: u64): bool {
  return bits << 1 > 0xffe0000000000000;
}
// @ts-ignore: decorator
@inline
export function isNan32(bits: u32): bool {
  return bits << 1 > 0xff000000;
}
/** Given a NaN: whether it is signalling. */
// @ts-ignore: decorator
@inline
export function isSignalling64(bits: u64): bool {
  return (bits & 0x0008000000000000) == 0;
}
// @ts-ignore: decorator
@inline
export function isSignalling32(bits: u32): bool {
  return (bits & 0x00400000) == 0;
}
// @ts-ignore: decorator
@inline
export function isDenormal64(bits: u64): bool {
  return (bits << 1) - 1 < 0x001fffffffffffff;
}
// @ts-ignore: decorator
@inline
export function isDenormal32(bits: u32): bool {
  return (bits << 1) - 1 < 0x00ffffff;
}
