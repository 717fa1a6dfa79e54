/**
 * A small x86 assembler for tests and tools: Intel syntax, close to NASM's.
 *
 *     const { bytes, labels } = assemble(`
 *       start:  mov rcx, 10
 *       .again: add rax, [table + rcx*8]
 *               dec rcx
 *               jnz .again
 *               hlt
 *       table:  dq 1, 2, 3
 *     `, { origin: 0x1000 });
 *
 * Labels (`name:`), local labels (`.name:`, which belong to the label before), `name equ expression`; `$` is
 * the address of the line, `$$` the origin; `db dw dd dq` (numbers and strings), `resb resw resd resq`
 * (zeroes), `align n[, byte]` (nops), `times n statement`, `bits 16|32|64`, `default rel|abs`. An address is
 * absolute unless `[rel x]`. Branches and immediates get the shortest form that fits.
 */
import { AssemblyError } from './errors.ts';
import { evaluate, isSymbolic, Reader } from './expression.ts';
import { tokenize } from './lexer.ts';
import { isFixed, resolve } from './operand-parser.ts';
import { encodeShortest, formsFor } from './select.ts';
import { parseLine } from './statement.ts';
import type { Expression, Scope } from './expression.ts';
import type { Form } from './form.ts';
import type { Mode } from './operand.ts';
import type { Statement } from './statement.ts';

export interface AssembleOptions {
  /** Address of the first byte; a signed number or bigint for kernel addresses. Default 0. */
  readonly origin?: number | bigint;
  /** Mode of the first line. Default 64. */
  readonly bits?: Mode;
  /** Constants known from outside, like `equ`. */
  readonly symbols?: Readonly<Record<string, number | bigint>>;
}

/** Where one line's code lies. */
export interface AssembledLine {
  /** Line of the source, from 1. */
  readonly line: number;
  /** Virtual address, sign-interpreted. */
  readonly address: number;
  readonly length: number;
}

export interface Assembly {
  readonly bytes: Uint8Array;
  /** Virtual addresses, sign-interpreted; local labels as `label.local`. */
  readonly labels: Map<string, number>;
  readonly lines: readonly AssembledLine[];
}

interface Placed {
  readonly line: number;
  readonly statement: Statement;
  readonly mode: Mode;
  address: bigint;
  bytes: Uint8Array | readonly number[];
  /** The forms an instruction may take. */
  forms: readonly Form[] | null;
  /** The bytes depend on no address: they are what they will be. */
  settled: boolean;
}

const MAX_PASSES = 200;
const MAX_BYTES = 1 << 28;

/** Assembles a source. Throws AssemblyError whose message starts with the line number. */
export function assemble(source: string, options: AssembleOptions = {}): Assembly {
  const origin = BigInt.asIntN(64, BigInt(options.origin ?? 0));
  const placed = parse(source, options.bits ?? 64);
  const layout = new Layout(placed, origin, options.symbols ?? {});
  layout.settle();
  const lines = placed
    .filter(({ bytes }) => bytes.length > 0)
    .map(({ line, address, bytes }) => ({ line, address: Number(address), length: bytes.length }));
  return { bytes: join(placed), labels: layout.numericLabels(), lines };
}

/** Runs one step for a line and puts its number before an error's text. */
function onLine<T>(placed: { line: number; text?: string }, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof AssemblyError) || error.message.startsWith('line ')) throw error;
    throw new AssemblyError(`line ${placed.line}: ${error.message}`);
  }
}

function parse(source: string, bits: Mode): Placed[] {
  const placed: Placed[] = [];
  let mode = bits;
  let parent = '';
  let defaultRelative = false;
  source.split('\n').forEach((text, n) => {
    const qualify = (name: string) => (name.startsWith('.') ? parent + name : name);
    const read = () => parseLine(new Reader(tokenize(text)), { qualify, defaultRelative });
    for (const statement of onLine({ line: n + 1 }, () => withText(text, read))) {
      if (statement.kind === 'mode') ({ mode } = statement);
      else if (statement.kind === 'default') defaultRelative = statement.relative;
      else placed.push({ line: n + 1, statement, mode, address: 0n, bytes: [], forms: null, settled: false });
    }
    const label = /^\s*([A-Za-z_?@$][\w.$@?]*)\s*:/.exec(text)?.[1];
    if (label !== undefined) parent = label;
  });
  return placed;
}

function withText<T>(text: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof AssemblyError)) throw error;
    throw new AssemblyError(`${error.message} in '${text.trim()}'`);
  }
}

/** Gives every statement an address and bytes, pass after pass until nothing moves. */
class Layout implements Scope {
  private readonly placed: readonly Placed[];
  private readonly origin: bigint;
  /** Null until the first pass comes by. */
  private readonly labels = new Map<string, bigint | null>();
  private readonly constants = new Map<string, Expression>();
  private readonly open = new Set<string>();
  private here = 0n;

  constructor(placed: readonly Placed[], origin: bigint, symbols: Readonly<Record<string, number | bigint>>) {
    this.placed = placed;
    this.origin = origin;
    const seen = new Set<string>();
    for (const { line, statement } of placed) {
      if (statement.kind !== 'label' && statement.kind !== 'equ') continue;
      if (seen.has(statement.name))
        throw new AssemblyError(`line ${line}: '${statement.name}' is defined twice`);
      seen.add(statement.name);
      if (statement.kind === 'equ') this.constants.set(statement.name, statement.value);
      else this.labels.set(statement.name, null);
    }
    for (const [name, value] of Object.entries(symbols)) {
      if (!seen.has(name)) this.constants.set(name, { kind: 'number', value: BigInt(value) });
    }
  }

