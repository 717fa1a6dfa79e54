/** Operand text to a template, and the template to an operand once labels have values. */
import { AssemblyError } from './errors.ts';
import { evaluate, isSymbolic, parseExpression } from './expression.ts';
import { registerBits, registerNamed } from './registers.ts';
import type { Expression, Reader, Scope } from './expression.ts';
import type { FarPointer, Immediate, Memory, Operand } from './operand.ts';
import type { Register } from './registers.ts';

/** An operand whose numbers are still expressions. */
export type Template =
  | { readonly kind: 'register'; readonly operand: Register }
  | { readonly kind: 'memory'; readonly shape: Memory; readonly displacement: Expression }
  | { readonly kind: 'immediate'; readonly shape: Immediate; readonly value: Expression }
  | {
      readonly kind: 'far';
      readonly size: number;
      readonly selector: Expression;
      readonly offset: Expression;
    };

/** What the rest of the source says about operands. */
export interface Context {
  qualify(name: string): string;
  /** `default rel`: an address without registers is RIP-relative. */
  readonly defaultRelative: boolean;
}

/** Size keywords, in bits; `yword` and beyond have no place in the baseline. */
export const SIZES: Readonly<Record<string, number>> = {
  ...{ byte: 8, word: 16, dword: 32, qword: 64, tword: 80, oword: 128, xmmword: 128 },
};

const NO_MEMORY: Memory = {
  ...{ kind: 'memory', size: 0, far: false, segment: -1, base: -1, index: -1, scale: 1, addressBits: 0 },
  ...{ displacement: 0n, relative: false, symbolic: false },
};

export function parseOperand(reader: Reader, context: Context): Template {
  let size = 0;
  let far = false;
  let distance: Immediate['distance'] = '';
  for (;;) {
    const word = reader.peekWord();
    if (SIZES[word] !== undefined) size = SIZES[word];
    else if (word === 'far') far = true;
    else if (word === 'short' || word === 'near') distance = word;
    else if (word !== 'ptr') break;
    reader.next();
  }
  const register = registerNamed(reader.peekWord());
  if (register !== undefined && !reader.isAt(':', 1)) {
    reader.next();
    return { kind: 'register', operand: register };
  }
  if (reader.peekWord() === 'st') return parseStackRegister(reader);
  if (reader.isAt('[') || register !== undefined) return parseMemory(reader, context, size, far);
  const value = parseExpression(reader, (name) => context.qualify(name));
  if (reader.accept(':')) {
    return {
      kind: 'far',
      size,
      selector: value,
      offset: parseExpression(reader, (name) => context.qualify(name)),
    };
  }
  const shape: Immediate = { kind: 'immediate', value: 0n, size, distance, symbolic: false };
  return { kind: 'immediate', shape, value };
}

/** `st(3)` is another spelling of st3, and `st` of st0. */
function parseStackRegister(reader: Reader): Template {
  reader.next();
  let number = 0;
  if (reader.accept('(')) {
    const token = reader.next();
    number = token.kind === 'number' ? Number(token.value) : -1;
    if (number < 0 || number > 7) throw new AssemblyError('st(0) to st(7) exist');
    reader.expect(')');
  }
  return { kind: 'register', operand: { kind: 'register', class: 'st', number } };
}

function parseMemory(reader: Reader, context: Context, size: number, far: boolean): Template {
  let segment = segmentOverride(reader);
  reader.expect('[');
  if (segment < 0) segment = segmentOverride(reader);
  let relative: boolean | null = null;
  let addressBits = 0;
  for (;;) {
    const word = reader.peekWord();
    if (word === 'rel') relative = true;
    else if (word === 'abs') relative = false;
    else if (SIZES[word] !== undefined) addressBits = SIZES[word];
    else break;
    reader.next();
  }
  if (segment < 0) segment = segmentOverride(reader);
  const expression = parseExpression(reader, (name) => context.qualify(name));
  reader.expect(']');
  const terms = splitTerms(expression);
  const registers = placeRegisters(terms.registers);
  const bare = registers.base < 0 && registers.index < 0;
  const isRelative = bare && (relative ?? (context.defaultRelative && segment < 0));
  const bits = registers.addressBits || addressBits;
  const shape: Memory = {
    ...NO_MEMORY,
    size,
    far,
    segment,
    ...registers,
    addressBits: bits,
    relative: isRelative,
  };
  return { kind: 'memory', shape, displacement: terms.rest };
}

