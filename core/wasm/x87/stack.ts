/** The register stack of the x87: ST(i), its tags, and its faults (SDM vol. 1, 8.1.2 and 8.5.1.1). */
import { setFirst, setSecond } from '../float/arithmetic';
import { packSignExponent, unpack80 } from '../float/pack';
import { deliverDefaultNan, resultSignificand } from '../float/round';
import { IE, setRoundedUp, signalBefore } from '../float/status';
import { FPR, FSW, FTW } from '../layout';
import { SF } from './status';

// @ts-ignore: decorator
@inline
export function top(): u32 {
  return (load<u16>(FSW) >> 11) & 7;
}

export function setTop(value: u32): void {
  store<u16>(FSW, (load<u16>(FSW) & ~0x3800) | ((value & 7) << 11));
}

/** Pointer of ST(i): significand at +0, sign and exponent at +8. */
// @ts-ignore: decorator
@inline
export function st(i: u32): u32 {
  return FPR + ((top() + i) & 7) * 16;
}

// @ts-ignore: decorator
@inline
export function isEmpty(i: u32): bool {
  return ((load<u8>(FTW) >> ((top() + i) & 7)) & 1) == 0;
}

function markFull(i: u32): void {
  store<u8>(FTW, (<u32>load<u8>(FTW)) | ((<u32>1) << ((top() + i) & 7)));
}

export function markEmpty(i: u32): void {
  store<u8>(FTW, (<u32>load<u8>(FTW)) & ~((<u32>1) << ((top() + i) & 7)));
}

export function pop(): void {
  markEmpty(0);
  setTop(top() + 1);
}

/** A new ST(0), full; its value is the caller's to write. */
export function push(): void {
  setTop(top() - 1);
  markFull(0);
}

/** Takes ST(i) apart (float/pack.ts). */
// @ts-ignore: decorator
@inline
export function unpackRegister(i: u32): void {
  const at = st(i);
  unpack80(load<u64>(at), load<u16>(at, 8));
}

/** Makes ST(i) the first operand. */
export function takeFirst(i: u32): void {
  unpackRegister(i);
  setFirst();
}

/** Makes ST(i) the second operand. */
export function takeSecond(i: u32): void {
  unpackRegister(i);
  setSecond();
}

/** Writes a number to ST(i), which is full then. */
export function setRegister(i: u32, significand: u64, signExponent: u32): void {
  const at = st(i);
  store<u64>(at, significand);
  store<u16>(at, signExponent, 8);
  markFull(i);
}

/** Writes what was delivered (float/round.ts) to ST(i). */
export function setResult(i: u32): void {
  setRegister(i, resultSignificand, packSignExponent());
}

/** An operand is empty: IE, SF, C1 clear; the result is a NaN if IE is masked. */
export function stackUnderflow(): void {
  signalBefore(IE | SF);
  setRoundedUp(false);
  deliverDefaultNan();
}

/** There is no room for a push: IE, SF, C1 set; the result is a NaN if IE is masked. */
export function stackOverflow(): void {
  signalBefore(IE | SF);
  setRoundedUp(true);
  deliverDefaultNan();
}
