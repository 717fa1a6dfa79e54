/** One function being written: its locals, and the state that is in them. */
import { signed32, unsigned } from './bytes.ts';
import type { Code } from './code.ts';
import { Label } from './code.ts';
import * as op from './opcodes.ts';
import { SLOTS, type Slot } from './slots.ts';

/** Parameters, then locals that every function has. */
export const ENTRY = 0;
export const REMAINING = 1;
/** Below so much of the budget the function comes back, for the engine's better code (translator.ts). */
export const FLOOR = 2;
/** Whether the function's own code has been written to. */
export const STALE = 3;
export const RESULT = 4;
export const EXIT_RIP = 5;
const FIXED_LOCALS = [op.I32, op.I32, op.I32, op.I64];
const PARAMETERS = 2;

export function getLocal(local: number): number[] {
  const bytes = [op.LOCAL_GET];
  unsigned(bytes, local);
  return bytes;
}
export function setLocal(local: number): number[] {
  const bytes = [op.LOCAL_SET];
  unsigned(bytes, local);
  return bytes;
}
export function teeLocal(local: number): number[] {
  const bytes = [op.LOCAL_TEE];
  unsigned(bytes, local);
  return bytes;
}
export function i32(value: number): number[] {
  const bytes = [op.I32_CONST];
  signed32(bytes, value);
  return bytes;
}
/** A load from or store to a fixed address. */
export function at(code: number, address: number): number[] {
  const bytes = [code, 0];
  unsigned(bytes, address);
  return bytes;
}

export class FunctionWriter {
  /** Types of the locals behind the parameters. */
  readonly locals: number[] = [...FIXED_LOCALS];
  /** Where the function ends when RIP is in EXIT_RIP, and when it is in memory already; RESULT has what it gives. */
  readonly exit = new Label('exit');
  readonly leave = new Label('leave');
  private readonly slotLocals = new Map<Slot, number>();
  private readonly written = new Set<Slot>();
  /** Locals for values on their way, by type; how many are in use. */
  private readonly temporaries = new Map<number, number[]>();
  private inUse = new Map<number, number>();

  /** The module's number of an export of the core, LEB128 encoded. */
  readonly imported: (name: string) => number[];

  constructor(imported: (name: string) => number[]) {
    this.imported = imported;
  }

  private allocate(type: number): number {
    this.locals.push(type);
    return this.locals.length - 1 + PARAMETERS;
  }

  /** A local that nothing else has until `release`. */
  temporary(type: number): number {
    const pool = this.temporaries.get(type) ?? [];
    this.temporaries.set(type, pool);
    const index = this.inUse.get(type) ?? 0;
    this.inUse.set(type, index + 1);
    pool[index] ??= this.allocate(type);
    return pool[index];
  }
  mark(): ReadonlyMap<number, number> {
    return new Map(this.inUse);
  }
  release(mark: ReadonlyMap<number, number>): void {
    this.inUse = new Map(mark);
  }

  /** The local of a slot. */
  local(slot: Slot): number {
    let local = this.slotLocals.get(slot);
    if (local === undefined) {
      local = this.allocate(slot.type);
      this.slotLocals.set(slot, local);
    }
    return local;
  }
  /** The local of a slot that is going to be written. */
  localToWrite(slot: Slot): number {
    if (slot.fixed) throw new Error('translated code writes what it takes for fixed');
    this.written.add(slot);
    return this.local(slot);
  }

  /** Loads all slots that the function uses. */
  load(): Code {
    const code: number[] = [];
    for (const slot of SLOTS) {
      const local = this.slotLocals.get(slot);
      if (local === undefined) continue;
      code.push(...i32(0), ...at(slot.type === op.I64 ? op.I64_LOAD : op.I32_LOAD, slot.address));
      code.push(...setLocal(local));
    }
    return code;
  }
  /** Stores all slots that it writes. */
  store(): Code {
    const code: number[] = [];
    for (const slot of SLOTS) {
      if (!this.written.has(slot)) continue;
      code.push(...i32(0), ...getLocal(this.local(slot)));
      code.push(...at(slot.type === op.I64 ? op.I64_STORE : op.I32_STORE, slot.address));
    }
    return code;
  }
}
