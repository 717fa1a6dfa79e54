/** Bytes to form and operands (Intel SDM vol. 2, chapter 2). */
import { RM16 } from '../assembler/modrm.ts';
import { REGISTER_NAMES } from '../assembler/registers.ts';
import { lookUp } from './lookup.ts';
import type { Form, Pattern } from '../assembler/form.ts';
import type { Memory, Mode, Operand } from '../assembler/operand.ts';
import type { RegisterClass } from '../assembler/registers.ts';

/** The prefixes in front of an opcode. */
export interface Prefixes {
  lock: boolean;
  /** The last of F2 and F3, or 0. */
  repeat: number;
  has66: boolean;
  has67: boolean;
  /** Number of the overriding segment register, or -1. */
  segment: number;
  /** The REX prefix, or 0. */
  rex: number;
}

export interface Decoded {
  readonly form: Form;
  readonly prefixes: Prefixes;
  readonly operands: readonly Operand[];
  readonly length: number;
}

const MAX_LENGTH = 15;
const SEGMENTS: Readonly<Record<number, number>> = { 0x26: 0, 0x2e: 1, 0x36: 2, 0x3e: 3, 0x64: 4, 0x65: 5 };

/**
 * Thrown and caught in this file alone: the bytes end inside the instruction, or name what does not exist.
 */
class BadInstruction extends Error {}

/** Decodes the instruction at the start of `bytes`; null where there is none. */
export function decode(bytes: Uint8Array, address: bigint, mode: Mode): Decoded | null {
  try {
    return new Decoder(bytes.subarray(0, MAX_LENGTH), address, mode).decode();
  } catch (error) {
    if (error instanceof BadInstruction) return null;
    throw error;
  }
}

class Decoder {
  private at = 0;
  private readonly bytes: Uint8Array;
  private readonly address: bigint;
  private readonly mode: Mode;
  private readonly prefixes: Prefixes = {
    ...{ lock: false, repeat: 0, has66: false, has67: false, segment: -1, rex: 0 },
  };
  private operandSize: 16 | 32 | 64 = 32;
  private addressSize: Mode = 64;
  private opcode = 0;
  private modrm = 0;

  constructor(bytes: Uint8Array, address: bigint, mode: Mode) {
    this.bytes = bytes;
    this.address = address;
    this.mode = mode;
  }

  decode(): Decoded {
    this.readPrefixes();
    this.settleSizes();
    let map = 0;
    this.opcode = this.byte();
    if (this.opcode === 0x0f) {
      this.opcode = this.byte();
      map = this.opcode === 0x38 ? 2 : this.opcode === 0x3a ? 3 : 1;
      if (map > 1) this.opcode = this.byte();
    }
    const { mode, operandSize, addressSize } = this;
    const { repeat, has66, rex } = this.prefixes;
    const modrm = this.bytes[this.at] ?? -1;
    const shape = { mode, repeat, has66, rexB: (rex & 1) !== 0, operandSize, addressSize, modrm };
    const form = lookUp(map, this.opcode, shape);
    if (form === undefined) throw new BadInstruction();
    const operands = this.readOperands(form);
    return { form, prefixes: this.prefixes, operands, length: this.at };
  }

  private byte(): number {
    const value = this.bytes[this.at++];
    if (value === undefined) throw new BadInstruction();
    return value;
  }

  private signed(count: number): bigint {
    let value = 0n;
    for (let n = 0; n < count; n++) value |= BigInt(this.byte()) << BigInt(8 * n);
    return BigInt.asIntN(8 * count, value);
  }

  private readPrefixes(): void {
    const { prefixes } = this;
    for (; ; this.at++) {
      const byte = this.bytes[this.at];
      if (byte === undefined) throw new BadInstruction();
      if (byte === 0xf0) prefixes.lock = true;
      else if (byte === 0xf2 || byte === 0xf3) prefixes.repeat = byte;
      else if (byte === 0x66) prefixes.has66 = true;
      else if (byte === 0x67) prefixes.has67 = true;
      else if (SEGMENTS[byte] !== undefined) prefixes.segment = SEGMENTS[byte];
      else break;
    }
    // Only the byte right before the opcode is a REX prefix.
    if (this.mode === 64 && (this.bytes[this.at]! & 0xf0) === 0x40) prefixes.rex = this.byte();
  }

  private settleSizes(): void {
    const { mode, prefixes } = this;
    const other = mode === 16 ? 32 : 16;
    this.operandSize = prefixes.rex & 8 ? 64 : prefixes.has66 ? other : mode === 16 ? 16 : 32;
    const narrow = mode === 64 ? 32 : other;
    this.addressSize = prefixes.has67 ? narrow : mode;
  }

