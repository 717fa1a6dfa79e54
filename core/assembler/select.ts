/** Chooses the form an instruction of the source means, and encodes it. */
import { AssemblyError } from './errors.ts';
import { encode } from './encode.ts';
import { existsIn } from './form.ts';
import { shapesFit } from './match.ts';
import { PREFIX_BYTES } from './statement.ts';
import type { Form } from './form.ts';
import type { Mode, Operand } from './operand.ts';
import type { Instruction } from './statement.ts';

/** The forms that take operands of these shapes. They stay the same while labels move. */
export function formsFor(
  instruction: Instruction,
  operands: readonly Operand[],
  mode: Mode,
): readonly Form[] {
  const fitting = instruction.forms.filter((form) => existsIn(form, mode) && shapesFit(form, operands, mode));
  if (fitting.length === 0)
    throw new AssemblyError(`no form of '${instruction.mnemonic}' takes these operands`);
  return withSizes(fitting, operands);
}

/**
 * The shortest encoding of at least `minimum` bytes. The minimum is the length an earlier pass chose:
 * lengths only grow from pass to pass, so that the layout settles.
 */
export function encodeShortest(
  forms: readonly Form[],
  instruction: Instruction,
  operands: readonly Operand[],
  mode: Mode,
  address: bigint,
  minimum: number,
): number[] {
  const prefixes = instruction.prefixes.flatMap((word) => prefixBytes(word, mode));
  const at = address + BigInt(prefixes.length);
  let best: number[] | null = null;
  let longest: number[] | null = null;
  for (const form of forms) {
    const bytes = encode(form, operands, mode, at);
    if (bytes === null) continue;
    const length = bytes.length + prefixes.length;
    if (length >= minimum && (best === null || bytes.length < best.length)) best = bytes;
    if (longest === null || bytes.length > longest.length) longest = bytes;
  }
  best ??= longest;
  if (best === null) throw new AssemblyError(`a number is out of range for '${instruction.mnemonic}'`);
  return [...prefixes, ...best];
}

function prefixBytes(word: string, mode: Mode): number[] {
  const fixed = PREFIX_BYTES[word];
  if (fixed !== undefined) return [fixed];
  const bits = Number(word.slice(1));
  if (word.startsWith('a')) return bits === mode ? [] : [0x67];
  return bits === Math.min(mode, 32) ? [] : [0x66];
}

/**
 * Where a memory operand has no size and no register gives one, the forms must agree or one be the default.
 */
function withSizes(forms: readonly Form[], operands: readonly Operand[]): readonly Form[] {
  const at = operands.findIndex((operand) => operand.kind === 'memory' && operand.size === 0);
  if (at < 0) return forms;
  const preferred = forms.filter((form) => form.attributes.has('default'));
  if (preferred.length > 0) return preferred;
  const sizes = new Set(
    forms.map(({ operands: patterns }) => {
      const pattern = patterns[at]!;
      return 'size' in pattern ? pattern.size : 0;
    }),
  );
  if (sizes.size > 1) throw new AssemblyError('say how wide the memory is: byte, word, dword, qword ...');
  return forms;
}
