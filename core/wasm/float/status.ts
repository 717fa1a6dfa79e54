/**
 * The exceptions an instruction has met so far, and the environment it rounds in. The bits are those that FSW and MXCSR
 * share (SDM vol. 1, 8.1.3.3 and 10.2.3). What is found before the computation and what its rounding brings are kept
 * apart: an unmasked exception of the first kind stops the instruction before the second can arise (SDM vol. 1, 4.9.2).
 */
export const IE: u32 = 1;
export const DE: u32 = 2;
export const ZE: u32 = 4;
export const OE: u32 = 8;
export const UE: u32 = 16;
export const PE: u32 = 32;
export const ALL_EXCEPTIONS: u32 = 63;

/** Rounding control, as in FCW and MXCSR. */
export const TO_NEAREST: u32 = 0;
export const DOWN: u32 = 1;
export const UP: u32 = 2;
export const TO_ZERO: u32 = 3;

let before: u32 = 0;
let after: u32 = 0;

/** Whether the last rounding moved away from zero: C1 of the x87. */
export let roundedUp: bool = false;

export let rounding: u32 = TO_NEAREST;
/** Exceptions that are masked. */
export let masks: u32 = ALL_EXCEPTIONS;
/** Denormal operands are zeros (MXCSR.DAZ). */
export let denormalsAreZeros: bool = false;
/** Tiny results are zeros, while underflow is masked (MXCSR.FTZ). */
export let flushToZero: bool = false;

/** Sets the rounding, the masks and the treatment of denormals for what follows. */
export function environment(mode: u32, masked: u32, zeros: bool, flush: bool): void {
  rounding = mode;
  masks = masked;
  denormalsAreZeros = zeros;
  flushToZero = flush;
}

/** Sets the rounding alone: instructions that carry their own, or truncate. */
export function setRounding(mode: u32): void {
  rounding = mode;
}

/** An exception found in the operands: IE, ZE or DE. */
// @ts-ignore: decorator
@inline
export function signalBefore(exceptions: u32): void {
  before |= exceptions;
}

/** An exception that rounding brings: OE, UE or PE. */
// @ts-ignore: decorator
@inline
export function signalAfter(exceptions: u32): void {
  after |= exceptions;
}

// @ts-ignore: decorator
@inline
export function setRoundedUp(value: bool): void {
  roundedUp = value;
}

/** Whether anything has been signalled since `takeExceptions`. */
// @ts-ignore: decorator
@inline
export function anySignalled(): bool {
  return (before | after) != 0;
}

/** Whether overflow or underflow stops the instruction. */
export function stoppedAfter(): bool {
  return (after & ~masks & (OE | UE)) != 0;
}

/** The result was not rounded after all: no PE, no C1. */
export function forgetRounding(): void {
  after &= ~PE;
  roundedUp = false;
}

/** The exceptions the instruction reports, given those that are masked; forgets them. */
export function takeExceptions(masked: u32): u32 {
  const exceptions = before & ~masked ? before : before | after;
  before = 0;
  after = 0;
  return exceptions;
}
