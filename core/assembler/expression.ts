/** Expressions over numbers, labels and constants, evaluated in 64-bit two's complement and beyond. */
import { AssemblyError } from './errors.ts';
import { registerNamed } from './registers.ts';
import type { Token } from './lexer.ts';
import type { Register } from './registers.ts';

export type Expression =
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'register'; readonly register: Register }
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    };

/** What names mean: labels move while the layout is found, constants do not. */
export interface Scope {
  valueOf(name: string): bigint;
  isLabel(name: string): boolean;
}

/** Reads the tokens of one line, front to back. */
export class Reader {
  private at = 0;
  private readonly tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  get done(): boolean {
    return this.at >= this.tokens.length;
  }

  peek(ahead = 0): Token | undefined {
    return this.tokens[this.at + ahead];
  }

  next(): Token {
    const token = this.tokens[this.at++];
    if (token === undefined) throw new AssemblyError('the line ends too early');
    return token;
  }

  /** The text of the next token where it is a name, in lower case, else ''. */
  peekWord(ahead = 0): string {
    const token = this.peek(ahead);
    return token?.kind === 'name' ? token.text.toLowerCase() : '';
  }

  isAt(punctuation: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token?.kind === 'punctuation' && token.text === punctuation;
  }

  accept(punctuation: string): boolean {
    if (!this.isAt(punctuation)) return false;
    this.at++;
    return true;
  }

  expect(punctuation: string): void {
    if (!this.accept(punctuation)) throw new AssemblyError(`'${punctuation}' expected`);
  }
}

const PRECEDENCE: readonly (readonly string[])[] = [
  ['|'],
  ['^'],
  ['&'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

/**
 * Parses an expression; `qualify` completes a local label's name (`.loop` belongs to the label before it).
 */
export function parseExpression(reader: Reader, qualify: (name: string) => string, level = 0): Expression {
  const operators = PRECEDENCE[level];
  if (operators === undefined) return parseUnary(reader, qualify);
  let left = parseExpression(reader, qualify, level + 1);
  for (;;) {
    const token = reader.peek();
    if (token?.kind !== 'punctuation' || !operators.includes(token.text)) return left;
    reader.next();
    const right = parseExpression(reader, qualify, level + 1);
    left = { kind: 'binary', operator: token.text, left, right };
  }
}

function parseUnary(reader: Reader, qualify: (name: string) => string): Expression {
  const token = reader.next();
  if (token.kind === 'number') return token;
  if (token.kind === 'string') return { kind: 'number', value: characters(token.text) };
  if (token.kind === 'name') {
    const register = registerNamed(token.text.toLowerCase());
    if (register !== undefined) return { kind: 'register', register };
    return { kind: 'symbol', name: qualify(token.text) };
  }
  if (token.text === '(') {
    const inner = parseExpression(reader, qualify);
    reader.expect(')');
    return inner;
  }
  if (!['-', '+', '~'].includes(token.text)) throw new AssemblyError(`unexpected '${token.text}'`);
  return { kind: 'unary', operator: token.text, operand: parseUnary(reader, qualify) };
}

/** A character constant: its bytes, the first one lowest. */
function characters(text: string): bigint {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > 8) throw new AssemblyError(`'${text}' does not fit 8 bytes`);
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

const BINARY: Readonly<Record<string, (left: bigint, right: bigint) => bigint>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / nonZero(right),
  '%': (left, right) => left % nonZero(right),
  '&': (left, right) => left & right,
  '|': (left, right) => left | right,
  '^': (left, right) => left ^ right,
  '<<': (left, right) => left << shiftCount(right),
  '>>': (left, right) => left >> shiftCount(right),
};

function nonZero(divisor: bigint): bigint {
  if (divisor === 0n) throw new AssemblyError('division by zero');
  return divisor;
}

function shiftCount(count: bigint): bigint {
  if (count < 0n || count > 128n) throw new AssemblyError(`bad shift count ${count}`);
  return count;
}

/** The value of an expression without registers. */
export function evaluate(expression: Expression, scope: Scope): bigint {
  switch (expression.kind) {
    case 'number':
      return expression.value;
    case 'symbol':
      return scope.valueOf(expression.name);
    case 'register':
      throw new AssemblyError('a register cannot stand here');
    case 'unary': {
      const value = evaluate(expression.operand, scope);
      return expression.operator === '-' ? -value : expression.operator === '~' ? ~value : value;
    }
    case 'binary':
      return BINARY[expression.operator]!(
        evaluate(expression.left, scope),
        evaluate(expression.right, scope),
      );
  }
}

/** Whether the value depends on where labels lie. */
export function isSymbolic(expression: Expression, scope: Scope): boolean {
  switch (expression.kind) {
    case 'symbol':
      return scope.isLabel(expression.name);
    case 'unary':
      return isSymbolic(expression.operand, scope);
    case 'binary':
      return isSymbolic(expression.left, scope) || isSymbolic(expression.right, scope);
    default:
      return false;
  }
}