function segmentOverride(reader: Reader): number {
  const register = registerNamed(reader.peekWord());
  if (register?.class !== 'sreg') return -1;
  reader.next();
  reader.expect(':');
  return register.number;
}

interface Terms {
  readonly registers: { register: Register; scale: number; scaled: boolean }[];
  readonly rest: Expression;
}

/** Splits `rbx + rcx*4 + label - 8` into its registers and the expression that is left. */
function splitTerms(expression: Expression): Terms {
  if (expression.kind === 'register')
    return { registers: [{ register: expression.register, scale: 1, scaled: false }], rest: ZERO };
  if (expression.kind !== 'binary') return { registers: [], rest: expression };
  const { operator, left, right } = expression;
  if (operator === '*') {
    const scaled = left.kind === 'register' ? left : right.kind === 'register' ? right : null;
    const factor = scaled === left ? right : left;
    if (scaled === null) return { registers: [], rest: expression };
    if (factor.kind !== 'number') throw new AssemblyError('a scale is 1, 2, 4 or 8');
    return {
      registers: [{ register: scaled.register, scale: Number(factor.value), scaled: true }],
      rest: ZERO,
    };
  }
  if (operator !== '+' && operator !== '-') return { registers: [], rest: expression };
  const first = splitTerms(left);
  const second = splitTerms(right);
  if (operator === '-' && second.registers.length > 0)
    throw new AssemblyError('a register cannot be subtracted');
  const rest: Expression = { kind: 'binary', operator, left: first.rest, right: second.rest };
  return { registers: [...first.registers, ...second.registers], rest };
}

const ZERO: Expression = { kind: 'number', value: 0n };
const STACK_POINTER = 4;

function placeRegisters(terms: Terms['registers']): Pick<Memory, 'base' | 'index' | 'scale' | 'addressBits'> {
  let base = -1;
  let index = -1;
  let scale = 1;
  let addressBits = 0;
  for (const term of terms) {
    const bits = registerBits(term.register.class);
    if (bits < 16 || (addressBits !== 0 && bits !== addressBits))
      throw new AssemblyError('bad address register');
    if (![1, 2, 4, 8].includes(term.scale)) throw new AssemblyError('a scale is 1, 2, 4 or 8');
    addressBits = bits;
    if (!term.scaled && base < 0) base = term.register.number;
    else if (index < 0) {
      index = term.register.number;
      scale = term.scale;
    } else throw new AssemblyError('too many registers in an address');
  }
  // rsp can only be a base; of two unscaled registers either may be one.
  if (index === STACK_POINTER && scale === 1 && base >= 0 && addressBits !== 16)
    [base, index] = [index, base];
  return { base, index, scale, addressBits };
}

/**
 * Whether an operand is the same wherever the instruction and the labels lie; a number alone may be a
 * branch's target.
 */
export function isFixed(template: Template, scope: Scope): boolean {
  if (template.kind === 'register') return true;
  if (template.kind !== 'memory') return false;
  return !template.shape.relative && !isSymbolic(template.displacement, scope);
}

/** Fills in the numbers. Values keep their full width: forms decide what fits. */
export function resolve(template: Template, scope: Scope): Operand {
  switch (template.kind) {
    case 'register':
      return template.operand;
    case 'memory': {
      const symbolic = isSymbolic(template.displacement, scope);
      return { ...template.shape, displacement: evaluate(template.displacement, scope), symbolic };
    }
    case 'immediate': {
      const symbolic = isSymbolic(template.value, scope);
      return { ...template.shape, value: evaluate(template.value, scope), symbolic };
    }
    case 'far': {
      const far: FarPointer = {
        ...{ kind: 'far', size: template.size },
        selector: evaluate(template.selector, scope),
        offset: evaluate(template.offset, scope),
      };
      return far;
    }
  }
}
