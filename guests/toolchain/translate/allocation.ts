/**
 * The operand stack at translation time: which register or slot of the frame holds which value. Values move as late as
 * they can; when registers run out, the deepest value is spilled to the frame.
 */
import { F32, F64, I32 } from '../wasm/module.ts';
import type { ValueType } from '../wasm/module.ts';
import { at, RSP, SHL } from './emitter.ts';
import type { Emitter, Memory, Place } from './emitter.ts';
import { TEMPORARIES } from './locals.ts';
import { isFloat, makeValue } from './values.ts';
import type { Local, Value } from './values.ts';

const WORD_BYTES = 8;
const XMM_REGISTERS = 16;

/** Prefixes of the scalar SSE instructions. */
export const SINGLE = 0xf3;
export const DOUBLE = 0xf2;
const PACKED_DOUBLE = 0x66;

export class Allocation {
  readonly stack: Value[] = [];
  private readonly emitter: Emitter;
  /** Who owns a register: by number; null: free; undefined: not ours to give. */
  private readonly general: (Value | null | undefined)[] = [];
  private readonly xmm: (Value | null | undefined)[] = [];
  private readonly firstSlot: number;
  /** Slots used beyond the locals'. */
  spillSlots = 0;

  /** `firstSlot`: the first slot of the frame that no local has. */
  constructor(emitter: Emitter, locals: readonly Local[], firstSlot: number) {
    this.emitter = emitter;
    this.firstSlot = firstSlot;
    for (const register of TEMPORARIES) this.general[register] = null;
    for (let n = 0; n < XMM_REGISTERS; n++) this.xmm[n] = null;
    for (const { type, register } of locals) if (register >= 0) this.file(type)[register] = undefined;
  }

  private file(type: ValueType): (Value | null | undefined)[] {
    return isFloat(type) ? this.xmm : this.general;
  }

  slotMemory(slot: number): Memory {
    return at(RSP, slot * WORD_BYTES);
  }

  push(value: Value): void {
    this.stack.push(value);
  }

  pushConstant(type: ValueType, bits: bigint): void {
    const value = makeValue('constant', type);
    value.bits = bits;
    this.stack.push(value);
  }

  pushLocal(local: Local): void {
    const value = makeValue('local', local.type);
    value.local = local;
    this.stack.push(value);
  }

  /** A new value in a register that `allocate` or `claim` gave. */
  pushRegister(type: ValueType, register: number): Value {
    const value = this.own(type, register);
    this.stack.push(value);
    return value;
  }

  /** Gives the register to a new value that is not on the stack: what an instruction works with. */
  own(type: ValueType, register: number): Value {
    const value = makeValue('register', type);
    value.register = register;
    this.file(type)[register] = value;
    return value;
  }

  pop(): Value {
    return this.stack.pop()!;
  }

  /** The value is used up. */
  free(value: Value): void {
    if (value.kind !== 'register' && value.kind !== 'scaled') return;
    const file = this.file(value.type);
    if (file[value.register] === value) file[value.register] = null;
  }

  isFree(type: ValueType, register: number): boolean {
    return this.file(type)[register] === null;
  }

  /** A free register; the deepest value of the stack is spilled where there is none. It is owned by nobody yet. */
  allocate(type: ValueType, preferred = -1): number {
    const file = this.file(type);
    if (preferred >= 0 && file[preferred] === null) return preferred;
    const order = isFloat(type) ? file.map((_, n) => n) : TEMPORARIES;
    const free = order.find((register) => file[register] === null);
    if (free !== undefined) return free;
    const victim = this.stack.find((value) => ownsRegister(value) && isFloat(value.type) === isFloat(type));
    if (victim === undefined) throw new Error('no register left');
    const { register } = victim;
    this.spill(victim);
    return register;
  }

  /** Empties a certain register: who owns it moves away. Keeps the flags. */
  claim(type: ValueType, register: number): void {
    const file = this.file(type);
    const owner = file[register];
    if (owner === null) return;
    if (owner === undefined) throw new Error(`register ${String(register)} is a local's home`);
    const full = !file.includes(null);
    if (full && this.stack.includes(owner)) this.spill(owner);
    else this.relocate(owner, this.allocate(type));
  }

  private relocate(value: Value, register: number): void {
    const file = this.file(value.type);
    this.moveRegister(value.type, register, value.register);
    file[value.register] = null;
    file[register] = value;
    value.register = register;
  }

  /** Moves between registers of a type. Keeps the flags. */
  moveRegister(type: ValueType, to: number, from: number): void {
    if (to === from) return;
    if (isFloat(type)) this.emitter.modrm(0x0f28, to, from);
    else this.emitter.move(to, from, type !== I32);
  }