  valueOf(name: string): bigint {
    if (name === '$') return this.here;
    if (name === '$$') return this.origin;
    const label = this.labels.get(name);
    // A label further on is taken to be near at first: branches start short and grow.
    if (label !== undefined) return label ?? this.here;
    const constant = this.constants.get(name);
    if (constant === undefined) throw new AssemblyError(`'${name}' is not defined`);
    return this.guarded(name, () => evaluate(constant, this));
  }

  isLabel(name: string): boolean {
    if (name === '$' || name === '$$' || this.labels.has(name)) return true;
    const constant = this.constants.get(name);
    return constant !== undefined && this.guarded(name, () => isSymbolic(constant, this));
  }

  private guarded<T>(name: string, step: () => T): T {
    if (this.open.has(name)) throw new AssemblyError(`'${name}' is defined by itself`);
    this.open.add(name);
    try {
      return step();
    } finally {
      this.open.delete(name);
    }
  }

  settle(): void {
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      if (!this.runPass(pass === 0)) {
        for (const item of this.placed) {
          if (!item.settled) onLine(item, () => this.emit(item));
        }
        return;
      }
    }
    throw new AssemblyError('line 1: the layout does not settle');
  }

  /** One pass; true where an address or a length changed. An error may be cured by the next pass. */
  private runPass(first: boolean): boolean {
    let changed = first;
    this.here = this.origin;
    for (const item of this.placed) {
      if (item.statement.kind === 'label') {
        changed ||= this.labels.get(item.statement.name) !== this.here;
        this.labels.set(item.statement.name, this.here);
      }
      item.address = this.here;
      if (item.settled) {
        this.here += BigInt(item.bytes.length);
        continue;
      }
      const before = item.bytes.length;
      try {
        item.bytes = this.emit(item);
        item.settled = this.isFixed(item.statement);
      } catch (error) {
        if (!(error instanceof AssemblyError)) throw error;
      }
      changed ||= item.bytes.length !== before;
      this.here = item.address + BigInt(item.bytes.length);
    }
    return changed;
  }

  private isFixed(statement: Statement): boolean {
    switch (statement.kind) {
      case 'instruction':
        return statement.operands.every((operand) => isFixed(operand, this));
      case 'data':
        return statement.items.every((item) => typeof item === 'string' || !isSymbolic(item, this));
      case 'reserve':
        return !isSymbolic(statement.count, this);
      case 'times':
        return !isSymbolic(statement.count, this) && this.isFixed(statement.body);
      default:
        return false;
    }
  }

  private emit(item: Placed): Uint8Array | readonly number[] {
    this.here = item.address;
    return this.bytesOf(item.statement, item, item.bytes.length);
  }

  private bytesOf(statement: Statement, item: Placed, minimum: number): Uint8Array | readonly number[] {
    switch (statement.kind) {
      case 'instruction': {
        const operands = statement.operands.map((template) => resolve(template, this));
        item.forms ??= formsFor(statement, operands, item.mode);
        return encodeShortest(item.forms, statement, operands, item.mode, this.here, minimum);
      }
      case 'data':
        return statement.items.flatMap((value) => this.dataBytes(value, statement.width));
      case 'reserve':
        return new Uint8Array(this.count(statement.count) * statement.width);
      case 'align':
        return this.padding(statement.to, statement.fill);
      case 'times':
        return this.repeated(statement.body, this.count(statement.count), item);
      default:
        return [];
    }
  }

  private count(expression: Expression): number {
    const value = evaluate(expression, this);
    if (value < 0n || value > BigInt(MAX_BYTES)) throw new AssemblyError(`bad count ${value}`);
    return Number(value);
  }

  private dataBytes(value: string | Expression, width: number): number[] {
    if (typeof value === 'string') {
      const bytes = [...new TextEncoder().encode(value)];
      while (bytes.length % width !== 0) bytes.push(0);
      return bytes;
    }
    const number = evaluate(value, this);
    const bits = BigInt(width * 8);
    if (number < -(1n << (bits - 1n)) || number >= 1n << bits) {
      throw new AssemblyError(`${number} does not fit ${width} bytes`);
    }
    return Array.from({ length: width }, (_, n) => Number((number >> BigInt(8 * n)) & 0xffn));
  }

  private padding(to: Expression, fill: Expression): Uint8Array {
    const boundary = evaluate(to, this);
    if (boundary <= 0n || (boundary & (boundary - 1n)) !== 0n) {
      throw new AssemblyError('align to a power of two');
    }
    const length = Number(BigInt.asUintN(64, -this.here) & (boundary - 1n));
    return new Uint8Array(length).fill(Number(BigInt.asUintN(8, evaluate(fill, this))));
  }

  private repeated(body: Statement, count: number, item: Placed): Uint8Array | readonly number[] {
    if (this.isFixed(body) && count > 0) {
      const once = this.bytesOf(body, item, 0);
      const all = new Uint8Array(once.length * count);
      for (let n = 0; n < count; n++) all.set(once, n * once.length);
      return all;
    }
    const start = this.here;
    const bytes: number[] = [];
    for (let n = 0; n < count; n++) {
      this.here = start + BigInt(bytes.length);
      for (const byte of this.bytesOf(body, item, 0)) bytes.push(byte);
    }
    return bytes;
  }

  numericLabels(): Map<string, number> {
    return new Map([...this.labels].map(([name, value]) => [name, Number(BigInt.asIntN(64, value ?? 0n))]));
  }
}

function join(placed: readonly Placed[]): Uint8Array {
  const total = placed.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const result = new Uint8Array(total);
  let at = 0;
  for (const { bytes } of placed) {
    result.set(bytes, at);
    at += bytes.length;
  }
  return result;
}
