/**
 * Instruction forms: the rows that the assembler, the disassembler, the silicon recorder and the coverage
 * tests share. A row reads like the manual's (Intel SDM vol. 2):
 *
 *     mnemonic operand, operand | encoding | attributes
 *
 * Operands:
 *   r8 r16 r32 r64 mm xmm st sreg cr dr    a register; `:rm` puts it in ModRM.rm instead of ModRM.reg
 *   rm8 .. rm64, r32/m8, mm/m64, xmm/m128  a register or memory of so many bits, in ModRM.rm
 *   m m8 .. m512, far16 far32 far64        memory alone (m: no size is named); a far pointer in memory
 *   i8 i16 i32 i64, i8s i32s               an immediate; with `s` it is sign-extended to the operand size
 *   rel8 rel16 rel32, moffs8 .. moffs64    a branch distance; an absolute address without ModRM
 *   ptr16 ptr32                            selector:offset in the instruction
 *   1, al, cl, dx, st0, xmm0 ...           that value or register and no other
 * Encoding:
 *   hex bytes, `50+r` (register in the opcode), `/r`, `/0`../7 (ModRM.reg), `c0+i` (ModRM with st(i))
 *   o16 o32 W    the operand size: whatever prefix the mode needs for it; `a16 a32 a64` the address size
 *   np           no 66, F2 or F3 may stand before it; a first byte 66, F2 or F3 is part of the opcode
 * `v` for a size stands for three rows, of 16, 32 and 64 bits; `y` for two, of 32 and 64 bits.
 * `av` is ax, eax, rax; `iv` is i16, i32, i32s.
 * Attributes:
 *   lock rep repe   prefixes that mean something here
 *   only64 no64     modes; `d64`: 64 bits without REX.W, in 64-bit mode only
 *   priv            #GP outside ring 0 (with no I/O permission, for in and out)
 *   default         the row that an operand without a size means
 *   alias           a second spelling or encoding, which the disassembler never prints
 *   norexb          not with REX.B (0x90 is nop, 41 90 is xchg)
 */
import { registerNamed } from './registers.ts';
import type { Mode } from './operand.ts';
import type { Register, RegisterClass } from './registers.ts';

export type Pattern =
  | { readonly kind: 'register'; readonly class: RegisterClass; readonly slot: 'reg' | 'rm' | 'opcode' }
  | { readonly kind: 'rm'; readonly class: RegisterClass; readonly size: number }
  | { readonly kind: 'memory'; readonly size: number; readonly far: boolean }
  | { readonly kind: 'immediate'; readonly size: number; readonly signed: boolean }
  | { readonly kind: 'relative'; readonly size: number }
  | { readonly kind: 'offset'; readonly size: number }
  | { readonly kind: 'pointer'; readonly size: number }
  | { readonly kind: 'fixed'; readonly register: Register }
  | { readonly kind: 'one' };

export type Attribute =
  | 'lock'
  | 'rep'
  | 'repe'
  | 'only64'
  | 'no64'
  | 'd64'
  | 'priv'
  | 'default'
  | 'alias'
  | 'norexb';

export interface Form {
  readonly mnemonic: string;
  readonly operands: readonly Pattern[];
  /** The row as written (after expanding `v` and `y`). */
  readonly text: string;
  readonly family: string;
  /** Opcode map: 0 one byte, 1 after 0F, 2 after 0F 38, 3 after 0F 3A. */
  readonly map: 0 | 1 | 2 | 3;
  readonly opcode: number;
  /** Prefix that belongs to the opcode (66, F2, F3), or 0. */
  readonly prefix: number;
  readonly noPrefix: boolean;
  /** 9B before the instruction: fstcw is wait and fnstcw. */
  readonly wait: boolean;
  readonly operandSize: 0 | 16 | 32 | 64;
  readonly addressSize: 0 | Mode;
  /** The opcode's low three bits name a register. */
  readonly opcodeRegister: boolean;
  /** 'none', 'register' (/r), a digit (/0../7) in `digit`, or a whole byte in `modrm`. */
  readonly modrmKind: 'none' | 'register' | 'digit' | 'byte';
  readonly digit: number;
  readonly modrm: number;
  /** The low three bits of `modrm` name st(i). */
  readonly modrmRegister: boolean;
  readonly attributes: ReadonlySet<Attribute>;
}

/** Expands and parses the rows of one family. Empty lines and lines starting with `#` are skipped. */
export function rows(family: string, table: string): Form[] {
  return table
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap(expand)
    .map((line) => parseRow(family, line));
}

const WIDTHS: readonly { size: string; token: string; accumulator: string; immediate: string }[] = [
  { size: '16', token: 'o16', accumulator: 'ax', immediate: 'i16' },
  { size: '32', token: 'o32', accumulator: 'eax', immediate: 'i32' },
  { size: '64', token: 'W', accumulator: 'rax', immediate: 'i32s' },
];

function expand(line: string): string[] {
  const [head = '', encoding = '', attributes = ''] = line.split('|').map((part) => part.trim());
  const space = head.indexOf(' ');
  const operands = space < 0 ? '' : head.slice(space);
  const letter = /\b(?:rm|r|i|a|m)([vy])\b/.exec(operands)?.[1];
  if (letter === undefined) return [line];
  return WIDTHS.slice(letter === 'v' ? 0 : 1).map(({ size, token, accumulator, immediate }) => {
    const sized = operands
      .replace(/\ba[vy]\b/g, accumulator)
      .replace(/\bi[vy]\b/g, immediate)
      .replace(/\b(rm|r|m)[vy]\b/g, `$1${size}`);
    return `${head.slice(0, space)}${sized} | ${token} ${encoding} | ${attributes}`;
  });
}