  /** Writes a value of the stack to the frame. */
  private spill(value: Value): void {
    this.settle(value);
    if (value.kind !== 'register') return;
    const slot = this.firstSlot + this.stack.indexOf(value);
    this.spillSlots = Math.max(this.spillSlots, this.stack.indexOf(value) + 1);
    this.storeTo(value.type, this.slotMemory(slot), value.register);
    this.free(value);
    value.kind = 'slot';
    value.slot = slot;
  }

  /** Stores a register to memory, by its type. Slots of the frame are whole words. */
  storeTo(type: ValueType, memory: Memory, register: number): void {
    if (isFloat(type)) this.emitter.modrm(0x0f11, register, memory, false, type === F32 ? SINGLE : DOUBLE);
    else this.emitter.store(memory, register, true);
  }

  /** Loads a register from a slot or argument in memory. */
  loadFrom(type: ValueType, register: number, memory: Memory): void {
    if (isFloat(type)) this.emitter.modrm(0x0f10, register, memory, false, type === F32 ? SINGLE : DOUBLE);
    else this.emitter.move(register, memory, type !== I32);
  }

  /** Turns a scaled value into a plain one. */
  settle(value: Value): void {
    if (value.kind !== 'scaled') return;
    this.emitter.shiftImmediate(SHL, value.register, value.shift, value.type !== I32);
    value.kind = 'register';
  }

  /** Spills everything that lies in registers: before a call. */
  spillRegisters(): void {
    for (const value of this.stack) if (ownsRegister(value)) this.spill(value);
  }

  /** Makes every value independent of registers and locals: before a block, at whose end paths meet. */
  spillAll(): void {
    for (const value of this.stack) {
      if (value.kind === 'local') this.copyLocal(value);
      if (ownsRegister(value)) this.spill(value);
    }
  }

  /** The local is about to change: values of the stack that are its old content are copied. */
  releaseLocal(local: Local): void {
    for (const value of this.stack)
      if (value.kind === 'local' && value.local === local) this.copyLocal(value);
  }

  private copyLocal(value: Value): void {
    const register = this.allocate(value.type);
    this.load(register, value);
    this.file(value.type)[register] = value;
    value.kind = 'register';
    value.register = register;
  }

  /** Loads a value into a register that is free, or that is its own. Keeps the flags. */
  load(register: number, value: Value): void {
    const { type } = value;
    if (value.kind === 'constant') this.loadConstant(register, type, value.bits);
    else {
      this.settle(value);
      const place = this.place(value);
      if (typeof place === 'number') this.moveRegister(type, register, place);
      else this.loadFrom(type, register, place);
    }
  }

  private loadConstant(register: number, type: ValueType, bits: bigint): void {
    if (!isFloat(type)) {
      this.emitter.constant(register, type === I32 ? BigInt.asUintN(32, bits) : bits);
    } else if (bits === 0n) this.emitter.modrm(0x0f57, register, register);
    else {
      const general = this.allocate(I32);
      this.emitter.constant(general, bits);
      this.emitter.modrm(0x0f6e, register, general, type === F64, PACKED_DOUBLE);
    }
  }

  /** Where a value that is no constant lies. */
  place(value: Value): Place {
    this.settle(value);
    if (value.kind === 'register') return value.register;
    if (value.kind === 'slot') return this.slotMemory(value.slot);
    const { register, slot } = value.local!;
    return register >= 0 ? register : this.slotMemory(slot);
  }

  /** The value in some register: its own or a local's home, only to be read. */
  toRegister(value: Value, preferred = -1): number {
    this.settle(value);
    if (value.kind === 'register') return value.register;
    if (value.kind === 'local' && value.local!.register >= 0) return value.local!.register;
    return this.toOwned(value, preferred);
  }

  /** The value in a register of its own, which may be changed. */
  toOwned(value: Value, preferred = -1): number {
    this.settle(value);
    if (value.kind === 'register') return value.register;
    const register = this.allocate(value.type, preferred);
    this.load(register, value);
    value.kind = 'register';
    value.register = register;
    this.file(value.type)[register] = value;
    return register;
  }

  /** The value in this very register, owned. Keeps the flags. */
  toCertain(value: Value, register: number): void {
    this.settle(value);
    if (value.kind === 'register' && value.register === register) return;
    this.claim(value.type, register);
    this.load(register, value);
    this.free(value);
    value.kind = 'register';
    value.register = register;
    this.file(value.type)[register] = value;
  }

  /** Forgets the values above a height: paths meet here. */
  truncate(height: number): void {
    while (this.stack.length > height) this.free(this.pop());
  }
}

export function ownsRegister(value: Value): boolean {
  return value.kind === 'register' || value.kind === 'scaled';
}
