/**
 * Walks an operation's trees, with its record known: values and statements without control flow. What depends on the record alone
 * is computed now.
 */
import type { Operations } from './operations.ts';
import type { Code } from './code.ts';
import { fold, identity } from './fold.ts';
import { access, i32, setLocal } from './instructions.ts';
import * as op from './opcodes.ts';
import { resolve, type Facts, type Frame } from './paths.ts';
import { KIND, slotAt, type Slot } from './slots.ts';
import { readSlot, recordField, writePart } from './state.ts';
import type { Block, Tree } from './tree.ts';
import { NOTHING, computed, inLocal, known, zeroOf, type Value } from './value.ts';
import type { FunctionWriter } from './writer.ts';
import { EXIT_REASON, REGS, SLOT_ZERO } from '../wasm/layout.ts';

const ALWAYS_ZERO = REGS + SLOT_ZERO * 8;

/** The record at hand, and how its ways to go on are written. All but `next` end the code. */
export interface Surroundings {
  readonly memory: DataView;
  readonly record: number;
  readonly block: number;
  readonly blockEnd: number;
  /** Behind a call that may have written code. */
  noteWrite(out: Code): void;
  taken(): void;
  fall(): void;
  again(): void;
  enter(target: Value): void;
  /** Leaves as the interpreter's loop does, with what is left of the budget. */
  leave(remaining: Value): void;
  /** Leaves with the fault that a record has raised. */
  abort(record: Value, block: Value): void;
}

export abstract class Walker {
  /** Where code is written now. */
  out: Code = [];
  facts: Facts = { kind: undefined, quiet: true, mayBeStale: false };
  reachable = true;
  protected frame: Frame = { types: [], targets: [], locals: [], outermost: undefined };
  protected readonly around: Surroundings;
  protected readonly operations: Operations;
  protected readonly writer: FunctionWriter;
  /** Stores to slots that nothing has seen yet: another one to the same makes them void. */
  private readonly unseen = new Map<Slot, Code>();

  constructor(operations: Operations, writer: FunctionWriter, around: Surroundings) {
    this.operations = operations;
    this.writer = writer;
    this.around = around;
  }

  protected abstract block(block: Block): Value;
  protected abstract test(tree: Tree & { kind: 'if' }): Value;
  protected abstract branch(tree: Tree & { kind: 'branch' }): Value;
  protected abstract table(tree: Tree & { kind: 'table' }): Value;
  protected abstract call(tree: Tree & { kind: 'call' }): Value;

  /** Puts a value where it stays. */
  stabilise(value: Value): Value {
    if (value.stable) return value;
    const local = this.writer.temporary(value.type);
    this.out.push(value.code, setLocal(local));
    return inLocal(value.type, local);
  }

  /** From here on all stores may be seen: there are several ways to go on, or to come here. */
  protected seen(): void {
    this.unseen.clear();
  }

  protected statements(block: Block): Value {
    let result = NOTHING;
    for (const tree of block.body) {
      result = this.evaluate(tree);
      if (!this.reachable) return NOTHING;
      // What a statement gives and nothing takes cannot be; the last one's is the block's.
    }
    return block.type === op.EMPTY ? NOTHING : result;
  }

  protected evaluate(tree: Tree): Value {
    switch (tree.kind) {
      case 'constant':
        return tree.known;
      case 'get':
        return resolve(this.frame.locals[tree.local]!, this.writer);
      case 'set':
        return this.set(tree.local, this.evaluate(tree.value), tree.tee);
      case 'numeric':
        return this.numeric(tree);
      case 'load':
        return this.load(tree);
      case 'store':
        return this.store(tree);
      case 'select':
        return this.select(tree.operands);
      case 'block':
        return this.block(tree);
      case 'if':
        return this.test(tree);
      case 'branch':
        return this.branch(tree);
      case 'table':
        return this.table(tree);
      case 'call':
        return this.call(tree);
      case 'drop':
        this.evaluate(tree.value);
        return NOTHING;
      case 'sequence':
        return this.sequence(tree);
      case 'unreachable':
        this.out.push(0x00);
        this.reachable = false;
        return NOTHING;
    }
  }

  private sequence(tree: Tree & { kind: 'sequence' }): Value {
    const value = this.evaluate(tree.value);
    if (!this.reachable) return NOTHING;
    const stays = this.stabilise(value);
    for (const each of tree.then) {
      this.evaluate(each);
      if (!this.reachable) return NOTHING;
    }
    return stays;
  }

