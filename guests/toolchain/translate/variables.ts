/** Locals, globals, constants, drop. */
import { F32, F64, I32, I64 } from '../wasm/module.ts';
import { at } from './emitter.ts';
import type { Memory } from './emitter.ts';
import type { FunctionTranslator } from './function.ts';
import { isFloat } from './values.ts';
import type { Local, Value } from './values.ts';

const NO_BASE = -1;
const WORD_BYTES = 8;

export function localGet(translator: FunctionTranslator): void {
  translator.values.pushLocal(localOf(translator));
}

export function localSet(translator: FunctionTranslator): void {
  assign(translator, localOf(translator), translator.values.pop());
}

export function localTee(translator: FunctionTranslator): void {
  const local = localOf(translator);
  assign(translator, local, translator.values.pop());
  translator.values.pushLocal(local);
}

function localOf(translator: FunctionTranslator): Local {
  return translator.locals[translator.body.a[translator.n]!]!;
}

function assign(translator: FunctionTranslator, local: Local, value: Value): void {
  const { values, emitter } = translator;
  if (value.kind === 'local' && value.local === local) return;
  values.releaseLocal(local);
  if (local.register >= 0) values.load(local.register, value);
  else if (local.slot >= 0) {
    const memory = values.slotMemory(local.slot);
    if (value.kind === 'constant' && !isFloat(local.type) && fitsImmediate(value.bits)) {
      emitter.modrm(0xc7, 0, memory, true);
      emitter.dword(Number(BigInt.asIntN(32, value.bits)));
    } else values.storeTo(local.type, memory, values.toRegister(value));
  }
  values.free(value);
}

/** Whether bits are what 32 of them, sign extended, say; an i32's constant is kept without its sign: see `bitsOf`. */
export function fitsImmediate(bits: bigint): boolean {
  const signed = BigInt.asIntN(64, bits);
  return signed === BigInt.asIntN(32, signed);
}

export function globalGet(translator: FunctionTranslator): void {
  const { values } = translator;
  const index = translator.body.a[translator.n]!;
  const { type, mutable, initial } = translator.module.globals[index]!;
  if (!mutable) {
    values.pushConstant(type, initial & (type === I32 || type === F32 ? 0xffff_ffffn : ~0n));
    return;
  }
  const register = values.allocate(type);
  values.loadFrom(type, register, globalMemory(translator, index));
  values.pushRegister(type, register);
}

export function globalSet(translator: FunctionTranslator): void {
  const { values } = translator;
  const index = translator.body.a[translator.n]!;
  const value = values.pop();
  values.storeTo(value.type, globalMemory(translator, index), values.toRegister(value));
  values.free(value);
}

function globalMemory(translator: FunctionTranslator, index: number): Memory {
  return at(NO_BASE, translator.context.options.space.globals + index * WORD_BYTES);
}

export function constant(translator: FunctionTranslator, opcode: number): void {
  const { body, n, values } = translator;
  if (opcode === 0x41) values.pushConstant(I32, BigInt.asUintN(32, BigInt(body.a[n]!)));
  else
    values.pushConstant(
      opcode === 0x42 ? I64 : opcode === 0x43 ? F32 : F64,
      BigInt.asUintN(64, body.wide.get(n)!),
    );
}

export function drop(translator: FunctionTranslator): void {
  translator.values.free(translator.values.pop());
}
