/** Integer arithmetic, comparisons, shifts, division, bit counts and conversions between integers. */
import { I32, I64 } from '../wasm/module.ts';
import type { ValueType } from '../wasm/module.ts';
import { pushCondition } from './branches.ts';
import * as x86 from './emitter.ts';
import { CC } from './emitter.ts';
import type { FunctionTranslator } from './function.ts';
import type { Value } from './values.ts';

type Handler = (translator: FunctionTranslator, opcode: number) => void;

const I32_ADD = 0x6a;
const I64_ADD = 0x7c;

/** A constant's bits as the immediate of an instruction of that width, or null where it needs a register. */
export function immediateOf(value: Value): number | null {
  if (value.kind !== 'constant') return null;
  const signed = BigInt.asIntN(value.type === I32 ? 32 : 64, value.bits);
  return signed === BigInt.asIntN(32, signed) ? Number(signed) : null;
}

/** Where a result is to be made: the home of the local that takes it next, or -1. */
function home(translator: FunctionTranslator, ...operands: readonly Value[]): number {
  const local = translator.destination();
  if (local === null) return -1;
  translator.values.releaseLocal(local);
  return operands.some((value) => registerOf(value) === local.register) ? -1 : local.register;
}

/** The register a value lies in already, or -1. */
function registerOf(value: Value): number {
  if (value.kind === 'register' || value.kind === 'scaled') return value.register;
  return value.kind === 'local' ? value.local!.register : -1;
}

/** Pushes a result that was made in `register`: a local's home, or a register of its own. */
function pushResult(translator: FunctionTranslator, type: ValueType, register: number): void {
  const local = translator.destination();
  if (local !== null && local.register === register) translator.values.pushLocal(local);
  else translator.values.pushRegister(type, register);
}

/** add, or, and, sub, xor. */
function arithmetic(operation: number, type: ValueType): Handler {
  const commutative = operation !== x86.SUB;
  return (translator) => {
    const { values } = translator;
    let second = values.pop();
    let first = values.pop();
    const swap = first.kind === 'constant' || (second.kind === 'register' && first.kind !== 'register');
    if (commutative && swap) [first, second] = [second, first];
    if (operation === x86.ADD || operation === x86.SUB) {
      if (addByLea(translator, type, operation, first, second)) return;
    }
    combine(translator, type, operation, first, second, commutative);
  };
}

/** `first op= second` in place, or in a copy. */
function combine(
  translator: FunctionTranslator,
  type: ValueType,
  operation: number,
  first: Value,
  second: Value,
  commutative: boolean,
): void {
  const { values, emitter } = translator;
  const target = translator.destination();
  if (target !== null) values.releaseLocal(target);
  const goal = target?.register ?? -1;
  const immediate = immediateOf(second);
  let left = first;
  let right = second;
  if (commutative && goal >= 0 && registerOf(right) === goal) [left, right] = [right, left];
  let register: number;
  if (goal >= 0 && left.kind !== 'register' && registerOf(right) !== goal) {
    if (registerOf(left) !== goal) values.load(goal, left);
    register = goal;
  } else register = values.toOwned(left);
  if (immediate !== null) emitter.aluImmediate(operation, register, immediate, type === I64);
  else {
    const place = right.kind === 'constant' ? values.toRegister(right) : values.place(right);
    emitter.alu(operation, register, place, type === I64);
  }
  values.free(right);
  if (register === goal) values.free(left);
  pushResult(translator, type, register);
}

/** Additions into another register than the operands' by one LEA. False where there is no use in it. */
function addByLea(
  translator: FunctionTranslator,
  type: ValueType,
  operation: number,
  first: Value,
  second: Value,
): boolean {
  const { values, emitter } = translator;
  const immediate = immediateOf(second);
  if (operation === x86.SUB && (immediate === null || immediate === -0x8000_0000)) return false;
  const scaled = first.kind === 'scaled' ? first : second.kind === 'scaled' ? second : null;
  const inRegister = (value: Value): boolean => registerOf(value) >= 0;
  if (!inRegister(first) || (immediate === null && !inRegister(second))) return false;
  const target = translator.destination();
  const goal = target?.register ?? -1;
  const inPlace = first.kind === 'register' || (goal >= 0 && registerOf(first) === goal);
  if (scaled === null && inPlace) return false;
  if (target !== null) values.releaseLocal(target);
  const base = scaled !== null && scaled === first && immediate === null ? second : first;
  const index = immediate !== null ? (scaled ?? null) : base === first ? second : first;
  const displacement = immediate === null ? 0 : operation === x86.SUB ? -immediate : immediate;
  const memory: x86.Memory = {
    base: index === base ? -1 : registerOf(base),
    index: index === null ? -1 : registerOf(index),
    scale: index?.kind === 'scaled' ? 1 << index.shift : 1,
    displacement,
  };
  values.free(first);
  values.free(second);
  const register = goal >= 0 ? goal : values.allocate(type, translator.argumentHint());
  emitter.lea(register, memory, type === I64);
  pushResult(translator, type, register);
  return true;
}

