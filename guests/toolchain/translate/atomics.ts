/** Atomic accesses (the threads proposal): locked instructions; and, or, xor by a loop of CMPXCHG. */
import { I32, I64 } from '../wasm/module.ts';
import type { ValueType } from '../wasm/module.ts';
import { AND, CC, Label, OR, RAX, XOR } from './emitter.ts';
import type { Memory } from './emitter.ts';
import type { FunctionTranslator } from './function.ts';
import { linear } from './memory.ts';

type Handler = (translator: FunctionTranslator, opcode: number) => void;

const LOCK = 0xf0;
const XADD = 0x0fc1;
const CMPXCHG = 0x0fb1;
const XCHG = 0x87;

/** The seven widths of each operation, in the order of their opcodes. */
const WIDTHS: readonly (readonly [type: ValueType, bytes: number])[] = [
  [I32, 4],
  [I64, 8],
  [I32, 1],
  [I32, 2],
  [I64, 1],
  [I64, 2],
  [I64, 4],
];

/** An instruction with a register and memory of 1, 2, 4 or 8 bytes; byte forms have the opcode before. */
function sized(
  translator: FunctionTranslator,
  opcode: number,
  register: number,
  memory: Memory,
  bytes: number,
): void {
  const prefix = bytes === 2 ? 0x66 : 0;
  translator.emitter.modrm(
    bytes === 1 ? opcode - 1 : opcode,
    register,
    memory,
    bytes === 8,
    prefix,
    bytes === 1 ? register : -1,
  );
}

/** What lies above the operand in a register is cleared. */
function zeroExtend(translator: FunctionTranslator, register: number, bytes: number): void {
  const { emitter } = translator;
  if (bytes === 1) emitter.zeroExtendByte(register);
  else if (bytes === 2) emitter.modrm(0x0fb7, register, register);
  else if (bytes === 4) emitter.move(register, register, false);
}

function atomicLoad(type: ValueType, bytes: number): Handler {
  const opcode = bytes === 1 ? 0x0fb6 : bytes === 2 ? 0x0fb7 : 0x8b;
  return (translator) => {
    const { values, emitter, body, n } = translator;
    const address = values.pop();
    const memory = linear(translator, address, body.a[n]!);
    values.free(address);
    const register = values.allocate(type);
    emitter.modrm(opcode, register, memory, bytes === 8);
    values.pushRegister(type, register);
  };
}

/** Exchange; a store is one whose result is dropped; xadd adds, or subtracts what is negated first. */
function exchange(opcode: number, bytes: number, negate: boolean, keep: boolean): Handler {
  return (translator) => {
    const { values, emitter, body, n } = translator;
    const value = values.pop();
    const address = values.pop();
    const memory = linear(translator, address, body.a[n]!);
    const register = values.toOwned(value);
    if (negate) emitter.modrm(0xf7, 3, register, true);
    if (opcode === XADD) emitter.byte(LOCK);
    sized(translator, opcode, register, memory, bytes);
    values.free(address);
    if (!keep) {
      values.free(value);
      return;
    }
    zeroExtend(translator, register, bytes);
    values.push(value);
  };
}

/** and, or, xor: there is no locked instruction that gives the old value. */
function logic(operation: number, type: ValueType, bytes: number): Handler {
  return (translator) => {
    const { values, emitter, body, n } = translator;
    const value = values.pop();
    const address = values.pop();
    values.claim(type, RAX);
    const old = values.own(type, RAX);
    const operand = values.toRegister(value);
    const memory = linear(translator, address, body.a[n]!);
    const scratch = values.allocate(type);
    const again = new Label();
    emitter.modrm(bytes === 1 ? 0x0fb6 : bytes === 2 ? 0x0fb7 : 0x8b, RAX, memory, bytes === 8);
    emitter.place(again);
    emitter.move(scratch, RAX, true);
    emitter.alu(operation, scratch, operand, true);
    emitter.byte(LOCK);
    sized(translator, CMPXCHG, scratch, memory, bytes);
    emitter.jumpIf(CC.ne, again);
    zeroExtend(translator, RAX, bytes);
    values.free(value);
    values.free(address);
    values.push(old);
  };
}

function compareExchange(_: ValueType, bytes: number): Handler {
  return (translator) => {
    const { values, emitter, body, n } = translator;
    const replacement = values.pop();
    const expected = values.pop();
    const address = values.pop();
    values.toCertain(expected, RAX);
    const register = values.toRegister(replacement);
    const memory = linear(translator, address, body.a[n]!);
    emitter.byte(LOCK);
    sized(translator, CMPXCHG, register, memory, bytes);
    zeroExtend(translator, RAX, bytes);
    values.free(replacement);
    values.free(address);
    values.push(expected);
  };
}

function fence(translator: FunctionTranslator): void {
  for (const byte of [0x0f, 0xae, 0xf0]) translator.emitter.byte(byte);
}

const OPERATIONS: readonly ((type: ValueType, bytes: number) => Handler)[] = [
  atomicLoad,
  (_, bytes) => exchange(XCHG, bytes, false, false),
  (_, bytes) => exchange(XADD, bytes, false, true),
  (_, bytes) => exchange(XADD, bytes, true, true),
  (type, bytes) => logic(AND, type, bytes),
  (type, bytes) => logic(OR, type, bytes),
  (type, bytes) => logic(XOR, type, bytes),
  (_, bytes) => exchange(XCHG, bytes, false, true),
  compareExchange,
];

const FENCE = 0xfe03;
const FIRST = 0xfe10;

export const ATOMICS: readonly (readonly [number, Handler])[] = [
  [FENCE, fence],
  ...OPERATIONS.flatMap((make, n) =>
    WIDTHS.map(([type, bytes], m): [number, Handler] => [FIRST + n * WIDTHS.length + m, make(type, bytes)]),
  ),
];
