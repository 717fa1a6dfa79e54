/**
 * Random wasm modules, seeded, as text: functions of all types with locals, globals, memory, blocks, loops that end, calls
 * direct and through the table. They validate and end by construction; they may trap. The bits of a NaN, which wasm leaves
 * open, never reach an integer or memory.
 */
import { OPERATORS } from './operators.ts';
import type { TypeName } from './operators.ts';

const TYPES: readonly TypeName[] = ['i32', 'i64', 'f32', 'f64'];
const LOADS: Readonly<Record<TypeName, readonly string[]>> = {
  i32: ['load', 'load8_s', 'load8_u', 'load16_s', 'load16_u'],
  i64: ['load', 'load8_s', 'load8_u', 'load16_s', 'load16_u', 'load32_s', 'load32_u'],
  f32: ['load'],
  f64: ['load'],
};
const STORES: Readonly<Record<TypeName, readonly string[]>> = {
  i32: ['store', 'store8', 'store16'],
  i64: ['store', 'store8', 'store16', 'store32'],
  f32: ['store'],
  f64: ['store'],
};
const ATOMICS = ['add', 'sub', 'and', 'or', 'xor', 'xchg'];
const MEMORY_MASK = 0x3fff;
const FUNCTIONS = 5;
/** Iterations that all loops of one call of the module may make. */
const FUEL = 300;
const MAX_DEPTH = 4;

/** xorshift32: the same numbers on every machine. */
export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = (seed * 2654435761 + 1) >>> 0 || 1;
  }
  /** 0 to `bound` - 1. */
  below(bound: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    this.state >>>= 0;
    return this.state % bound;
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
  bits(): bigint {
    const wide =
      (BigInt(this.below(2 ** 31)) << 33n) | (BigInt(this.below(2 ** 31)) << 2n) | BigInt(this.below(4));
    return this.chance(40) ? BigInt(this.below(20)) - 4n : wide >> BigInt(this.below(60));
  }
}

/** A float, or 0 in place of a NaN. */
const CANONICAL = ['f32', 'f64']
  .map(
    (type) => `(func $canonical_${type} (param ${type}) (result ${type})
      (select (local.get 0) (${type}.const 0) (${type}.eq (local.get 0) (local.get 0))))`,
  )
  .join('\n');

interface Signature {
  readonly params: readonly TypeName[];
  readonly result: TypeName;
}

export interface RandomModule {
  readonly text: string;
  readonly functions: readonly { readonly name: string; readonly params: readonly TypeName[] }[];
}

/** The module of a seed. */
export function randomModule(seed: number): RandomModule {
  const random = new Random(seed);
  const signatures = Array.from({ length: FUNCTIONS }, (): Signature => ({
    params: Array.from({ length: random.below(random.chance(10) ? 12 : 5) }, () => random.pick(TYPES)),
    result: random.pick(TYPES),
  }));
  const bodies = signatures.map((_, index) => new FunctionText(random, signatures, index).text());
  const types = signatures.map(
    ({ params, result }, n) => `(type $t${n} (func ${list('param', params)} (result ${result})))`,
  );
  const text = `(module
    ${types.join('\n')}
    (memory (export "memory") 1)
    (data (i32.const 64) "some bytes to begin with: \\00\\01\\02\\ff\\80\\7f")
    (global $fuel (mut i32) (i32.const ${FUEL}))
    ${TYPES.map((type) => `(global $g_${type} (mut ${type}) (${type}.const 3))`).join(' ')}
    (table ${FUNCTIONS + 2} funcref) (elem (i32.const 1) ${signatures.map((_, n) => `$f${n}`).join(' ')})
    ${CANONICAL}
    ${bodies.join('\n')})`;
  return { text, functions: signatures.map(({ params }, n) => ({ name: `f${n}`, params })) };
}

function list(word: string, types: readonly TypeName[]): string {
  return types.length === 0 ? '' : `(${word} ${types.join(' ')})`;
}

