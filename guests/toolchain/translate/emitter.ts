/**
 * Emitting x86-64 instructions as bytes: the few forms that translated code is made of.
 *
 * The project's assembler reads text; here speed matters (a kernel is a hundred thousand instructions), so registers and
 * places come as numbers. Encodings: Intel SDM vol. 2, chapter 2 and the instructions' pages.
 */

export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const RBX = 3;
export const RSP = 4;
export const RBP = 5;
export const RSI = 6;
export const RDI = 7;
export const R8 = 8;
export const R9 = 9;
export const R10 = 10;
export const R11 = 11;
export const R12 = 12;
export const R13 = 13;
export const R14 = 14;
export const R15 = 15;

/** A memory operand: base and index registers (-1: none), displacement of 32 signed bits. */
export interface Memory {
  readonly base: number;
  readonly index: number;
  /** 1, 2, 4 or 8. */
  readonly scale: number;
  readonly displacement: number;
}

/** What ModRM.rm may name. */
export type Place = number | Memory;

/** Condition codes of jcc, setcc, cmovcc. */
export const CC = {
  o: 0,
  b: 2,
  ae: 3,
  e: 4,
  ne: 5,
  be: 6,
  a: 7,
  s: 8,
  p: 10,
  np: 11,
  l: 12,
  ge: 13,
  le: 14,
  g: 15,
};

/** Places of the eight two-operand operations in the opcode map; shifts in the ModRM digit. */
export const ADD = 0;
export const OR = 1;
export const AND = 4;
export const SUB = 5;
export const XOR = 6;
export const CMP = 7;
export const ROL = 0;
export const ROR = 1;
export const SHL = 4;
export const SHR = 5;
export const SAR = 7;

/** A place in the code that is not known yet, and the fields that wait for it. */
export class Label {
  at = -1;
  /** 32-bit fields for the distance from their ends. */
  readonly fields: number[] = [];
  /** 32-bit fields for the address, with the text's own. */
  readonly addresses: { readonly field: number; readonly text: number }[] = [];

  /** Something jumps here from before. */
  get used(): boolean {
    return this.fields.length > 0 || this.addresses.length > 0;
  }
}

/** A call, or a field with the address of a function or symbol, to fill in when all have their place. */
export interface Relocation {
  /** Byte offset of the 32-bit field in the text. */
  readonly at: number;
  /** Function index, or a symbol of the assembler part. */
  readonly target: number | string;
}

export function at(base: number, displacement: number): Memory {
  return { base, index: -1, scale: 1, displacement };
}

export class Emitter {
  private buffer = new Uint8Array(1 << 16);
  private view = new DataView(this.buffer.buffer);
  position = 0;
  readonly relocations: Relocation[] = [];

  bytes(): Uint8Array {
    return this.buffer.slice(0, this.position);
  }

  byte(value: number): void {
    if (this.position + 16 > this.buffer.length) this.grow();
    this.buffer[this.position++] = value;
  }

  dword(value: number): void {
    if (this.position + 16 > this.buffer.length) this.grow();
    this.view.setInt32(this.position, value | 0, true);
    this.position += 4;
  }

  word(value: number): void {
    this.byte(value & 0xff);
    this.byte((value >> 8) & 0xff);
  }

  /** Where the code stands, to come back to by `rewind`. */
  mark(): { readonly position: number; readonly relocations: number } {
    return { position: this.position, relocations: this.relocations.length };
  }

  rewind(mark: { readonly position: number; readonly relocations: number }): void {
    this.position = mark.position;
    this.relocations.length = mark.relocations;
  }

  setDword(position: number, value: number): void {
    this.view.setInt32(position, value | 0, true);
  }

  private grow(): void {
    const next = new Uint8Array(this.buffer.length * 2);
    next.set(this.buffer);
    this.buffer = next;
    this.view = new DataView(next.buffer);
  }

  /**
   * An instruction with ModRM. `opcode`: one byte, or 0x0fxx, or 0x0f38xx / 0x0f3axx. `prefix`: 0, 66, F2, F3. `bytes`: the
   * operands are bytes, so that registers 4 to 7 need REX; `tail`: bytes of immediate behind it.
   */
  modrm(opcode: number, reg: number, place: Place, wide = false, prefix = 0, byteRegister = -1): void {
    if (prefix !== 0) this.byte(prefix);
    const memory = typeof place === 'number' ? null : place;
    const base = memory === null ? (place as number) : memory.base;
    let rex = (wide ? 8 : 0) | (reg >= 8 ? 4 : 0) | (base >= 8 ? 1 : 0);
    if (memory !== null && memory.index >= 8) rex |= 2;
    if (rex !== 0 || byteRegister >= 4) this.byte(0x40 | rex);
    if (opcode > 0xffff) this.byte(0x0f);
    if (opcode > 0xff) this.byte((opcode >> 8) & 0xff);
    this.byte(opcode & 0xff);
    if (memory === null) this.byte(0xc0 | ((reg & 7) << 3) | (base & 7));
    else this.memory(reg & 7, memory);
  }