function parseRow(family: string, text: string): Form {
  const [head = '', encoding = '', attributes = ''] = text.split('|').map((part) => part.trim());
  const [mnemonic = '', ...rest] = head.split(/\s+/);
  const operands = rest
    .join('')
    .split(',')
    .filter((operand) => operand !== '');
  const parsed = parseEncoding(encoding.split(/\s+/), text);
  return {
    mnemonic,
    operands: operands.map((operand) => parsePattern(operand, parsed.opcodeRegister, text)),
    text: [head.replace(/\s+/g, ' '), encoding, attributes].filter((part) => part !== '').join(' | '),
    family,
    ...parsed,
    attributes: new Set(attributes.split(/\s+/).filter((word) => word !== '') as Attribute[]),
  };
}

type Encoding = Omit<Form, 'mnemonic' | 'operands' | 'text' | 'family' | 'attributes'>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const SIZE_TOKENS: Readonly<Record<string, Partial<Encoding>>> = {
  o16: { operandSize: 16 },
  o32: { operandSize: 32 },
  W: { operandSize: 64 },
  a16: { addressSize: 16 },
  a32: { addressSize: 32 },
  a64: { addressSize: 64 },
  np: { noPrefix: true },
  '/r': { modrmKind: 'register' },
};

function parseEncoding(tokens: readonly string[], row: string): Encoding {
  const result: Mutable<Encoding> = {
    map: 0,
    opcode: -1,
    prefix: 0,
    noPrefix: false,
    wait: false,
    operandSize: 0,
    addressSize: 0,
    opcodeRegister: false,
    modrmKind: 'none',
    digit: 0,
    modrm: 0,
    modrmRegister: false,
  };
  const bytes = tokens.filter((token) => /^[0-9a-f]{2}(\+[ri])?$/.test(token));
  for (const token of tokens) {
    const known = SIZE_TOKENS[token];
    if (known !== undefined) Object.assign(result, known);
    else if (/^\/[0-7]$/.test(token)) Object.assign(result, { modrmKind: 'digit', digit: Number(token[1]) });
    else if (!bytes.includes(token)) throw new Error(`bad token '${token}' in row '${row}'`);
  }
  if (bytes[0] === '9b' && bytes.length > 1) {
    result.wait = true;
    bytes.shift();
  }
  if (bytes.length > 1 && ['66', 'f2', 'f3'].includes(bytes[0]!))
    result.prefix = parseInt(bytes.shift()!, 16);
  if (bytes[0] === '0f') {
    const second = bytes[1];
    result.map = second === '38' ? 2 : second === '3a' ? 3 : 1;
    bytes.splice(0, result.map === 1 ? 1 : 2);
  }
  const [opcode = '', modrm, extra] = bytes;
  if (opcode === '' || extra !== undefined) throw new Error(`bad opcode in row '${row}'`);
  result.opcode = parseInt(opcode, 16);
  result.opcodeRegister = opcode.endsWith('+r');
  if (modrm !== undefined) {
    result.modrmKind = 'byte';
    result.modrm = parseInt(modrm, 16);
    result.modrmRegister = modrm.endsWith('+i');
  }
  return result;
}

const CLASSES: readonly string[] = ['r8', 'r16', 'r32', 'r64', 'mm', 'xmm', 'sreg', 'cr', 'dr', 'st'];

function parsePattern(text: string, inOpcode: boolean, row: string): Pattern {
  const [name = '', second] = text.split(/[:/]/);
  if (CLASSES.includes(name)) {
    const kind = name as RegisterClass;
    if (second?.startsWith('m')) return { kind: 'rm', class: kind, size: Number(second.slice(1)) };
    if (second === 'rm') return { kind: 'register', class: kind, slot: 'rm' };
    return { kind: 'register', class: kind, slot: inOpcode || kind === 'st' ? 'opcode' : 'reg' };
  }
  const fixed = registerNamed(text);
  if (fixed !== undefined) return { kind: 'fixed', register: fixed };
  if (text === '1') return { kind: 'one' };
  const match = /^([a-z]+)(\d*)(s?)$/.exec(text);
  const size = Number(match?.[2] ?? 0);
  switch (match?.[1]) {
    case 'rm':
      return { kind: 'rm', class: `r${size}` as RegisterClass, size };
    case 'm':
      return { kind: 'memory', size, far: false };
    case 'far':
      return { kind: 'memory', size, far: true };
    case 'i':
      return { kind: 'immediate', size, signed: match[3] === 's' };
    case 'rel':
      return { kind: 'relative', size };
    case 'moffs':
      return { kind: 'offset', size };
    case 'ptr':
      return { kind: 'pointer', size };
    default:
      throw new Error(`bad operand '${text}' in row '${row}'`);
  }
}

/** Whether the form exists in that mode. */
export function existsIn(form: Form, mode: Mode): boolean {
  const has = (name: Attribute) => form.attributes.has(name);
  if (mode === 64) return !has('no64') && form.addressSize !== 16;
  return !has('only64') && !has('d64') && form.operandSize !== 64 && form.addressSize !== 64;
}
