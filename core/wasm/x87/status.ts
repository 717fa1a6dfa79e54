/** Control and status word of the x87 (SDM vol. 1, 8.1.3 to 8.1.5), and how an instruction ends. */
import { setDestination } from '../float/round';
import {
  ALL_EXCEPTIONS,
  DE,
  IE,
  OE,
  PE,
  UE,
  ZE,
  environment,
  forgetRounding,
  roundedUp,
  setRoundedUp,
  stoppedAfter,
  takeExceptions,
} from '../float/status';
import { FCW, FSW, FTW } from '../layout';

/** Stack fault. It has no mask of its own: it comes with IE. */
export const SF: u32 = 0x40;
/** An unmasked exception is pending; B says the same. */
export const ES: u32 = 0x80;
export const C0: u32 = 0x100;
export const C1: u32 = 0x200;
export const C2: u32 = 0x400;
export const C3: u32 = 0x4000;
const B: u32 = 0x8000;

/** Greatest exponent of the 80-bit format. */
const EXTENDED_MAXIMUM: i32 = 16383;

// @ts-ignore: decorator
@inline
function maskedExceptions(): u32 {
  return (load<u16>(FCW) & ALL_EXCEPTIONS) | SF;
}

/** Begins an instruction that computes: rounding and masks of FCW, results in the 80-bit format with all 64 bits. */
export function enter(): void {
  environment((load<u16>(FCW) >> 10) & 3, maskedExceptions(), false, false);
  setRoundedUp(false);
  setDestination(64, EXTENDED_MAXIMUM);
}

/** Significant bits by precision control: 24, reserved, 53, 64. */
export function controlPrecision(): void {
  const control = (load<u16>(FCW) >> 8) & 3;
  setDestination(control == 0 ? 24 : control == 2 ? 53 : 64, EXTENDED_MAXIMUM);
}

/** Makes ES and B what flags and masks say. */
export function summarize(): void {
  const fsw = load<u16>(FSW) & ~(ES | B);
  const pending = (fsw & ~load<u16>(FCW) & ALL_EXCEPTIONS) != 0;
  store<u16>(FSW, pending ? fsw | ES | B : fsw);
}

// @ts-ignore: decorator
@inline
export function exceptionPending(): bool {
  return (load<u16>(FSW) & ES) != 0;
}

function report(): u32 {
  const masked = maskedExceptions();
  const exceptions = takeExceptions(masked);
  const unmasked = exceptions & ~masked;
  // An instruction that its operands stop has not rounded; a stack overflow sets C1 even so.
  const setsC1 = roundedUp && (!(unmasked & (IE | DE | ZE)) || (exceptions & SF) != 0);
  store<u16>(FSW, (load<u16>(FSW) & ~C1) | exceptions | (setsC1 ? C1 : 0));
  if (unmasked) summarize();
  return unmasked;
}

/** Ends an instruction whose result goes to a register. True: write it, and pop if that is due. */
export function commit(): bool {
  return (report() & ~(OE | UE | PE)) == 0;
}

/** The same for an instruction that leaves C1 alone. */
export function commitKeepingC1(): bool {
  const c1 = load<u16>(FSW) & C1;
  const masked = commit();
  store<u16>(FSW, load<u16>(FSW) | c1);
  return masked;
}

/**
 * Ends an instruction whose result goes to memory: unmasked overflow and underflow keep it from there too, and it was
 * not rounded then.
 */
export function commitStore(): bool {
  if (stoppedAfter()) forgetRounding();
  return (report() & ~PE) == 0;
}

/** Sets the whole condition code. */
export function setConditions(bits: u32): void {
  store<u16>(FSW, (load<u16>(FSW) & ~(C0 | C1 | C2 | C3)) | bits);
}

/** Replaces C0, C2 and C3 alone. */
export function setComparison(bits: u32): void {
  store<u16>(FSW, (load<u16>(FSW) & ~(C0 | C2 | C3)) | bits);
}

export function clearC1(): void {
  store<u16>(FSW, load<u16>(FSW) & ~C1);
}

/** FNINIT: everything masked, 64 bits, nearest, empty. (FIP, FDP and FOP are state.ts's.) */
export function resetControl(): void {
  store<u16>(FCW, 0x37f);
  store<u16>(FSW, 0);
  store<u8>(FTW, 0);
}