  private memory(reg: number, { base, index, scale, displacement }: Memory): void {
    const field = reg << 3;
    if (base < 0) {
      this.byte(field | 4);
      const scaled = (Math.log2(scale) << 6) | ((index < 0 ? 4 : index & 7) << 3) | 5;
      this.byte(scaled);
      this.dword(displacement);
      return;
    }
    const small = displacement >= -128 && displacement < 128;
    const mod = displacement === 0 && (base & 7) !== 5 ? 0 : small ? 0x40 : 0x80;
    if (index >= 0 || (base & 7) === 4) {
      this.byte(mod | field | 4);
      this.byte((Math.log2(scale) << 6) | ((index < 0 ? 4 : index & 7) << 3) | (base & 7));
    } else this.byte(mod | field | (base & 7));
    if (mod === 0x40) this.byte(displacement & 0xff);
    else if (mod === 0x80) this.dword(displacement);
  }

  /** add, or, and, sub, xor, cmp: `register op= place`. */
  alu(operation: number, register: number, place: Place, wide: boolean): void {
    this.modrm(operation * 8 + 3, register, place, wide);
  }

  /** The same with an immediate of 32 signed bits, on a register or memory. */
  aluImmediate(operation: number, place: Place, value: number, wide: boolean): void {
    const small = value >= -128 && value < 128;
    this.modrm(small ? 0x83 : 0x81, operation, place, wide);
    if (small) this.byte(value & 0xff);
    else this.dword(value);
  }

  move(to: number, from: Place, wide: boolean): void {
    this.modrm(0x8b, to, from, wide);
  }

  store(to: Memory, from: number, wide: boolean): void {
    this.modrm(0x89, from, to, wide);
  }

  exchange(a: number, b: number): void {
    this.modrm(0x87, a, b, true);
  }

  /** The shortest move of a constant; flags are kept. */
  constant(register: number, value: bigint): void {
    const unsigned = BigInt.asUintN(64, value);
    const signed = BigInt.asIntN(64, value);
    if (unsigned <= 0xffff_ffffn) {
      if (register >= 8) this.byte(0x41);
      this.byte(0xb8 | (register & 7));
      this.dword(Number(unsigned));
    } else if (signed === BigInt.asIntN(32, signed)) {
      this.modrm(0xc7, 0, register, true);
      this.dword(Number(signed));
    } else {
      this.byte(0x48 | (register >= 8 ? 1 : 0));
      this.byte(0xb8 | (register & 7));
      this.dword(Number(unsigned & 0xffff_ffffn));
      this.dword(Number(unsigned >> 32n));
    }
  }

  lea(register: number, memory: Memory, wide: boolean): void {
    this.modrm(0x8d, register, memory, wide);
  }

  shiftImmediate(operation: number, register: number, count: number, wide: boolean): void {
    this.modrm(0xc1, operation, register, wide);
    this.byte(count);
  }

  /** Shifts by CL. */
  shiftByCount(operation: number, register: number, wide: boolean): void {
    this.modrm(0xd3, operation, register, wide);
  }

  test(a: number, b: number, wide: boolean): void {
    this.modrm(0x85, b, a, wide);
  }

  setcc(condition: number, register: number): void {
    this.modrm(0x0f90 | condition, 0, register, false, 0, register);
  }

  /** A byte register, zero extended in place. */
  zeroExtendByte(register: number): void {
    this.modrm(0x0fb6, register, register, false, 0, register);
  }

  cmov(condition: number, register: number, place: Place, wide: boolean): void {
    this.modrm(0x0f40 | condition, register, place, wide);
  }

  push(register: number): void {
    if (register >= 8) this.byte(0x41);
    this.byte(0x50 | (register & 7));
  }

  pop(register: number): void {
    if (register >= 8) this.byte(0x41);
    this.byte(0x58 | (register & 7));
  }

  place(label: Label): void {
    label.at = this.position;
    for (const field of label.fields) this.setDword(field, label.at - field - 4);
    for (const { field, text } of label.addresses) this.setDword(field, text + label.at);
  }

  /**
   * Jumps through a table of addresses (32 bits, sign extended) that stands right behind the jump. `register`: the index,
   * changed. `text`: the address of the text's first byte.
   */
  jumpThrough(register: number, labels: readonly Label[], text: number): void {
    const loadBytes = 8;
    const jumpBytes = register >= 8 ? 3 : 2;
    const displacement = text + this.position + loadBytes + jumpBytes;
    this.modrm(0x63, register, { base: -1, index: register, scale: 4, displacement }, true);
    this.modrm(0xff, 4, register);
    for (const label of labels) {
      if (label.at < 0) label.addresses.push({ field: this.position, text });
      this.dword(label.at < 0 ? 0 : text + label.at);
    }
  }

  jump(label: Label): void {
    const distance = label.at - this.position - 2;
    if (label.at >= 0 && distance >= -128) {
      this.byte(0xeb);
      this.byte(distance & 0xff);
      return;
    }
    this.byte(0xe9);
    this.field(label);
  }

  jumpIf(condition: number, label: Label): void {
    const distance = label.at - this.position - 2;
    if (label.at >= 0 && distance >= -128) {
      this.byte(0x70 | condition);
      this.byte(distance & 0xff);
      return;
    }
    this.byte(0x0f);
    this.byte(0x80 | condition);
    this.field(label);
  }

  /** The 32-bit distance to a label, known or not. */
  private field(label: Label): void {
    if (label.at < 0) label.fields.push(this.position);
    this.dword(label.at < 0 ? 0 : label.at - this.position - 4);
  }

  call(target: number | string): void {
    this.byte(0xe8);
    this.relocations.push({ at: this.position, target });
    this.dword(0);
  }
}
