/** Loads and stores of linear memory, and its size. */
import { F32, F64, I32, I64 } from '../wasm/module.ts';
import type { ValueType } from '../wasm/module.ts';
import { DOUBLE, SINGLE } from './allocation.ts';
import { at } from './emitter.ts';
import type { Memory } from './emitter.ts';
import { callSymbol } from './arguments.ts';
import type { FunctionTranslator } from './function.ts';
import { immediateOf } from './integer.ts';
import type { Value } from './values.ts';

type Handler = (translator: FunctionTranslator, opcode: number) => void;

const NO_BASE = -1;

/**
 * The operand for an address of linear memory and an offset. `[register + displacement]` reaches it with no base register:
 * an address has zeroes above its 32 bits, and the displacement holds memory's own address.
 */
export function linear(translator: FunctionTranslator, address: Value, offset: number): Memory {
  const { values, emitter, context } = translator;
  const base = context.options.space.memory;
  if (address.kind === 'constant') {
    const constant = base + Number(address.bits) + offset;
    if (constant >= -0x8000_0000 && constant < 0x8000_0000) return at(NO_BASE, constant);
  }
  if (base + offset < 0x8000_0000) return at(values.toRegister(address), base + offset);
  // Beyond what a displacement holds: the sum lies beyond 2 GiB, where nothing is mapped.
  const register = values.toOwned(address);
  const large = values.allocate(I64);
  emitter.constant(large, BigInt(offset));
  emitter.alu(0, register, large, true);
  return at(register, base);
}

function load(type: ValueType, opcode: number, wide: boolean): Handler {
  return (translator) => {
    const { values, emitter, body, n } = translator;
    const address = values.pop();
    const memory = linear(translator, address, body.a[n]!);
    const target = translator.destination();
    if (target !== null) values.releaseLocal(target);
    values.free(address);
    const register = target?.register ?? values.allocate(type, translator.argumentHint());
    emitter.modrm(opcode, register, memory, wide);
    if (target !== null) values.pushLocal(target);
    else values.pushRegister(type, register);
  };
}

function loadFloat(type: ValueType, prefix: number): Handler {
  return (translator) => {
    const { values, emitter, body, n } = translator;
    const address = values.pop();
    const memory = linear(translator, address, body.a[n]!);
    const register = values.allocate(type);
    emitter.modrm(0x0f10, register, memory, false, prefix);
    values.free(address);
    values.pushRegister(type, register);
  };
}

/** Stores of 1, 2, 4 and 8 bytes. */
function store(bytes: number): Handler {
  return (translator) => {
    const { values, emitter, body, n } = translator;
    const value = values.pop();
    const address = values.pop();
    const memory = linear(translator, address, body.a[n]!);
    const immediate =
      bytes === 8 || value.kind !== 'constant' ? immediateOf(value) : Number(BigInt.asIntN(32, value.bits));
    if (immediate !== null) {
      emitter.modrm(bytes === 1 ? 0xc6 : 0xc7, 0, memory, bytes === 8, bytes === 2 ? 0x66 : 0);
      if (bytes === 1) emitter.byte(immediate & 0xff);
      else if (bytes === 2) emitter.word(immediate);
      else emitter.dword(immediate);
    } else {
      const register = values.toRegister(value);
      const opcode = bytes === 1 ? 0x88 : 0x89;
      emitter.modrm(
        opcode,
        register,
        memory,
        bytes === 8,
        bytes === 2 ? 0x66 : 0,
        bytes === 1 ? register : -1,
      );
    }
    values.free(value);
    values.free(address);
  };
}

function storeFloat(prefix: number): Handler {
  return (translator) => {
    const { values, emitter, body, n } = translator;
    const value = values.pop();
    const address = values.pop();
    const register = values.toRegister(value);
    emitter.modrm(0x0f11, register, linear(translator, address, body.a[n]!), false, prefix);
    values.free(value);
    values.free(address);
  };
}

function size(translator: FunctionTranslator): void {
  const { values, emitter, context } = translator;
  const register = values.allocate(I32);
  emitter.move(register, at(NO_BASE, context.options.space.memoryPages), false);
  values.pushRegister(I32, register);
}

/** The guest's own assembler or kernel says how memory grows. */
function grow(translator: FunctionTranslator): void {
  callSymbol(translator, 'memory_grow', [I32], I32);
}

const MOV = 0x8b;
const MOVSXD = 0x63;
const [MOVZX8, MOVZX16, MOVSX8, MOVSX16] = [0x0fb6, 0x0fb7, 0x0fbe, 0x0fbf];

export const MEMORY: readonly (readonly [number, Handler])[] = [
  [0x28, load(I32, MOV, false)],
  [0x29, load(I64, MOV, true)],
  [0x2a, loadFloat(F32, SINGLE)],
  [0x2b, loadFloat(F64, DOUBLE)],
  [0x2c, load(I32, MOVSX8, false)],
  [0x2d, load(I32, MOVZX8, false)],
  [0x2e, load(I32, MOVSX16, false)],
  [0x2f, load(I32, MOVZX16, false)],
  [0x30, load(I64, MOVSX8, true)],
  [0x31, load(I64, MOVZX8, false)],
  [0x32, load(I64, MOVSX16, true)],
  [0x33, load(I64, MOVZX16, false)],
  [0x34, load(I64, MOVSXD, true)],
  [0x35, load(I64, MOV, false)],
  [0x36, store(4)],
  [0x37, store(8)],
  [0x38, storeFloat(SINGLE)],
  [0x39, storeFloat(DOUBLE)],
  [0x3a, store(1)],
  [0x3b, store(2)],
  [0x3c, store(1)],
  [0x3d, store(2)],
  [0x3e, store(4)],
  [0x3f, size],
  [0x40, grow],
];