  /** Operands, the first one's effects first. */
  protected evaluateAll(trees: readonly Tree[]): Value[] {
    const values: Value[] = [];
    const { out } = this;
    for (const tree of trees) {
      const before = out.length;
      const value = this.evaluate(tree);
      if (out.length > before && !values.every(({ stable }) => stable)) {
        const own = out.splice(before);
        for (let i = 0; i < values.length; i++) values[i] = this.stabilise(values[i]!);
        out.push(...own);
      }
      values.push(value);
      if (!this.reachable) break;
    }
    return values;
  }

  private set(local: number, value: Value, tee: boolean): Value {
    if (!this.reachable) return NOTHING;
    const stays = this.stabilise(value);
    this.frame.locals[local] = stays;
    return tee ? stays : NOTHING;
  }

  private numeric({ code, bytes, type, operands }: Tree & { kind: 'numeric' }): Value {
    if (operands.length === 1) {
      const value = this.evaluate(operands[0]!);
      if (!this.reachable) return NOTHING;
      const result = code !== 0 && value.constant !== undefined ? fold(code, value.constant) : undefined;
      return result !== undefined ? known(type, result) : computed(type, [value.code, bytes]);
    }
    const values = this.evaluateAll(operands);
    if (!this.reachable) return NOTHING;
    if (values.length === 2) {
      const [a, b] = values as [Value, Value];
      if (code !== 0 && a.constant !== undefined && b.constant !== undefined) {
        const result = fold(code, a.constant, b.constant);
        if (result !== undefined) return known(type, result);
      }
      const same = identity(code, a.constant, b.constant);
      return same !== undefined ? values[same]! : computed(type, [a.code, b.code, bytes]);
    }
    return computed(type, [...values.map((value) => value.code), bytes]);
  }

  private select(trees: readonly Tree[]): Value {
    const [a, b, condition] = this.evaluateAll(trees) as [Value, Value, Value];
    if (!this.reachable) return NOTHING;
    if (condition.constant !== undefined) return condition.constant === 0 ? b : a;
    return computed(a.type, [a.code, b.code, condition.code, op.SELECT]);
  }

  private load({ code, type, bytes, offset, address }: Tree & { kind: 'load' }): Value {
    const { constant, code: computes } = this.evaluate(address);
    if (!this.reachable) return NOTHING;
    if (constant === undefined) return computed(type, [computes, access(bytes, offset)]);
    const { around } = this;
    const fixed = (Number(constant) + offset) >>> 0;
    const how = op.accessOf(code);
    if (how !== undefined) {
      if (fixed >= around.block && fixed < around.blockEnd) return recordField(around.memory, how, fixed);
      if (fixed === EXIT_REASON && this.facts.quiet) return zeroOf(op.I32);
      const slot = slotAt(fixed);
      if (slot !== undefined) return this.slotLoad(slot, fixed, how);
      if (fixed === ALWAYS_ZERO) return zeroOf(type);
    }
    return computed(type, [i32(0), access(bytes, fixed)]);
  }

  private slotLoad(slot: Slot, fixed: number, how: op.Access): Value {
    if (slot === KIND && this.facts.kind !== undefined) return known(op.I32, this.facts.kind);
    this.unseen.delete(slot);
    if (slot.fixed && how.bytes === slot.bytes) return inLocal(slot.type, this.writer.local(slot));
    return readSlot(slot, this.writer.local(slot), (fixed - slot.address) * 8, how);
  }

  private store({ code, bytes, offset, address: to, value: what }: Tree & { kind: 'store' }): Value {
    const [address, value] = this.evaluateAll([to, what]) as [Value, Value];
    if (!this.reachable) return NOTHING;
    if (address.constant === undefined) {
      this.out.push(address.code, value.code, access(bytes, offset));
      return NOTHING;
    }
    const fixed = (Number(address.constant) + offset) >>> 0;
    const slot = slotAt(fixed);
    if (slot !== undefined) {
      const how = op.accessOf(code);
      if (how === undefined) throw new Error('a vector stored to a slot');
      this.slotStore(slot, fixed, how, value);
      return NOTHING;
    }
    if (fixed === EXIT_REASON) this.facts = { ...this.facts, quiet: false };
    this.out.push(i32(0), value.code, access(bytes, fixed));
    return NOTHING;
  }

  private slotStore(slot: Slot, fixed: number, how: op.Access, value: Value): void {
    const local = this.writer.localToWrite(slot);
    if (how.bytes === slot.bytes) {
      const store: Code = [value.code, setLocal(local)];
      const before = this.unseen.get(slot);
      if (before !== undefined) before.length = 0;
      this.unseen.set(slot, store);
      this.out.push(store);
      if (slot === KIND) this.facts = { ...this.facts, kind: value.constant as number | undefined };
      return;
    }
    if (slot.type === op.I32) throw new Error('a part of a narrow slot');
    this.unseen.delete(slot);
    this.out.push(writePart(local, (fixed - slot.address) * 8, how, value));
  }
}
