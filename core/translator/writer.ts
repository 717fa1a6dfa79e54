/** One function being written: its locals, and the state that is in them. */
import { Label, type Bytes, type Code, type Piece } from './code.ts';
import { at, getLocal, i32, setLocal } from './instructions.ts';
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
/** The record that has raised a fault, and its block. */
export const FAULT_RECORD = 5;
export const FAULT_BLOCK = 6;
export const EXIT_RIP = 7;
/** Where the page of the region's first block is, in a region of several. */
export const BASE = 8;
/** The block that the function goes on with, or is followed at; and then the table index of that function, else 0. */
export const NEXT = 9;
export const CODE = 10;
const FIXED_LOCALS = [op.I32, op.I32, op.I32, op.I32, op.I32, op.I64, op.I64, op.I32, op.I32];
const FIXED_NAMES =
  'entry remaining floor stale gives fault_record fault_block exit_rip base next code'.split(' ');
const PARAMETERS = 2;

/** Value types have neighbouring numbers. */
const FIRST_TYPE = op.V128;
const TYPES = Array.from({ length: op.I32 - FIRST_TYPE + 1 }, (_, kind) => FIRST_TYPE + kind);

function onceWritten(write: () => Code): Piece {
  let code: Code | undefined;
  return { kind: 'later', write: () => (code ??= write()) };
}

export class FunctionWriter {
  /** Types of the locals behind the parameters. */
  readonly locals: number[] = [...FIXED_LOCALS];
  /** Where the function ends with a fault, when RIP is in EXIT_RIP, and when it is in memory already; RESULT has what it gives. */
  readonly abort = new Label('abort');
  readonly exit = new Label('exit');
  /** Where it ends with EXIT_RIP alone, or goes on with other regions (crossing.ts). */
  readonly out = new Label('out');
  readonly goOn = new Label('go_on');
  readonly cross = new Label('cross');
  /** There are ways to `cross`. */
  crosses = false;
  readonly leave = new Label('leave');
  private readonly slotLocals = new Map<Slot, number>();
  private readonly written = new Set<Slot>();
  /** Locals for values on their way, by type; how many are in use. */
  private readonly temporaries: readonly number[][] = TYPES.map(() => []);
  private inUse: number[] = TYPES.map(() => 0);

  /** The module's number of an export of the core, LEB128 encoded. */
  readonly imported: (name: string) => Bytes;

  constructor(imported: (name: string) => Bytes) {
    this.imported = imported;
  }

  private allocate(type: number): number {
    this.locals.push(type);
    return this.locals.length - 1 + PARAMETERS;
  }

  /** A local that nothing else has until `release`. */
  temporary(type: number): number {
    const kind = type - FIRST_TYPE;
    const index = this.inUse[kind]!++;
    return (this.temporaries[kind]![index] ??= this.allocate(type));
  }
  mark(): readonly number[] {
    return this.inUse.slice();
  }
  release(mark: readonly number[]): void {
    this.inUse = mark.slice();
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

  /** What the locals are called where the code is shown, parameters first. */
  localNames(): string[] {
    const names = [...this.locals.keys()].map((n) => `value${String(n)}`);
    const all = ['', '', ...names].map((name, n) => FIXED_NAMES[n] ?? name);
    for (const [slot, local] of this.slotLocals) all[local] = slot.name;
    return all;
  }

  /** Loads all slots that the function uses, and stores all that it writes: known when all of it is written. */
  readonly load: Piece = onceWritten(() => this.loads());
  readonly store: Piece = onceWritten(() => this.stores());

  private loads(): Code {
    const code: Code = [];
    for (const slot of SLOTS) {
      const local = this.slotLocals.get(slot);
      if (local === undefined) continue;
      code.push(i32(0), at(slot.type === op.I64 ? op.I64_LOAD : op.I32_LOAD, slot.address), setLocal(local));
    }
    return code;
  }
  private stores(): Code {
    const code: Code = [];
    for (const slot of SLOTS) {
      if (!this.written.has(slot)) continue;
      code.push(i32(0), getLocal(this.local(slot)));
      code.push(at(slot.type === op.I64 ? op.I64_STORE : op.I32_STORE, slot.address));
    }
    return code;
  }
}
