/** From opcode bytes to the forms they may be, the assembler's table turned around. */
import { existsIn } from '../assembler/form.ts';
import { FORMS } from '../assembler/forms.ts';
import type { Form } from '../assembler/form.ts';
import type { Mode } from '../assembler/operand.ts';

/** What prefixes and ModRM say before the form is known. */
export interface Shape {
  readonly mode: Mode;
  /** The last of F2 and F3, or 0. */
  readonly repeat: number;
  readonly has66: boolean;
  readonly rexB: boolean;
  readonly operandSize: 16 | 32 | 64;
  readonly addressSize: Mode;
  /** The byte after the opcode, or -1 at the end of the bytes. */
  readonly modrm: number;
}

const key = (map: number, opcode: number) => (map << 8) | opcode;

/** A whole opcode beats a register in it, a prefix that belongs to it beats none, a size beats any size. */
function rank(form: Form): number {
  const prefix = form.prefix === 0 ? 2 : form.prefix === 0x66 ? 1 : 0;
  const size = form.attributes.has('norexb') ? 0 : form.operandSize === 0 ? 2 : 1;
  return prefix * 4 + size;
}

const table = new Map<number, Form[]>();
for (const form of FORMS.filter((candidate) => !candidate.attributes.has('alias'))) {
  for (let n = 0; n < (form.opcodeRegister ? 8 : 1); n++) {
    const at = key(form.map, form.opcode + n);
    const list = table.get(at);
    if (list === undefined) table.set(at, [form]);
    else list.push(form);
  }
}
for (const list of table.values()) list.sort((a, b) => rank(a) - rank(b));

/** The form of that opcode that agrees with prefixes, mode and ModRM, or undefined. */
export function lookUp(map: number, opcode: number, shape: Shape): Form | undefined {
  return table.get(key(map, opcode))?.find((form) => agrees(form, shape));
}

function agrees(form: Form, shape: Shape): boolean {
  if (!existsIn(form, shape.mode)) return false;
  if (form.attributes.has('norexb') && shape.rexB) return false;
  if (form.addressSize !== 0 && form.addressSize !== shape.addressSize) return false;
  return prefixesAgree(form, shape) && modrmAgrees(form, shape.modrm);
}

function prefixesAgree(form: Form, shape: Shape): boolean {
  if (form.noPrefix && (shape.repeat !== 0 || shape.has66)) return false;
  if (form.prefix === 0x66 ? !shape.has66 : form.prefix !== 0 && form.prefix !== shape.repeat) return false;
  // 66 before an opcode it belongs to says nothing about the size.
  const size = form.prefix === 0x66 && shape.operandSize === 16 ? 32 : shape.operandSize;
  if (form.attributes.has('d64')) return size !== 16;
  return form.operandSize === 0 || form.operandSize === size;
}

function modrmAgrees(form: Form, modrm: number): boolean {
  if (form.modrmKind === 'none') return true;
  if (modrm < 0) return false;
  if (form.modrmKind === 'byte') return form.modrm === (form.modrmRegister ? modrm & ~7 : modrm);
  if (form.modrmKind === 'digit' && form.digit !== ((modrm >> 3) & 7)) return false;
  const isRegister = modrm >= 0xc0;
  return form.operands.every((pattern) => {
    if (pattern.kind === 'memory') return !isRegister;
    return pattern.kind !== 'register' || pattern.slot !== 'rm' || isRegister;
  });
}