  private readOperands(form: Form): Operand[] {
    let memory: Memory | null = null;
    if (form.modrmKind !== 'none') {
      this.modrm = this.byte();
      if (this.modrm < 0xc0 && form.modrmKind !== 'byte') memory = this.readMemory();
    }
    const operands = form.operands.map((pattern) => this.readOperand(pattern, memory));
    if (memory?.relative !== true) return operands;
    // RIP is that of the next instruction: it is known only now.
    const target = BigInt.asIntN(64, memory.displacement + this.address + BigInt(this.at));
    return operands.map((operand) =>
      operand.kind === 'memory' ? { ...operand, displacement: target } : operand,
    );
  }

  private readOperand(pattern: Pattern, memory: Memory | null): Operand {
    switch (pattern.kind) {
      case 'register':
        return this.register(pattern.class, this.registerNumber(pattern.slot));
      case 'rm':
        if (memory === null) return this.register(pattern.class, this.registerNumber('rm'));
        return { ...memory, size: pattern.size };
      case 'memory':
        return { ...memory!, size: pattern.size, far: pattern.far };
      case 'fixed':
        return pattern.register;
      case 'one':
        return immediate(1n);
      case 'immediate': {
        const value = this.signed(pattern.size / 8);
        return immediate(pattern.signed ? value : BigInt.asUintN(pattern.size, value));
      }
      case 'relative': {
        const distance = this.signed(pattern.size / 8);
        const target = distance + this.address + BigInt(this.at);
        return immediate(BigInt.asIntN(64, this.mode === 64 ? target : BigInt.asUintN(this.mode, target)));
      }
      case 'offset':
        return this.absolute(pattern.size);
      case 'pointer': {
        const offset = BigInt.asUintN(pattern.size, this.signed(pattern.size / 8));
        return { kind: 'far', offset, selector: BigInt.asUintN(16, this.signed(2)), size: pattern.size };
      }
    }
  }

  private registerNumber(slot: 'reg' | 'rm' | 'opcode'): number {
    const { rex } = this.prefixes;
    if (slot === 'reg') return ((this.modrm >> 3) & 7) | (rex & 4 ? 8 : 0);
    const low = slot === 'rm' ? this.modrm & 7 : this.opcode & 7;
    return low | (rex & 1 ? 8 : 0);
  }

  private register(kind: RegisterClass, number: number): Operand {
    if (kind === 'st') return { kind: 'register', class: kind, number: this.modrm & 7 };
    if (kind === 'mm') return { kind: 'register', class: kind, number: number & 7 };
    if (kind === 'sreg') number &= 7;
    if (kind === 'r8' && this.prefixes.rex === 0 && number >= 4) kind = 'r8h';
    if (REGISTER_NAMES[kind][number] === undefined) throw new BadInstruction();
    return { kind: 'register', class: kind, number };
  }

  private memory(fields: Partial<Memory>): Memory {
    return {
      ...{ kind: 'memory', size: 0, far: false, segment: this.prefixes.segment, base: -1, index: -1 },
      ...{ scale: 1, addressBits: this.addressSize, displacement: 0n, relative: false, symbolic: false },
      ...fields,
    };
  }

  private absolute(size: number): Memory {
    const displacement = BigInt.asUintN(this.addressSize, this.signed(this.addressSize / 8));
    return this.memory({ size, displacement });
  }

  private readMemory(): Memory {
    if (this.addressSize === 16) return this.readMemory16();
    const { rex } = this.prefixes;
    const mod = this.modrm >> 6;
    let base = this.modrm & 7;
    let index = -1;
    let scale = 1;
    const hasSib = base === 4;
    if (hasSib) {
      const sib = this.byte();
      base = sib & 7;
      index = ((sib >> 3) & 7) | (rex & 2 ? 8 : 0);
      scale = 1 << (sib >> 6);
      if (index === 4) [index, scale] = [-1, 1];
    }
    if (mod === 0 && base === 5) {
      const displacement = this.signed(4);
      if (hasSib || this.mode !== 64) return this.memory({ index, scale, displacement });
      return this.memory({ displacement, relative: true });
    }
    const displacement = mod === 0 ? 0n : this.signed(mod === 1 ? 1 : 4);
    return this.memory({ base: base | (rex & 1 ? 8 : 0), index, scale, displacement });
  }

  private readMemory16(): Memory {
    const mod = this.modrm >> 6;
    if (mod === 0 && (this.modrm & 7) === 6) return this.memory({ displacement: this.signed(2) });
    const [base, index] = RM16[this.modrm & 7]!;
    return this.memory({ base, index, displacement: mod === 0 ? 0n : this.signed(mod) });
  }
}

function immediate(value: bigint): Operand {
  return { kind: 'immediate', value, size: 0, distance: '', symbolic: false };
}
