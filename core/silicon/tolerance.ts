/**
 * What may differ between the recorded processor (an AMD EPYC) and an honest x86, beside undefined flags:
 *
 * - FSIN and its kin: the manuals bound the error, vendors round differently in the last place.
 * - RCPPS and its kin are approximations; the manuals bound the relative error.
 * - The last instruction and data pointers of the x87 unit, which AMD saves only with an exception pending.
 * - Results of F2XM1 and FYL2XP1 for operands out of the range they are defined for.
 * - Which of several accesses of one instruction faults first, and what it stored before.
 * - Some instructions with MMX and memory or XMM operands have entered MMX state (TOP 0, all tags valid)
 *   when they fault.
 */
import { FIX, PAGE } from './probe.ts';
import { shiftCount, undefinedFlags } from './undefined-flags.ts';
import type { Tolerance } from './compare.ts';
import type { TrialState } from './trial-state.ts';
import type { Probe } from './probe.ts';

const C1 = 0x200;

const TRANSCENDENTAL = new Set(['fsin', 'fcos', 'fsincos', 'fptan', 'fpatan', 'f2xm1', 'fyl2x', 'fyl2xp1']);
const ULPS = 1;
/** The relative error the manual grants RCPPS and RSQRTPS. */
const APPROXIMATION = 1.5 * 2 ** -12;

/** Byte ranges, from the operand's address, that hold FOP, FIP and FDP (and the mask of MXCSR's bits). */
const POINTERS: Readonly<Record<string, readonly (readonly [from: number, to: number])[]>> = {
  fnstenv: [[12, 28]],
  fnsave: [[12, 28]],
  fnstenvw: [[6, 14]],
  fnsavew: [[6, 14]],
  fxsave: [[6, 24] as const, [28, 32] as const],
  fxsave64: [[6, 24] as const, [28, 32] as const],
};

/** Where these fault, the recorded processor has already entered MMX state. */
const ENTERS_MMX_FIRST = /^(maskmovq|cvtt?p[sd]2pi)$/;

/** Instructions that access memory more than once. */
const SEVERAL_ACCESSES =
  /^(push|pop)a|^(iret|retf|enter|call|fldenv|frstor|fnstenv|fnsave|fxsave|fxrstor|maskmov|bound)|far/;

export function toleranceOf(probe: Probe, input: TrialState): Tolerance {
  const mnemonic = probe.form.slice(0, probe.form.search(/[ |]/));
  const transcendental = TRANSCENDENTAL.has(mnemonic);
  return {
    flags: undefinedFlags(probe, input),
    fsw: transcendental ? C1 : 0,
    x87Ulps: transcendental ? ULPS : 0,
    relative: /^(rcp|rsqrt)/.test(mnemonic) ? 2 * APPROXIMATION : 0,
    severalAccesses: SEVERAL_ACCESSES.test(probe.form),
    anyResult: isUndefinedShift(probe, input, mnemonic) || isOutOfRange(input, mnemonic),
    anyX87AfterFault: ENTERS_MMX_FIRST.test(mnemonic),
    ignoresByte: ignoredBytes(probe, input, POINTERS[mnemonic]),
  };
}

/** SHLD and SHRD of 16 bits by more than 16 leave the destination undefined too. */
function isUndefinedShift(probe: Probe, input: TrialState, mnemonic: string): boolean {
  if (mnemonic !== 'shld' && mnemonic !== 'shrd') return false;
  return probe.form.includes(' o16 ') && shiftCount(probe, input) > 16;
}

const INFINITE = 0x7fff;
/**
 * Exponents from which on a finite ST(0) is, or may be, out of range: F2XM1 to 1, FYL2XP1 to 1 - sqrt(1/2).
 */
const RANGE: Readonly<Record<string, number>> = { f2xm1: 0x3fff, fyl2xp1: 0x3ffd };

function isOutOfRange(input: TrialState, mnemonic: string): boolean {
  const exponent = input.exponent[0]! & INFINITE;
  const limit = RANGE[mnemonic];
  if (limit === undefined || exponent < limit || exponent === INFINITE) return false;
  const isOne = exponent === limit && input.significand[1] === 0x80000000 && input.significand[0] === 0;
  return !(mnemonic === 'f2xm1' && isOne);
}

function ignoredBytes(
  probe: Probe,
  input: TrialState,
  ranges: (typeof POINTERS)[string] | undefined,
): (offset: number) => boolean {
  const pointer = probe.fixups.find(([kind]) => kind === FIX.pointer);
  if (ranges === undefined || pointer === undefined) return () => false;
  const start = input.gpr[2 * pointer[1]]! - PAGE;
  return (offset) => ranges.some(([from, to]) => offset >= start + from && offset < start + to);
}