function multiply(type: ValueType): Handler {
  return (translator) => {
    const { values, emitter } = translator;
    let second = values.pop();
    let first = values.pop();
    if (first.kind === 'constant') [first, second] = [second, first];
    const immediate = immediateOf(second);
    if (immediate !== null) {
      const place = first.kind === 'constant' ? values.toRegister(first) : values.place(first);
      const target = translator.destination();
      if (target !== null) values.releaseLocal(target);
      values.free(first);
      const register = target?.register ?? values.allocate(type);
      emitter.modrm(0x69, register, place, type === I64);
      emitter.dword(immediate);
      pushResult(translator, type, register);
      return;
    }
    if (first.kind !== 'register' && second.kind === 'register') [first, second] = [second, first];
    const goal = home(translator, second);
    const register = goal >= 0 && first.kind !== 'register' ? goal : values.toOwned(first);
    if (register === goal) values.load(goal, first);
    const place = second.kind === 'constant' ? values.toRegister(second) : values.place(second);
    emitter.modrm(0x0faf, register, place, type === I64);
    values.free(second);
    if (register === goal) values.free(first);
    pushResult(translator, type, register);
  };
}

function shift(operation: number, type: ValueType): Handler {
  return (translator) => {
    const { values, emitter } = translator;
    const count = values.pop();
    const value = values.pop();
    const wide = type === I64;
    if (count.kind === 'constant') {
      const bits = Number(count.bits & (wide ? 63n : 31n));
      const addNext = translator.next() === (wide ? I64_ADD : I32_ADD);
      if (operation === x86.SHL && bits >= 1 && bits <= 3 && addNext) {
        values.toOwned(value);
        value.kind = 'scaled';
        value.shift = bits;
        values.push(value);
        return;
      }
      const goal = value.kind === 'register' ? -1 : home(translator);
      const register = goal >= 0 ? goal : values.toOwned(value);
      if (register === goal && registerOf(value) !== goal) values.load(goal, value);
      if (bits !== 0) emitter.shiftImmediate(operation, register, bits, wide);
      pushResult(translator, type, register);
      return;
    }
    values.toCertain(count, x86.RCX);
    const register = values.toOwned(value);
    emitter.shiftByCount(operation, register, wide);
    values.free(count);
    pushResult(translator, type, register);
  };
}

/** DIV and IDIV take RDX:RAX. By zero, and when the quotient does not fit, they fault as wasm traps. */
function divide(type: ValueType, signed: boolean, remainder: boolean): Handler {
  return (translator) => {
    const { values, emitter } = translator;
    const wide = type === I64;
    const divisor = values.pop();
    const dividend = values.pop();
    values.toCertain(dividend, x86.RAX);
    values.claim(type, x86.RDX);
    const high = values.own(type, x86.RDX);
    const known = immediateOf(divisor);
    const register = values.toRegister(divisor);
    const done = new x86.Label();
    // The remainder of the smallest number by -1 is 0, but IDIV would fault.
    const guarded = signed && remainder && (known === null || known === -1);
    if (guarded) {
      const ordinary = new x86.Label();
      emitter.aluImmediate(x86.CMP, register, -1, wide);
      emitter.jumpIf(CC.ne, ordinary);
      emitter.alu(x86.XOR, x86.RDX, x86.RDX, false);
      emitter.jump(done);
      emitter.place(ordinary);
    }
    if (signed) {
      if (wide) emitter.byte(0x48);
      emitter.byte(0x99);
    } else emitter.alu(x86.XOR, x86.RDX, x86.RDX, false);
    emitter.modrm(0xf7, signed ? 7 : 6, register, wide);
    emitter.place(done);
    values.free(divisor);
    values.free(remainder ? dividend : high);
    values.push(remainder ? high : dividend);
  };
}

function compare(type: ValueType, condition: number, swapped: number): Handler {
  return (translator) => {
    const { values, emitter } = translator;
    let second = values.pop();
    let first = values.pop();
    let code = condition;
    if (first.kind === 'constant') {
      [first, second] = [second, first];
      code = swapped;
    }
    const immediate = immediateOf(second);
    const wide = type === I64;
    if (first.kind === 'constant') values.toOwned(first);
    if (immediate === 0 && registerOf(first) >= 0) {
      const register = values.toRegister(first);
      emitter.test(register, register, wide);
    } else if (immediate !== null) emitter.aluImmediate(x86.CMP, values.place(first), immediate, wide);
    else {
      const place = second.kind === 'constant' ? values.toRegister(second) : second;
      emitter.alu(
        x86.CMP,
        values.toRegister(first),
        typeof place === 'number' ? place : values.place(place),
        wide,
      );
    }
    values.free(first);
    values.free(second);
    pushCondition(translator, code);
  };
}

