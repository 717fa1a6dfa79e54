/** Floats by SSE: arithmetic, comparisons, roundings and conversions. What takes more than a few instructions is called. */
import { F32, F64, I32, I64 } from '../wasm/module.ts';
import type { ValueType } from '../wasm/module.ts';
import { DOUBLE, SINGLE } from './allocation.ts';
import { pushCondition } from './branches.ts';
import { callSymbol } from './arguments.ts';
import { AND, CC, OR, SHL, SHR } from './emitter.ts';
import type { FunctionTranslator } from './function.ts';

type Handler = (translator: FunctionTranslator, opcode: number) => void;

const PACKED_DOUBLE = 0x66;
const [SQRT, ADD, MUL, SUB, DIV] = [0x0f51, 0x0f58, 0x0f59, 0x0f5c, 0x0f5e];
const [MOVD_TO_XMM, MOVD_FROM_XMM, CVT_FROM_INTEGER, CVT_PRECISION, UCOMIS] = [
  0x0f6e, 0x0f7e, 0x0f2a, 0x0f5a, 0x0f2e,
];

function prefixOf(type: ValueType): number {
  return type === F32 ? SINGLE : DOUBLE;
}

function binary(type: ValueType, opcode: number): Handler {
  return (translator) => {
    const { values, emitter } = translator;
    const second = values.pop();
    const first = values.pop();
    const register = values.toOwned(first);
    emitter.modrm(opcode, register, values.toRegister(second), false, prefixOf(type));
    values.free(second);
    values.push(first);
  };
}

/** One source and one target: square root, and the change of precision. */
function unary(from: ValueType, to: ValueType, opcode: number): Handler {
  return (translator) => {
    const { values, emitter } = translator;
    const value = values.pop();
    const source = values.toRegister(value);
    values.free(value);
    const register = values.allocate(to);
    emitter.modrm(opcode, register, source, false, prefixOf(from));
    values.pushRegister(to, register);
  };
}

/** ROUNDSS, ROUNDSD with a mode, no inexact exception (8). */
function round(type: ValueType, mode: number): Handler {
  return (translator) => {
    const { values, emitter } = translator;
    const value = values.pop();
    const source = values.toRegister(value);
    values.free(value);
    const register = values.allocate(type);
    emitter.modrm(type === F32 ? 0x0f3a0a : 0x0f3a0b, register, source, false, PACKED_DOUBLE);
    emitter.byte(mode | 8);
    values.pushRegister(type, register);
  };
}

/** abs clears the sign bit (BTR, digit 6), neg flips it (BTC, 7), whatever the float is. */
function sign(type: ValueType, digit: number): Handler {
  const wide = type === F64;
  return (translator) => {
    const { values, emitter } = translator;
    const value = values.pop();
    const register = values.toOwned(value);
    const general = values.allocate(I64);
    emitter.modrm(MOVD_FROM_XMM, register, general, wide, PACKED_DOUBLE);
    emitter.modrm(0x0fba, digit, general, wide);
    emitter.byte(wide ? 63 : 31);
    emitter.modrm(MOVD_TO_XMM, register, general, wide, PACKED_DOUBLE);
    values.push(value);
  };
}

function copySign(type: ValueType): Handler {
  const wide = type === F64;
  const bit = wide ? 63 : 31;
  return (translator) => {
    const { values, emitter } = translator;
    const second = values.pop();
    const first = values.pop();
    const register = values.toOwned(first);
    const general = values.allocate(I64);
    const magnitude = values.own(I64, general);
    const signs = values.allocate(I64);
    emitter.modrm(MOVD_FROM_XMM, register, general, wide, PACKED_DOUBLE);
    emitter.modrm(MOVD_FROM_XMM, values.toRegister(second), signs, wide, PACKED_DOUBLE);
    emitter.modrm(0x0fba, 6, general, wide);
    emitter.byte(bit);
    emitter.shiftImmediate(SHR, signs, bit, wide);
    emitter.shiftImmediate(SHL, signs, bit, wide);
    emitter.alu(OR, general, signs, wide);
    emitter.modrm(MOVD_TO_XMM, register, general, wide, PACKED_DOUBLE);
    values.free(magnitude);
    values.free(second);
    values.push(first);
  };
}

/** lt, gt, le, ge: "above" is false for the unordered, so that lt and le compare the other way round. */
function order(type: ValueType, condition: number, swap: boolean): Handler {
  return (translator) => {
    const { values, emitter } = translator;
    let second = values.pop();
    let first = values.pop();
    if (swap) [first, second] = [second, first];
    const register = values.toRegister(first);
    emitter.modrm(UCOMIS, register, values.toRegister(second), false, type === F32 ? 0 : PACKED_DOUBLE);
    values.free(first);
    values.free(second);
    pushCondition(translator, condition);
  };
}

/** eq: equal and not unordered; ne: either. */
function equal(type: ValueType, parity: number, condition: number, join: number): Handler {
  return (translator) => {
    const { values, emitter } = translator;
    const second = values.pop();
    const first = values.pop();
    const register = values.toRegister(first);
    emitter.modrm(UCOMIS, register, values.toRegister(second), false, type === F32 ? 0 : PACKED_DOUBLE);
    values.free(first);
    values.free(second);
    const result = values.own(I32, values.allocate(I32));
    const other = values.allocate(I32);
    emitter.setcc(condition, result.register);
    emitter.setcc(parity, other);
    emitter.alu(join, result.register, other, false);
    emitter.zeroExtendByte(result.register);
    values.push(result);
  };
}

