/**
 * Imports that are compiled to instructions: what a kernel needs beyond wasm. Module `cpu`: accesses outside of linear
 * memory and plain instructions; `xen`: hypercalls; `sys`: system calls of a program.
 */
import { I64 } from '../wasm/module.ts';
import type { FunctionType } from '../wasm/module.ts';
import { passArguments, takeResult } from './arguments.ts';
import { TABLE_ENTRY_BYTES } from './context.ts';
import { at, OR, R10, R8, R9, RAX, RCX, RDI, RDX, RSI, SHL } from './emitter.ts';
import type { FunctionTranslator } from './function.ts';
import { linear } from './memory.ts';

export interface Intrinsic {
  /** It destroys registers as a call does. */
  readonly calls: boolean;
  readonly emit: (translator: FunctionTranslator, type: FunctionType) => void;
}

/** Number and arguments of a hypercall (Xen, arch-x86/xen-x86_64.h) and of a system call: RAX, then these. */
const HYPERCALL_REGISTERS = [RAX, RDI, RSI, RDX, R10, R8];
const SYSCALL_REGISTERS = [RAX, RDI, RSI, RDX, R10, R8, R9];

function systemCall(registers: readonly number[]): Intrinsic {
  return {
    calls: true,
    emit: (translator, { params }) => {
      passArguments(translator, params, registers);
      bytes(translator, 0x0f, 0x05);
      takeResult(translator, I64);
    },
  };
}

/** A load from a virtual address, zero extended. */
function load(opcode: number, wide: boolean): Intrinsic {
  return simple((translator) => {
    const { values, emitter } = translator;
    const address = values.pop();
    const register = values.toRegister(address);
    values.free(address);
    const result = values.allocate(I64);
    emitter.modrm(opcode, result, at(register, 0), wide);
    values.pushRegister(I64, result);
  });
}

/** A store of `bytes` bytes to a virtual address. */
function store(width: 1 | 2 | 4 | 8): Intrinsic {
  return simple((translator) => {
    const { values, emitter } = translator;
    const value = values.pop();
    const address = values.pop();
    const source = values.toRegister(value);
    const memory = at(values.toRegister(address), 0);
    const byteRegister = width === 1 ? source : -1;
    emitter.modrm(
      width === 1 ? 0x88 : 0x89,
      source,
      memory,
      width === 8,
      width === 2 ? 0x66 : 0,
      byteRegister,
    );
    values.free(value);
    values.free(address);
  });
}

function simple(emit: (translator: FunctionTranslator) => void): Intrinsic {
  return { calls: false, emit };
}

function bytes(translator: FunctionTranslator, ...values: number[]): void {
  for (const value of values) translator.emitter.byte(value);
}

/** FXSAVE64 and FXRSTOR64 of 512 bytes of linear memory, 16-byte aligned. */
function fpuState(digit: number): Intrinsic {
  return simple((translator) => {
    const address = translator.values.pop();
    translator.emitter.modrm(0x0fae, digit, linear(translator, address, 0), true);
    translator.values.free(address);
  });
}

/** `rep movsb` or `rep stosb` between virtual addresses: RDI, RSI (or AL), RCX. */
function repeated(opcode: number, registers: readonly number[]): Intrinsic {
  return {
    calls: true,
    emit: (translator, { params }) => {
      passArguments(translator, params, registers);
      bytes(translator, 0xf3, opcode);
    },
  };
}

/** RDTSC gives EDX:EAX. */
function readTimestamp(translator: FunctionTranslator): void {
  const { values, emitter } = translator;
  values.claim(I64, RAX);
  const low = values.own(I64, RAX);
  values.claim(I64, RDX);
  bytes(translator, 0x0f, 0x31);
  emitter.shiftImmediate(SHL, RDX, 32, true);
  emitter.alu(OR, RAX, RDX, true);
  values.push(low);
}

/** The address of a function by its index in the table. */
function addressOf(translator: FunctionTranslator): void {
  const { values, emitter, context } = translator;
  const index = values.pop();
  const register = values.toRegister(index);
  values.free(index);
  const result = values.allocate(I64);
  const { table } = context.options.space;
  emitter.modrm(
    0x63,
    result,
    { base: -1, index: register, scale: TABLE_ENTRY_BYTES, displacement: table },
    true,
  );
  values.pushRegister(I64, result);
}

function numbered(name: string, count: number, intrinsic: Intrinsic): [string, Intrinsic][] {
  return Array.from({ length: count }, (_, n): [string, Intrinsic] => [`${name}${String(n)}`, intrinsic]);
}

/** By `module.name` of the import. */
export const INTRINSICS: Readonly<Record<string, Intrinsic>> = Object.fromEntries<Intrinsic>([
  ...numbered('xen.hypercall', 6, systemCall(HYPERCALL_REGISTERS)),
  ...numbered('sys.syscall', 7, systemCall(SYSCALL_REGISTERS)),
  ['cpu.load8', load(0x0fb6, false)],
  ['cpu.load16', load(0x0fb7, false)],
  ['cpu.load32', load(0x8b, false)],
  ['cpu.load64', load(0x8b, true)],
  ['cpu.store8', store(1)],
  ['cpu.store16', store(2)],
  ['cpu.store32', store(4)],
  ['cpu.store64', store(8)],
  ['cpu.copy', repeated(0xa4, [RDI, RSI, RCX])],
  ['cpu.fill', repeated(0xaa, [RDI, RAX, RCX])],
  [
    'cpu.pause',
    simple((translator) => {
      bytes(translator, 0xf3, 0x90);
    }),
  ],
  ['cpu.rdtsc', simple(readTimestamp)],
  ['cpu.fxsave', fpuState(0)],
  ['cpu.fxrstor', fpuState(1)],
  ['cpu.addressOf', simple(addressOf)],
  [
    'cpu.window',
    simple((translator) => {
      translator.values.pushConstant(I64, window(translator));
    }),
  ],
]);

function window(translator: FunctionTranslator): bigint {
  return BigInt.asUintN(64, BigInt(translator.context.options.space.memory));
}
