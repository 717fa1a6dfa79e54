/** Every numeric instruction over edge values: operands in locals, constants, memory, and its result in a condition. */
import binaryen from 'binaryen';
import { expect, test } from 'vitest';
import { compareRuns } from './differential.ts';
import type { Call } from './differential.ts';
import { EDGES, OPERATORS } from './operators.ts';
import type { Operator, TypeName } from './operators.ts';

function functions({ name, params, result }: Operator): string {
  const locals = params.map((type, n) => `(local.get ${n} (; ${type} ;))`);
  const declared = params.map((type) => `(param ${type})`).join(' ');
  const stores = params.map((type, n) => `(${type}.store (i32.const ${8 * n}) (local.get ${n}))`).join(' ');
  const loads = params.map((type, n) => `(${type}.load (i32.const ${8 * n}))`);
  const isZero =
    result === 'i32'
      ? `(${name} ${locals.join(' ')})`
      : `(${result}.eq (${name} ${locals.join(' ')}) (${result}.const 0))`;
  return `
    (func (export "${name}") ${declared} (result ${result}) (${name} ${locals.join(' ')}))
    (func (export "${name} in memory") ${declared} (result ${result}) ${stores} (${name} ${loads.join(' ')}))
    (func (export "${name} as condition") ${declared} (result i32)
      (if (result i32) ${isZero} (then (i32.const 10)) (else (i32.const 20))))`;
}

function withConstant({ name, params, result }: Operator, n: number, place: number): string {
  const constant = constantText(params[place]!, EDGES[params[place]!][n]!);
  const operands = params.map((_, m) => (m === place ? constant : `(local.get ${m})`));
  const declared = params.map((type) => `(param ${type})`).join(' ');
  return `(func (export "${name} #${place} ${n}") ${declared} (result ${result}) (${name} ${operands.join(' ')}))`;
}

function constantText(type: TypeName, bits: bigint): string {
  if (type === 'i32' || type === 'i64') return `(${type}.const ${bits})`;
  return type === 'f32'
    ? `(f32.reinterpret_i32 (i32.const ${bits}))`
    : `(f64.reinterpret_i64 (i64.const ${bits}))`;
}

function edgeCalls(names: readonly string[], params: readonly TypeName[]): Call[] {
  const tuples = params.reduce<bigint[][]>(
    (sofar, type) => sofar.flatMap((tuple) => EDGES[type].map((bits) => [...tuple, bits])),
    [[]],
  );
  return names.flatMap((name) => tuples.map((args) => ({ name, args })));
}

test.each(OPERATORS)('$name', async (operator) => {
  const { name, params } = operator;
  const text = [functions(operator)];
  const names = [name, `${name} in memory`, `${name} as condition`];
  params.forEach((type, place) => {
    EDGES[type].forEach((_, n) => {
      text.push(withConstant(operator, n, place));
      names.push(`${name} #${place} ${n}`);
    });
  });
  const module = binaryen.parseText(`(module (memory (export "memory") 1) ${text.join('\n')})`);
  expect(await compareRuns(module.emitBinary(), edgeCalls(names, params))).toBe(null);
});