class FunctionText {
  private readonly random: Random;
  private readonly signatures: readonly Signature[];
  private readonly index: number;
  private readonly locals: TypeName[];
  /** The labels in scope, with what a branch to them carries. */
  private readonly labels: { name: string; result: TypeName | null }[] = [];
  private count = 0;

  constructor(random: Random, signatures: readonly Signature[], index: number) {
    this.random = random;
    this.signatures = signatures;
    this.index = index;
    this.locals = [...signatures[index]!.params, ...TYPES, ...TYPES];
  }

  text(): string {
    const { params, result } = this.signatures[this.index]!;
    const declared = this.locals.slice(params.length);
    return `(func $f${this.index} (export "f${this.index}") (type $t${this.index}) ${list('local', declared)}
      (if (i32.le_s (global.get $fuel) (i32.const 0)) (then (return ${this.constant(result)})))
      (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))
      ${this.statements(3 + this.random.below(5), 0)}
      ${this.expression(result, 0)})`;
  }

  private statements(count: number, depth: number): string {
    return Array.from({ length: count }, () => this.statement(depth)).join('\n');
  }

  private statement(depth: number): string {
    const { random } = this;
    const type = random.pick(TYPES);
    switch (random.below(depth > 2 ? 6 : 11)) {
      case 0:
        return `(${type}.${random.pick(STORES[type])} offset=${random.below(40)} ${this.address(depth)} ${this.visible(type, depth)})`;
      case 1:
        return `(global.set $g_${type} ${this.expression(type, depth)})`;
      case 2:
        return `(drop ${this.expression(type, depth)})`;
      case 3:
        return this.bulk(depth);
      case 4:
      case 5:
        return `(local.set ${this.local(type)} ${this.expression(type, depth)})`;
      case 6:
        return `(if ${this.expression('i32', depth)} (then ${this.statements(1 + random.below(3), depth + 1)}) (else ${this.statements(random.below(3), depth + 1)}))`;
      case 7:
        return this.block(null, depth);
      case 8:
        return this.loop(depth);
      case 9:
        return this.branch(depth);
      default:
        return this.branchTable(depth);
    }
  }

  private bulk(depth: number): string {
    const length = `(i32.and ${this.expression('i32', depth + 2)} (i32.const 63))`;
    if (this.random.chance(50))
      return `(memory.copy ${this.address(depth)} ${this.address(depth)} ${length})`;
    return `(memory.fill ${this.address(depth)} ${this.expression('i32', depth + 2)} ${length})`;
  }

  private block(result: TypeName | null, depth: number): string {
    const name = `$l${this.count++}`;
    this.labels.push({ name, result });
    const body = this.statements(1 + this.random.below(3), depth + 1);
    const value = result === null ? '' : this.expression(result, depth + 1);
    this.labels.pop();
    return `(block ${name} ${result === null ? '' : `(result ${result})`} ${body} ${value})`;
  }

  private loop(depth: number): string {
    const name = `$l${this.count++}`;
    // Branches to it come from its end alone, where fuel is taken.
    const body = this.statements(1 + this.random.below(3), depth + 1);
    return `(loop ${name} ${body}
      (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))
      (br_if ${name} (i32.and (i32.gt_s (global.get $fuel) (i32.const 0)) ${this.expression('i32', depth + 1)})))`;
  }

  private branch(depth: number): string {
    const label = this.random.pick(this.labels);
    if (this.labels.length === 0) return '(nop)';
    const condition = this.expression('i32', depth + 1);
    if (label.result === null) return `(br_if ${label.name} ${condition})`;
    return `(drop (br_if ${label.name} ${this.expression(label.result, depth + 1)} ${condition}))`;
  }

  private branchTable(depth: number): string {
    const names = Array.from({ length: 3 }, () => `$l${this.count++}`);
    for (const name of names) this.labels.push({ name, result: null });
    const selector = `(i32.and ${this.expression('i32', depth + 1)} (i32.const 3))`;
    let text = `(br_table ${names.join(' ')} ${selector})`;
    for (const name of names.toReversed()) {
      this.labels.pop();
      text = `(block ${name} ${text}) ${this.statements(1, depth + 1)}`;
    }
    return text;
  }

