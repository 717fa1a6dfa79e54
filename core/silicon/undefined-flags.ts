/**
 * Flags that Intel's manual (SDM vol. 2, "Flags Affected") leaves undefined. A row without a condition
 * always holds.
 */
import type { TrialState } from './trial-state.ts';
import type { Probe } from './probe.ts';

const [CF, PF, AF, ZF, SF, OF] = [0x1, 0x4, 0x10, 0x40, 0x80, 0x800];

type Condition =
  | 'count above 0'
  | 'count above 1'
  | 'count at least the operand size'
  | 'count above the operand size';

export const UNDEFINED_FLAGS: readonly (readonly [mnemonics: string, mask: number, condition?: Condition])[] =
  [
    ['mul imul', SF | ZF | AF | PF],
    ['div idiv', CF | OF | SF | ZF | AF | PF],
    ['and or xor test', AF],
    ['shl shr sar', AF, 'count above 0'],
    ['shl shr sar', OF, 'count above 1'],
    ['shl shr', CF, 'count at least the operand size'],
    ['rol ror rcl rcr', OF, 'count above 1'],
    ['shld shrd', AF, 'count above 0'],
    ['shld shrd', OF, 'count above 1'],
    ['shld shrd', CF | OF | SF | ZF | AF | PF, 'count above the operand size'],
    ['bt bts btr btc', OF | SF | AF | PF],
    ['bsf bsr', CF | OF | SF | AF | PF],
    ['aaa aas', OF | SF | ZF | PF],
    ['aam aad', OF | AF | CF],
    ['daa das', OF],
  ];

/** The operand size that a form's row names. */
function operandBits(form: string): number {
  if (form.includes(' o16 ')) return 16;
  if (form.includes(' W ')) return 64;
  return form.includes(' o32 ') ? 32 : 8;
}

/** The count of a shift: CL, an immediate (always the last byte), or 1; masked as the processor masks it. */
export function shiftCount(probe: Probe, input: TrialState): number {
  const operands = probe.form.split('|')[0]!;
  const mask = operandBits(probe.form) === 64 ? 63 : 31;
  if (operands.includes('cl')) return input.gpr[2]! & mask;
  return (operands.includes('i8') ? probe.code.at(-1)! : 1) & mask;
}

function holds(condition: Condition | undefined, probe: Probe, input: TrialState): boolean {
  if (condition === undefined) return true;
  const count = shiftCount(probe, input);
  switch (condition) {
    case 'count above 0':
      return count > 0;
    case 'count above 1':
      return count > 1;
    case 'count at least the operand size':
      return count >= operandBits(probe.form);
    case 'count above the operand size':
      return count > operandBits(probe.form);
  }
}

/** Mask of the flags that a trial may leave in any state. */
export function undefinedFlags(probe: Probe, input: TrialState): number {
  const mnemonic = probe.form.slice(0, probe.form.indexOf(' '));
  return UNDEFINED_FLAGS.filter(
    ([mnemonics, , condition]) => mnemonics.split(' ').includes(mnemonic) && holds(condition, probe, input),
  ).reduce((mask, [, flags]) => mask | flags, 0);
}