/** From an integer: a u32 has zeroes above it and converts as 64 bits. */
function fromInteger(to: ValueType, wide: boolean): Handler {
  return (translator) => {
    const { values, emitter } = translator;
    const value = values.pop();
    const source = values.toRegister(value);
    const register = values.allocate(to);
    // The instruction keeps the register's upper part: it is cleared so that none depends on what was there.
    emitter.modrm(0x0f57, register, register);
    emitter.modrm(CVT_FROM_INTEGER, register, source, wide, prefixOf(to));
    values.free(value);
    values.pushRegister(to, register);
  };
}

/** The same bits in the other kind of register. */
function reinterpret(from: ValueType, to: ValueType): Handler {
  const wide = from === F64 || from === I64;
  const toXmm = from === I32 || from === I64;
  return (translator) => {
    const { values, emitter } = translator;
    const value = values.pop();
    const source = values.toRegister(value);
    const register = values.allocate(to);
    if (toXmm) emitter.modrm(MOVD_TO_XMM, register, source, wide, PACKED_DOUBLE);
    else emitter.modrm(MOVD_FROM_XMM, source, register, wide, PACKED_DOUBLE);
    values.free(value);
    values.pushRegister(to, register);
  };
}

/** Calls of runtime.asm: F64 to integers (an F32 is widened first, which is exact), and what has many cases. */
function helper(symbol: string, params: readonly ValueType[], result: ValueType): Handler {
  return (translator) => {
    callSymbol(translator, symbol, params, result);
  };
}

function truncate(from: ValueType, symbol: string, to: ValueType): Handler {
  const widen = unary(F32, F64, CVT_PRECISION);
  return (translator, opcode) => {
    if (from === F32) widen(translator, opcode);
    callSymbol(translator, symbol, [F64], to);
  };
}

const [NEAREST, FLOOR, CEIL, TRUNC] = [0, 1, 2, 3];

function family(type: ValueType, base: number): [number, Handler][] {
  const name = type === F32 ? 'f32' : 'f64';
  const handlers: Handler[] = [
    sign(type, 6),
    sign(type, 7),
    round(type, CEIL),
    round(type, FLOOR),
    round(type, TRUNC),
    round(type, NEAREST),
    unary(type, type, SQRT),
    ...[ADD, SUB, MUL, DIV].map((opcode) => binary(type, opcode)),
    helper(`${name}_min`, [type, type], type),
    helper(`${name}_max`, [type, type], type),
    copySign(type),
  ];
  return handlers.map((handler, n) => [base + n, handler]);
}

function comparisons(type: ValueType, base: number): [number, Handler][] {
  const handlers = [
    equal(type, CC.np, CC.e, AND),
    equal(type, CC.p, CC.ne, OR),
    order(type, CC.a, true),
    order(type, CC.a, false),
    order(type, CC.ae, true),
    order(type, CC.ae, false),
  ];
  return handlers.map((handler, n) => [base + n, handler]);
}

/** i32 and i64 from f32 and f64, signed and not: in the order of the opcodes. */
function truncations(base: number, to: ValueType, suffix: string): [number, Handler][] {
  const name = to === I32 ? 'i32' : 'i64';
  const sources: readonly ValueType[] = [F32, F64];
  return sources.flatMap((from, n) =>
    ['s', 'u'].map((kind, m): [number, Handler] => [
      base + n * 2 + m,
      truncate(from, `${name}_trunc${suffix}_${kind}`, to),
    ]),
  );
}

const TRUNCATIONS = [
  ...truncations(0xa8, I32, ''),
  ...truncations(0xae, I64, ''),
  ...truncations(0xfc00, I32, '_sat'),
  ...truncations(0xfc04, I64, '_sat'),
];
const FROM_U64: [number, Handler][] = [
  [0xb5, helper('f32_convert_u64', [I64], F32)],
  [0xba, helper('f64_convert_u64', [I64], F64)],
];

export const FLOAT: readonly (readonly [number, Handler])[] = [
  ...family(F32, 0x8b),
  ...family(F64, 0x99),
  ...comparisons(F32, 0x5b),
  ...comparisons(F64, 0x61),
  ...TRUNCATIONS,
  ...FROM_U64,
  [0xb2, fromInteger(F32, false)],
  [0xb3, fromInteger(F32, true)],
  [0xb4, fromInteger(F32, true)],
  [0xb7, fromInteger(F64, false)],
  [0xb8, fromInteger(F64, true)],
  [0xb9, fromInteger(F64, true)],
  [0xb6, unary(F64, F32, CVT_PRECISION)],
  [0xbb, unary(F32, F64, CVT_PRECISION)],
  [0xbc, reinterpret(F32, I32)],
  [0xbd, reinterpret(F64, I64)],
  [0xbe, reinterpret(I32, F32)],
  [0xbf, reinterpret(I64, F64)],
];

const [F32_MIN, F32_MAX, F64_MIN, F64_MAX] = [0x96, 0x97, 0xa4, 0xa5];
/** Those that are calls. */
export const FLOAT_CALLS: readonly number[] = [
  ...[...TRUNCATIONS, ...FROM_U64].map(([opcode]) => opcode),
  ...[F32_MIN, F32_MAX, F64_MIN, F64_MAX],
];