function equalZero(type: ValueType): Handler {
  return (translator) => {
    const { values, emitter } = translator;
    const value = values.pop();
    if (value.kind === 'flags') {
      value.condition ^= 1;
      values.push(value);
      return;
    }
    const register = values.toRegister(value);
    emitter.test(register, register, type === I64);
    values.free(value);
    pushCondition(translator, CC.e);
  };
}

/** clz: BSR leaves its target alone for 0 (as CMOV makes sure of), so that 0 counts all bits. */
function leadingZeros(type: ValueType): Handler {
  return (translator) =>
    countBits(translator, type, 0x0fbd, type === I64 ? 127n : 63n, type === I64 ? 63 : 31);
}

function trailingZeros(type: ValueType): Handler {
  return (translator) => countBits(translator, type, 0x0fbc, type === I64 ? 64n : 32n, 0);
}

function countBits(
  translator: FunctionTranslator,
  type: ValueType,
  opcode: number,
  none: bigint,
  flip: number,
): void {
  const { values, emitter } = translator;
  const wide = type === I64;
  const value = values.pop();
  const source = values.toRegister(value);
  const result = values.allocate(type);
  const owner = values.own(type, result);
  const other = values.allocate(I64);
  emitter.constant(other, none);
  emitter.modrm(opcode, result, source, wide);
  emitter.cmov(CC.e, result, other, wide);
  if (flip !== 0) emitter.aluImmediate(x86.XOR, result, flip, wide);
  values.free(value);
  values.push(owner);
}

/** One source, one target: popcnt, and the extensions and wraps, by opcode and width. */
function unary(opcode: number, to: ValueType, wide: boolean, prefix = 0, byteSource = false): Handler {
  return (translator) => {
    const { values, emitter } = translator;
    const value = values.pop();
    const source = values.toRegister(value);
    const goal = home(translator);
    values.free(value);
    const register = goal >= 0 ? goal : values.allocate(to);
    emitter.modrm(opcode, register, source, wide, prefix, byteSource ? source : -1);
    pushResult(translator, to, register);
  };
}

/** An i32 has zeroes above it wherever it lies: as an i64 it is the same place. */
function extendUnsigned(translator: FunctionTranslator): void {
  const { values } = translator;
  const value = values.pop();
  values.settle(value);
  if (value.kind === 'flags') throw new Error('a condition that nothing takes');
  if (value.kind === 'register') {
    values.free(value);
    values.pushRegister(I64, value.register);
  } else values.push({ ...value, type: I64 });
}

const CONDITIONS = [
  // Condition, and the one that means the same with the operands exchanged.
  [CC.e, CC.e],
  [CC.ne, CC.ne],
  [CC.l, CC.g],
  [CC.b, CC.a],
  [CC.g, CC.l],
  [CC.a, CC.b],
  [CC.le, CC.ge],
  [CC.be, CC.ae],
  [CC.ge, CC.le],
  [CC.ae, CC.be],
] as const;

const ARITHMETIC: readonly ((type: ValueType) => Handler)[] = [
  leadingZeros,
  trailingZeros,
  (type) => unary(0x0fb8, type, type === I64, 0xf3),
  (type) => arithmetic(x86.ADD, type),
  (type) => arithmetic(x86.SUB, type),
  multiply,
  (type) => divide(type, true, false),
  (type) => divide(type, false, false),
  (type) => divide(type, true, true),
  (type) => divide(type, false, true),
  (type) => arithmetic(x86.AND, type),
  (type) => arithmetic(x86.OR, type),
  (type) => arithmetic(x86.XOR, type),
  (type) => shift(x86.SHL, type),
  (type) => shift(x86.SAR, type),
  (type) => shift(x86.SHR, type),
  (type) => shift(x86.ROL, type),
  (type) => shift(x86.ROR, type),
];

export const INTEGER: readonly (readonly [number, Handler])[] = [
  [0x45, equalZero(I32)],
  [0x50, equalZero(I64)],
  ...CONDITIONS.flatMap(([condition, swapped], n): [number, Handler][] => [
    [0x46 + n, compare(I32, condition, swapped)],
    [0x51 + n, compare(I64, condition, swapped)],
  ]),
  ...ARITHMETIC.flatMap((make, n): [number, Handler][] => [
    [0x67 + n, make(I32)],
    [0x79 + n, make(I64)],
  ]),
  [0xa7, unary(0x8b, I32, false)],
  [0xac, unary(0x63, I64, true)],
  [0xad, extendUnsigned],
  [0xc0, unary(0x0fbe, I32, false, 0, true)],
  [0xc1, unary(0x0fbf, I32, false)],
  [0xc2, unary(0x0fbe, I64, true, 0, true)],
  [0xc3, unary(0x0fbf, I64, true)],
  [0xc4, unary(0x63, I64, true)],
];
