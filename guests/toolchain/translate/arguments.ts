/** Passing arguments, as System V has them, and calls of symbols of the assembler part. */
import type { ValueType } from '../wasm/module.ts';
import { at, RSP } from './emitter.ts';
import type { FunctionTranslator } from './function.ts';
import { ARGUMENTS, FLOAT_ARGUMENTS } from './locals.ts';
import { moveAll } from './moves.ts';
import { isFloat } from './values.ts';
import type { Value } from './values.ts';

const WORD_BYTES = 8;
const RESULT = 0;

/** How many words of arguments a call has beyond the registers. */
export function stackArguments(params: readonly ValueType[]): number {
  const floats = params.filter(isFloat).length;
  return Math.max(params.length - floats - ARGUMENTS.length, 0) + Math.max(floats - FLOAT_ARGUMENTS, 0);
}

/** Calls a symbol with the operands on the stack. */
export function callSymbol(
  translator: FunctionTranslator,
  symbol: string,
  params: readonly ValueType[],
  result: ValueType | null,
): void {
  passArguments(translator, params);
  translator.emitter.call(symbol);
  takeResult(translator, result);
}

/** Moves the operands into the places of arguments; all other values go to the frame. Keeps RAX. */
export function passArguments(
  translator: FunctionTranslator,
  params: readonly ValueType[],
  registers: readonly number[] = ARGUMENTS,
): void {
  const { values } = translator;
  const operands = params.map(() => values.pop()).reverse();
  values.spillRegisters();
  passOnStack(translator, params, operands);
  passFloats(translator, operands.filter(({ type }) => isFloat(type)).slice(0, FLOAT_ARGUMENTS));
  const integers = operands
    .filter(({ type }) => !isFloat(type))
    .slice(0, registers.length)
    .map((value, n) => ({ value, to: registers[n]! }));
  for (const { value } of integers) values.settle(value);
  const inRegisters = integers.filter(({ value }) => value.kind === 'register');
  moveAll(
    translator.emitter,
    inRegisters.map(({ value, to }) => ({ to, from: value.register })),
  );
  for (const { value, to } of integers) if (value.kind !== 'register') values.load(to, value);
  for (const value of operands) values.free(value);
}

/** XMM registers have no exchange: those in each other's way go through their own order, lowest first. */
function passFloats(translator: FunctionTranslator, floats: readonly Value[]): void {
  const { values } = translator;
  floats.forEach((value, n) => {
    values.toCertain(value, n);
  });
}

/** Those in registers first: they make room for loading the others. */
function passOnStack(
  translator: FunctionTranslator,
  params: readonly ValueType[],
  operands: readonly Value[],
): void {
  const { values } = translator;
  let integers = 0;
  let floats = 0;
  const onStack = operands.filter((_, n) =>
    isFloat(params[n]!) ? floats++ >= FLOAT_ARGUMENTS : integers++ >= ARGUMENTS.length,
  );
  const order = onStack.map((value, place) => ({ value, place }));
  order.sort((a, b) => Number(b.value.kind === 'register') - Number(a.value.kind === 'register'));
  for (const { value, place } of order) {
    values.storeTo(value.type, at(RSP, place * WORD_BYTES), values.toRegister(value));
    values.free(value);
  }
}

export function takeResult(translator: FunctionTranslator, type: ValueType | null): void {
  if (type !== null) translator.values.pushRegister(type, RESULT);
}
