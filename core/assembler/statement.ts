/** One line of source to statements. */
import { AssemblyError } from './errors.ts';
import { parseExpression } from './expression.ts';
import { formsOf } from './forms.ts';
import { parseOperand } from './operand-parser.ts';
import type { Expression, Reader } from './expression.ts';
import type { Form } from './form.ts';
import type { Mode } from './operand.ts';
import type { Context, Template } from './operand-parser.ts';

export type Statement =
  | { readonly kind: 'label'; readonly name: string }
  | { readonly kind: 'equ'; readonly name: string; readonly value: Expression }
  | { readonly kind: 'data'; readonly width: number; readonly items: readonly (string | Expression)[] }
  | { readonly kind: 'reserve'; readonly width: number; readonly count: Expression }
  | { readonly kind: 'align'; readonly to: Expression; readonly fill: Expression }
  | { readonly kind: 'times'; readonly count: Expression; readonly body: Statement }
  | { readonly kind: 'mode'; readonly mode: Mode }
  | { readonly kind: 'default'; readonly relative: boolean }
  | Instruction;

export interface Instruction {
  readonly kind: 'instruction';
  readonly mnemonic: string;
  /** Bytes of the prefixes written as words. */
  readonly prefixes: readonly string[];
  readonly forms: readonly Form[];
  readonly operands: readonly Template[];
}

/** Prefixes that are written as words before the mnemonic. */
export const PREFIX_BYTES: Readonly<Record<string, number>> = {
  ...{ lock: 0xf0, rep: 0xf3, repe: 0xf3, repz: 0xf3, repne: 0xf2, repnz: 0xf2 },
  ...{ es: 0x26, cs: 0x2e, ss: 0x36, ds: 0x3e, fs: 0x64, gs: 0x65 },
};
const SIZE_PREFIXES = ['a16', 'a32', 'a64', 'o16', 'o32'];

const DATA: Readonly<Record<string, number>> = { db: 1, dw: 2, dd: 4, dq: 8 };
const RESERVE: Readonly<Record<string, number>> = { resb: 1, resw: 2, resd: 4, resq: 8 };
const AFTER_NAME = ['equ', 'times', ...Object.keys(DATA), ...Object.keys(RESERVE)];
const NOP = 0x90n;

/** Parses a whole line: labels, then at most one other statement. */
export function parseLine(reader: Reader, context: Context): Statement[] {
  const statements: Statement[] = [];
  for (;;) {
    const token = reader.peek();
    if (token?.kind !== 'name') break;
    const colon = reader.isAt(':', 1);
    if (!colon && !AFTER_NAME.includes(reader.peekWord(1))) break;
    if (Object.hasOwn(PREFIX_BYTES, token.text) || reader.peekWord() === 'times') break;
    reader.next();
    const name = context.qualify(token.text);
    if (colon) reader.expect(':');
    if (reader.peekWord() === 'equ') {
      reader.next();
      statements.push({ kind: 'equ', name, value: expression(reader, context) });
    } else statements.push({ kind: 'label', name });
  }
  if (!reader.done) statements.push(parseStatement(reader, context));
  if (!reader.done) throw new AssemblyError('unexpected text at the end of the line');
  return statements;
}

const expression = (reader: Reader, context: Context) =>
  parseExpression(reader, (name) => context.qualify(name));

function parseStatement(reader: Reader, context: Context): Statement {
  const token = reader.next();
  if (token.kind !== 'name') throw new AssemblyError('a label, directive or instruction is needed');
  const word = token.text.toLowerCase();
  if (DATA[word] !== undefined) return { kind: 'data', width: DATA[word], items: list(reader, context) };
  if (RESERVE[word] !== undefined) {
    return { kind: 'reserve', width: RESERVE[word], count: expression(reader, context) };
  }
  switch (word) {
    case 'align': {
      const to = expression(reader, context);
      const fill = reader.accept(',') ? expression(reader, context) : { kind: 'number' as const, value: NOP };
      return { kind: 'align', to, fill };
    }
    case 'times':
      return { kind: 'times', count: expression(reader, context), body: parseStatement(reader, context) };
    case 'bits': {
      const mode = reader.next();
      const value = mode.kind === 'number' ? Number(mode.value) : 0;
      if (value !== 16 && value !== 32 && value !== 64) throw new AssemblyError('bits 16, 32 or 64');
      return { kind: 'mode', mode: value };
    }
    case 'default': {
      const choice = reader.peekWord();
      reader.next();
      if (choice !== 'rel' && choice !== 'abs') throw new AssemblyError('default rel or default abs');
      return { kind: 'default', relative: choice === 'rel' };
    }
    default:
      return parseInstruction(word, reader, context);
  }
}

function list(reader: Reader, context: Context): (string | Expression)[] {
  const items: (string | Expression)[] = [];
  do {
    const token = reader.peek();
    const whole = token?.kind === 'string' && (reader.peek(1) === undefined || reader.isAt(',', 1));
    if (whole) {
      reader.next();
      items.push(token.text);
    } else items.push(expression(reader, context));
  } while (reader.accept(','));
  return items;
}

function parseInstruction(first: string, reader: Reader, context: Context): Instruction {
  const prefixes: string[] = [];
  let mnemonic = first;
  while (Object.hasOwn(PREFIX_BYTES, mnemonic) || SIZE_PREFIXES.includes(mnemonic)) {
    prefixes.push(mnemonic);
    mnemonic = reader.peekWord();
    reader.next();
  }
  const forms = formsOf(mnemonic);
  if (forms.length === 0) throw new AssemblyError(`no such instruction: '${mnemonic}'`);
  const operands: Template[] = [];
  if (!reader.done) {
    do operands.push(parseOperand(reader, context));
    while (reader.accept(','));
  }
  return { kind: 'instruction', mnemonic, prefixes, forms, operands };
}
