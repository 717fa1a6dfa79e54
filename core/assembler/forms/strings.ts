import { rows } from '../form.ts';
import type { Form } from '../form.ts';

/** Each string instruction has a byte form and one for each wider operand. */
function widths(name: string, opcode: number, attribute: string, widest: 32 | 64 = 64): string {
  const byte = opcode.toString(16);
  const word = (opcode + 1).toString(16);
  return `
    ${name}b | ${byte} | ${attribute}
    ${name}w | o16 ${word} | ${attribute}
    ${name}d | o32 ${word} | ${attribute}
    ${widest === 64 ? `${name}q | W ${word} | ${attribute}` : ''}`;
}

/** String instructions, with their implied operands. */
export const strings: readonly Form[] = rows(
  'strings',
  [
    widths('movs', 0xa4, 'rep'),
    widths('cmps', 0xa6, 'repe'),
    widths('stos', 0xaa, 'rep'),
    widths('lods', 0xac, 'rep'),
    widths('scas', 0xae, 'repe'),
    widths('ins', 0x6c, 'rep priv', 32),
    widths('outs', 0x6e, 'rep priv', 32),
  ].join(''),
);
