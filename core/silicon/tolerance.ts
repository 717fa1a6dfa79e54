/**
 * What may differ between the recorded processor (an AMD EPYC) and an honest x86, beside undefined flags:
 *
 * - FSIN and its kin: the manuals bound the error, vendors round differently in the last place.
 * - The last instruction and data pointers of the x87 unit, which AMD saves only with an exception pending.
 * - Which of several accesses of one instruction faults first, and what it stored before.
 */
import { FIX, PAGE } from './probe.ts';
import { shiftCount, undefinedFlags } from './undefined-flags.ts';
import type { Tolerance } from './compare.ts';
import type { TrialState } from './generator.ts';
import type { Probe } from './probe.ts';

const C1 = 0x200;

const TRANSCENDENTAL = new Set(['fsin', 'fcos', 'fsincos', 'fptan', 'fpatan', 'f2xm1', 'fyl2x', 'fyl2xp1']);
const ULPS = 1;

/** Byte ranges, from the operand's address, that hold FOP, FIP and FDP (and the mask of MXCSR's bits). */
const POINTERS: Readonly<Record<string, readonly (readonly [from: number, to: number])[]>> = {
  fnstenv: [[12, 28]],
  fnsave: [[12, 28]],
  fnstenvw: [[6, 14]],
  fnsavew: [[6, 14]],
  fxsave: [[6, 24] as const, [28, 32] as const],
  fxsave64: [[6, 24] as const, [28, 32] as const],
};

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
    severalAccesses: SEVERAL_ACCESSES.test(probe.form),
    anyResult: isUndefinedShift(probe, input, mnemonic),
    ignoresByte: ignoredBytes(probe, input, POINTERS[mnemonic]),
  };
}

/** SHLD and SHRD of 16 bits by more than 16 leave the destination undefined too. */
function isUndefinedShift(probe: Probe, input: TrialState, mnemonic: string): boolean {
  if (mnemonic !== 'shld' && mnemonic !== 'shrd') return false;
  return probe.form.includes(' o16 ') && shiftCount(probe, input) > 16;
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