  private expression(type: TypeName, depth: number): string {
    const { random } = this;
    if (depth >= MAX_DEPTH)
      return random.chance(50) ? this.constant(type) : `(local.get ${this.local(type)})`;
    switch (random.below(14)) {
      case 0:
        return this.constant(type);
      case 1:
      case 2:
        return `(local.get ${this.local(type)})`;
      case 3:
        return `(${type}.${random.pick(LOADS[type])} offset=${random.below(40)} ${this.address(depth + 1)})`;
      case 4:
        return `(local.tee ${this.local(type)} ${this.expression(type, depth + 1)})`;
      case 5:
        return `(select ${this.expression(type, depth + 1)} ${this.expression(type, depth + 1)} ${this.expression('i32', depth + 1)})`;
      case 6:
        return depth < 2 ? this.block(type, depth + 1) : `(global.get $g_${type})`;
      case 7:
        return `(if (result ${type}) ${this.expression('i32', depth + 1)} (then ${this.expression(type, depth + 1)}) (else ${this.expression(type, depth + 1)}))`;
      case 8:
        return depth < 2 ? this.call(type, depth) : this.constant(type);
      case 9:
        return this.atomic(type, depth);
      default:
        return this.operation(type, depth);
    }
  }

  /** An expression whose bits will be seen. */
  private visible(type: TypeName, depth: number): string {
    const text = this.expression(type, depth);
    return type === 'f32' || type === 'f64' ? `(call $canonical_${type} ${text})` : text;
  }

  private operation(type: TypeName, depth: number): string {
    const fitting = OPERATORS.filter(
      ({ result, traps }) => result === type && (!traps || this.random.chance(4)),
    );
    const { name, params } = this.random.pick(fitting);
    const operands = params.map((param) =>
      name.includes('reinterpret') ? this.visible(param, depth + 1) : this.expression(param, depth + 1),
    );
    return `(${name} ${operands.join(' ')})`;
  }

  private atomic(type: TypeName, depth: number): string {
    if (type !== 'i32' && type !== 'i64') return this.operation(type, depth);
    const address = `(i32.and ${this.expression('i32', depth + 1)} (i32.const ${MEMORY_MASK & ~7}))`;
    if (this.random.chance(20))
      return `(${type}.atomic.rmw.cmpxchg ${address} ${this.expression(type, depth + 1)} ${this.expression(type, depth + 1)})`;
    const narrow = this.random.chance(30) ? ['8', 'u'] : null;
    const operation = this.random.pick(ATOMICS);
    const name = narrow === null ? `rmw.${operation}` : `rmw8.${operation}_u`;
    return `(${type}.atomic.${name} ${address} ${this.expression(type, depth + 1)})`;
  }

  /** A later function, directly or through the table: there is no recursion. */
  private call(type: TypeName, depth: number): string {
    const candidates = this.signatures
      .map((signature, n) => ({ ...signature, n }))
      .filter(({ result, n }) => result === type && n > this.index);
    if (candidates.length === 0) return this.operation(type, depth);
    const { params, n } = this.random.pick(candidates);
    const args = params.map((param) => this.expression(param, depth + 1)).join(' ');
    if (this.random.chance(60)) return `(call $f${n} ${args})`;
    const index = this.random.chance(95) ? `(i32.const ${n + 1})` : this.expression('i32', depth + 1);
    return `(call_indirect (type $t${n}) ${args} ${index})`;
  }

  private address(depth: number): string {
    return `(i32.and ${this.expression('i32', depth + 1)} (i32.const ${MEMORY_MASK}))`;
  }

  private local(type: TypeName): number {
    const fitting = this.locals.flatMap((local, n) => (local === type ? [n] : []));
    return this.random.pick(fitting);
  }

  private constant(type: TypeName): string {
    const bits = this.random.bits();
    if (type === 'i32' || type === 'i64')
      return `(${type}.const ${BigInt.asIntN(type === 'i32' ? 32 : 64, bits)})`;
    return `(${type}.const ${this.random.pick(['0', '-0', '1.5', '-3', '1e10', 'inf', '0x1p-1022', '65535.25'])})`;
  }
}
