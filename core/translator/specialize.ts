/**
 * Makes code of one record: the operation's function (operations.ts) with the record known. Whatever depends on the record alone
 * is computed now: operands, sizes, conditions, addresses of registers, which case of a family it is. What is left are wasm
 * instructions on locals, for registers and flags are locals (slots.ts), and calls of what is not taken in (calls.ts).
 *
 * Values have no effects and statements are written in order, so that a value that is not stable is put into a local before a
 * statement follows.
 */
import type { Called, Callee, Inlined, Operations } from './operations.ts';
import type { Code, Piece } from './code.ts';
import { Label } from './code.ts';
import { fold, identity } from './fold.ts';
import * as op from './opcodes.ts';
import { KIND, slotAt, type Slot } from './slots.ts';
import type { Block, Tree } from './tree.ts';
import { NOTHING, computed, inLocal, known, memoryBytes, sameValue, zeroOf, type Value } from './value.ts';
import { REMAINING, at, getLocal, i32, setLocal, type FunctionWriter } from './writer.ts';
import { CURRENT_BLOCK, EXIT_REASON, REGS, SLOT_ZERO } from '../wasm/layout.ts';

const ALWAYS_ZERO = REGS + SLOT_ZERO * 8;

/** What is known of the state at a place of the code. */
export interface Facts {
  /** CC_KIND, where it is known. */
  readonly kind: number | undefined;
  /** No exit has been raised. */
  readonly quiet: boolean;
  /** Code may have been written to: the local STALE says so. */
  readonly mayBeStale: boolean;
}

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
}

interface Edge {
  readonly locals: readonly Value[];
  readonly facts: Facts;
  readonly copies: Code;
  readonly value: Value;
  /** The branch, unless the code just goes on. */
  readonly branch: Piece | undefined;
  readonly conditional: boolean;
}
interface Target {
  readonly label: Label;
  readonly type: number;
  readonly edges: Edge[];
}
interface Frame {
  readonly types: readonly number[];
  readonly targets: Map<Block, Target>;
  locals: Value[];
  /** The operation's own frame: what its body gives leaves. */
  readonly outermost: Block | undefined;
}

export class Specializer {
  /** Where code is written now. */
  out: Code = [];
  facts: Facts = { kind: undefined, quiet: true, mayBeStale: false };
  reachable = true;
  /** Whether a call in this record may have changed anything. */
  calledAnything = false;
  private frame: Frame = { types: [], targets: new Map(), locals: [], outermost: undefined };
  private next: Target = { label: new Label('next'), type: op.EMPTY, edges: [] };
  private around!: Surroundings;
  /** Stores to slots that nothing has seen yet: another one to the same makes them void. */
  private readonly unseen = new Map<Slot, Code>();
  private readonly operations: Operations;
  private readonly writer: FunctionWriter;

  constructor(operations: Operations, writer: FunctionWriter) {
    this.operations = operations;
    this.writer = writer;
  }

  /** Writes the record's code; it goes on behind it if it is `reachable` then. */
  record(operation: Inlined, around: Surroundings): void {
    const { frame, next, around: outerAround } = this;
    this.around = around;
    this.calledAnything = false;
    const outer = this.out;
    const body: Code = [];
    this.out = body;
    this.next = { label: new Label('next'), type: op.EMPTY, edges: [] };
    const parameters = [
      known(op.I32, around.record | 0),
      known(op.I32, around.block | 0),
      inLocal(op.I32, REMAINING),
    ];
    this.frame = this.enter(operation, parameters, operation.body);
    const result = this.statements(operation.body);
    if (this.reachable) this.leave(result);
    this.out = outer;
    this.join(this.next, body);
    this.frame = frame;
    this.next = next;
    this.around = outerAround;
  }

  /** Puts a value where it stays. */
  stabilise(value: Value): Value {
    if (value.stable) return value;
    const local = this.writer.temporary(value.type);
    this.out.push(value.code, ...setLocal(local));
    return inLocal(value.type, local);
  }

  private leave(remaining: Value): void {
    this.seen();
    this.around.leave(remaining);
    this.reachable = false;
  }

  private enter(callee: Inlined, parameters: Value[], outermost: Block | undefined): Frame {
    const rest = callee.locals.slice(callee.parameters).map(zeroOf);
    return { types: callee.locals, targets: new Map(), locals: [...parameters, ...rest], outermost };
  }

  private statements(block: Block): Value {
    let result = NOTHING;
    for (const tree of block.body) {
      result = this.evaluate(tree);
      if (!this.reachable) return NOTHING;
      // What a statement gives and nothing takes cannot be; the last one's is the block's.
    }
    return block.type === op.EMPTY ? NOTHING : result;
  }

  private evaluate(tree: Tree): Value {
    switch (tree.kind) {
      case 'i32':
        return known(op.I32, tree.value);
      case 'i64':
        return known(op.I64, tree.value);
      case 'get':
        return this.frame.locals[tree.local]!;
      case 'set':
        return this.set(tree.local, this.evaluate(tree.value), tree.tee);
      case 'numeric':
        return this.numeric(tree.code, tree.bytes, tree.type, tree.operands);
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
        return this.table(tree.targets, tree.index);
      case 'call':
        return this.call(this.operations.callee(tree.callee), tree.operands);
      case 'drop':
        this.evaluate(tree.value);
        return NOTHING;
      case 'sequence': {
        const value = this.evaluate(tree.value);
        if (!this.reachable) return NOTHING;
        const stays = this.stabilise(value);
        for (const each of tree.then) {
          this.evaluate(each);
          if (!this.reachable) return NOTHING;
        }
        return stays;
      }
      case 'unreachable':
        this.out.push(0x00);
        this.reachable = false;
        return NOTHING;
    }
  }

  /** Operands, the first one's effects first. */
  private evaluateAll(trees: readonly Tree[]): Value[] {
    const values: Value[] = [];
    const outer = this.out;
    for (const tree of trees) {
      const own: Code = [];
      this.out = own;
      const value = this.evaluate(tree);
      this.out = outer;
      if (own.length > 0) {
        for (const [i, before] of values.entries()) values[i] = this.stabilise(before);
        outer.push(...own);
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

  private numeric(code: number, bytes: readonly number[], type: number, operands: readonly Tree[]): Value {
    const values = this.evaluateAll(operands);
    if (!this.reachable) return NOTHING;
    const constants = values.map(({ constant }) => constant);
    if (code !== 0 && constants.every((constant) => constant !== undefined)) {
      const result = fold(code, constants);
      if (result !== undefined) return known(type, result);
    }
    if (values.length === 2) {
      const same = identity(code, constants[0], constants[1]);
      if (same !== undefined) return values[same]!;
    }
    return computed(type, [...values.map((value) => value.code), ...bytes]);
  }

  private select(trees: readonly Tree[]): Value {
    const [a, b, condition] = this.evaluateAll(trees) as [Value, Value, Value];
    if (!this.reachable) return NOTHING;
    if (condition.constant !== undefined) return condition.constant === 0 ? b : a;
    return computed(a.type, [a.code, b.code, condition.code, op.SELECT]);
  }

  private load(tree: Tree & { kind: 'load' }): Value {
    const [address] = this.evaluateAll([tree.address]);
    if (!this.reachable) return NOTHING;
    const { code, type, bytes, offset } = tree;
    if (address!.constant === undefined)
      return computed(type, [address!.code, ...memoryBytes(bytes, offset)]);
    const fixed = (Number(address!.constant) + offset) >>> 0;
    const access = op.accessOf(code);
    if (access !== undefined) {
      if (fixed >= this.around.block && fixed < this.around.blockEnd) return this.recordField(access, fixed);
      if (fixed === EXIT_REASON && this.facts.quiet) return known(op.I32, 0);
      const slot = slotAt(fixed);
      if (slot !== undefined) return this.slotLoad(slot, (fixed - slot.address) * 8, access);
      if (fixed === ALWAYS_ZERO) return known(type, type === op.I32 ? 0 : 0n);
    }
    return computed(type, [...i32(0), ...memoryBytes(bytes, fixed)]);
  }

  private recordField(access: op.Access, address: number): Value {
    const { memory } = this.around;
    const { type, bytes, signed } = access;
    let value: bigint;
    if (bytes === 1) value = BigInt(memory.getUint8(address));
    else if (bytes === 2) value = BigInt(memory.getUint16(address, true));
    else if (bytes === 4) value = BigInt(memory.getUint32(address, true));
    else value = memory.getBigUint64(address, true);
    if (signed) value = BigInt.asIntN(bytes * 8, value);
    return type === op.I32
      ? known(type, Number(BigInt.asIntN(32, value)))
      : known(type, BigInt.asIntN(64, value));
  }

  private slotLoad(slot: Slot, shift: number, { type, bytes, signed }: op.Access): Value {
    if (slot === KIND && this.facts.kind !== undefined) return known(op.I32, this.facts.kind);
    this.unseen.delete(slot);
    const code: Code = getLocal(this.writer.local(slot));
    if (slot.type === op.I32) {
      if (bytes !== 4 || type !== op.I32) throw new Error('a part of a narrow slot');
      return computed(type, code);
    }
    if (bytes === 8) return computed(type, code);
    if (type === op.I32) {
      if (shift !== 0) code.push(known(op.I64, BigInt(shift)).code, op.I64_SHR_U);
      code.push(op.I32_WRAP);
      if (bytes === 4) return computed(type, code);
      if (signed) code.push(bytes === 1 ? op.I32_EXTEND8 : op.I32_EXTEND16);
      else code.push(...i32(bytes === 1 ? 0xff : 0xffff), op.I32_AND);
      return computed(type, code);
    }
    if (shift !== 0) code.push(known(op.I64, BigInt(shift)).code, op.I64_SHR_U);
    if (signed) code.push(bytes === 1 ? op.I64_EXTEND8 : bytes === 2 ? op.I64_EXTEND16 : op.I64_EXTEND32);
    else code.push(known(op.I64, (1n << BigInt(bytes * 8)) - 1n).code, op.I64_AND);
    return computed(type, code);
  }

  private store(tree: Tree & { kind: 'store' }): Value {
    const [address, value] = this.evaluateAll([tree.address, tree.value]) as [Value, Value];
    if (!this.reachable) return NOTHING;
    const { code, bytes, offset } = tree;
    if (address.constant === undefined) {
      this.out.push(address.code, value.code, ...memoryBytes(bytes, offset));
      return NOTHING;
    }
    const fixed = (Number(address.constant) + offset) >>> 0;
    const slot = slotAt(fixed);
    const access = op.accessOf(code);
    if (slot !== undefined) {
      if (access === undefined) throw new Error('a vector stored to a slot');
      this.slotStore(slot, (fixed - slot.address) * 8, access, value);
      return NOTHING;
    }
    if (fixed === EXIT_REASON) this.facts = { ...this.facts, quiet: false };
    this.out.push(...i32(0), value.code, ...memoryBytes(bytes, fixed));
    return NOTHING;
  }

  private slotStore(slot: Slot, shift: number, { type, bytes }: op.Access, value: Value): void {
    const local = this.writer.localToWrite(slot);
    if (bytes === slot.bytes) {
      const store: Code = [value.code, ...setLocal(local)];
      const before = this.unseen.get(slot);
      if (before !== undefined) before.length = 0;
      this.unseen.set(slot, store);
      this.out.push(store);
      if (slot === KIND) this.facts = { ...this.facts, kind: value.constant as number | undefined };
      return;
    }
    if (slot.type === op.I32) throw new Error('a part of a narrow slot');
    this.unseen.delete(slot);
    const mask = (1n << BigInt(bytes * 8)) - 1n;
    const at64 = BigInt(shift);
    this.out.push(...getLocal(local), known(op.I64, BigInt.asIntN(64, ~(mask << at64))).code, op.I64_AND);
    if (value.constant !== undefined) {
      const part = (BigInt(value.constant) & mask) << at64;
      this.out.push(...known(op.I64, BigInt.asIntN(64, part)).code);
    } else {
      this.out.push(value.code);
      if (type === op.I32) this.out.push(op.I64_EXTEND_U);
      this.out.push(known(op.I64, mask).code, op.I64_AND);
      if (shift !== 0) this.out.push(known(op.I64, at64).code, op.I64_SHL);
    }
    this.out.push(op.I64_OR, ...setLocal(local));
  }

  /** Evaluates in a construct of its own; ends on its target. */
  private block(block: Block): Value {
    const { frame } = this;
    const target: Target = { label: new Label('block'), type: block.type, edges: [] };
    frame.targets.set(block, target);
    const outer = this.out;
    const body: Code = [];
    this.out = body;
    const value = this.statements(block);
    if (this.reachable) this.edge(target, value, undefined, false);
    this.out = outer;
    return this.join(target, body);
  }

  private edge(
    target: Target,
    value: Value,
    branch: Piece | undefined,
    conditional: boolean,
    copies: Code = [],
  ): void {
    if (branch === undefined) this.out.push(copies);
    const { facts } = this;
    target.edges.push({ locals: this.frame.locals.slice(), facts, copies, value, branch, conditional });
  }

  /** Goes on where all edges of a target meet; `body` is the code that they come from. */
  private join(target: Target, body: Code): Value {
    const { edges } = target;
    const [first] = edges;
    if (first === undefined) {
      this.out.push(...body);
      this.reachable = false;
      return NOTHING;
    }
    this.reachable = true;
    if (
      edges.length === 1 &&
      (first.branch === undefined || body.at(-1) === first.branch) &&
      !first.conditional
    ) {
      if (first.branch !== undefined) body.pop();
      this.out.push(...body);
      this.frame.locals = [...first.locals];
      this.facts = first.facts;
      return first.value;
    }
    this.seen();
    const value = this.merge(edges, target.type);
    if (edges.some(({ branch }) => branch !== undefined))
      this.out.push({ kind: 'block', label: target.label, body });
    else this.out.push(...body);
    return value;
  }

  /** From here on all stores may be seen: there are several ways to go on, or to come here. */
  private seen(): void {
    this.unseen.clear();
  }

  /** Makes the state of several edges one: what differs gets a local that each of them sets. */
  private merge(edges: readonly Edge[], type: number): Value {
    const [first, ...others] = edges as [Edge, ...Edge[]];
    const together = (values: readonly Value[], valueType: number): Value => {
      const [a, ...rest] = values as [Value, ...Value[]];
      if (a.stable && rest.every((b) => sameValue(a, b))) return a;
      const local = this.writer.temporary(valueType);
      for (const [i, edge] of edges.entries()) {
        const { code } = values[i]!;
        // A local of a type that has no known zero, which this edge has not set: it is not read there.
        if (code.length > 0) edge.copies.push(...code, ...setLocal(local));
      }
      return inLocal(valueType, local);
    };
    // The values first: copies of locals do not disturb them, being to locals of their own.
    const value =
      type === op.EMPTY
        ? NOTHING
        : together(
            edges.map((edge) => edge.value),
            type,
          );
    this.frame.locals = first.locals.map((_, i) =>
      together(
        edges.map(({ locals }) => locals[i]!),
        this.frame.types[i]!,
      ),
    );
    const all = <T>(of: (facts: Facts) => T): boolean =>
      others.every(({ facts }) => of(facts) === of(first.facts));
    this.facts = {
      kind: all(({ kind }) => kind) ? first.facts.kind : undefined,
      quiet: edges.every(({ facts }) => facts.quiet),
      mayBeStale: edges.some(({ facts }) => facts.mayBeStale),
    };
    return value;
  }

  private test(tree: Tree & { kind: 'if' }): Value {
    const condition = this.evaluate(tree.condition);
    if (!this.reachable) return NOTHING;
    if (condition.constant !== undefined)
      return this.block(condition.constant === 0 ? tree.otherwise : tree.then);
    this.seen();
    const before = { locals: this.frame.locals.slice(), facts: this.facts };
    const target: Target = { label: new Label('if'), type: tree.type, edges: [] };
    const outer = this.out;
    const arm = (block: Block): Code => {
      const code: Code = [];
      this.out = code;
      this.reachable = true;
      this.frame.locals = before.locals.slice();
      this.facts = before.facts;
      const value = this.block(block);
      if (this.reachable) this.edge(target, value, undefined, false);
      this.out = outer;
      this.seen();
      return code;
    };
    const then = arm(tree.then);
    const otherwise = arm(tree.otherwise);
    outer.push(condition.code, { kind: 'if', then, otherwise });
    const { edges } = target;
    if (edges.length === 0) {
      this.reachable = false;
      return NOTHING;
    }
    this.reachable = true;
    return this.merge(edges, tree.type);
  }

  private branch(tree: Tree & { kind: 'branch' }): Value {
    const trees = [tree.value, tree.condition].filter((each) => each !== undefined);
    const values = this.evaluateAll(trees);
    if (!this.reachable) return NOTHING;
    const value = tree.value === undefined ? NOTHING : values[0]!;
    const condition = tree.condition === undefined ? undefined : values.at(-1)!;
    if (condition?.constant === 0) return value;
    if (condition === undefined || condition.constant !== undefined) {
      this.goTo(tree.target, value);
      return NOTHING;
    }
    this.seen();
    if (tree.target === this.frame.outermost) {
      const stays = this.stabilise(value);
      this.conditionally(condition, () => {
        this.leave(stays);
      });
      return stays;
    }
    const stays = this.stabilise(value);
    const target = this.targetOf(tree.target);
    const copies: Code = [];
    const piece: Piece = { kind: 'branchIf', label: target.label, copies };
    this.edge(target, stays, piece, true, copies);
    this.out.push(condition.code, piece);
    return stays;
  }

  /** Writes what happens only under a condition, and does not come back from there. */
  conditionally(condition: Value, write: () => void): void {
    const outer = this.out;
    const then: Code = [];
    const { facts } = this;
    this.seen();
    this.out = then;
    write();
    this.seen();
    this.out = outer;
    this.facts = facts;
    this.reachable = true;
    outer.push(condition.code, { kind: 'if', then, otherwise: [] });
  }

  private goTo(block: Block, value: Value): void {
    if (block === this.frame.outermost) this.leave(value);
    else this.jump(this.targetOf(block), value);
  }

  private jump(target: Target, value: Value): void {
    const copies: Code = [];
    const piece: Piece = { kind: 'branch', label: target.label };
    this.out.push(copies, piece);
    this.edge(target, value, piece, false, copies);
    this.reachable = false;
  }

  private targetOf(block: Block): Target {
    const target = this.frame.targets.get(block);
    if (target === undefined) throw new Error('a branch to a construct that is not open');
    return target;
  }

  private table(targets: readonly Block[], index: Tree): Value {
    const value = this.evaluate(index);
    if (!this.reachable) return NOTHING;
    if (value.constant === undefined) throw new Error('a table by what is not known');
    const chosen = Math.min(Number(value.constant) >>> 0, targets.length - 1);
    this.goTo(targets[chosen]!, NOTHING);
    return NOTHING;
  }

  private call(callee: Callee, trees: readonly Tree[]): Value {
    const values = this.evaluateAll(trees);
    if (!this.reachable) return NOTHING;
    switch (callee.kind) {
      case 'flow':
        this.flow(callee.way, values);
        return NOTHING;
      case 'called':
        return this.callOut(callee, values);
      case 'inlined':
        return this.takeIn(callee, values);
    }
  }

  private takeIn(callee: Inlined, values: readonly Value[]): Value {
    const outerFrame = this.frame;
    this.frame = this.enter(
      callee,
      values.map((value) => this.stabilise(value)),
      undefined,
    );
    const value = this.block(callee.body);
    this.frame = outerFrame;
    return value;
  }

  private callOut({ name, gives, effects }: Called, values: readonly Value[]): Value {
    const { out, writer } = this;
    const stable = values.map((value) => this.stabilise(value));
    this.seen();
    if (effects.registers) {
      this.calledAnything = true;
      out.push({ kind: 'later', write: () => writer.store() });
      out.push(...i32(0), ...i32(this.around.block), ...at(op.I32_STORE, CURRENT_BLOCK));
    }
    for (const value of stable) out.push(value.code);
    out.push(op.CALL, ...writer.imported(name));
    let result = NOTHING;
    if (gives !== op.EMPTY) {
      const local = writer.temporary(gives);
      out.push(...setLocal(local));
      result = inLocal(gives, local);
    }
    this.facts = { ...this.facts, quiet: false };
    if (effects.registers) {
      out.push({ kind: 'later', write: () => writer.load() });
      this.facts = { ...this.facts, kind: undefined };
    }
    if (effects.writes) {
      this.around.noteWrite(out);
      this.facts = { ...this.facts, mayBeStale: true };
    }
    return result;
  }

  private flow(way: string, values: readonly Value[]): void {
    if (way === 'next') {
      // Nothing of the operation's own is wanted behind it.
      this.frame.locals = [];
      this.jump(this.next, NOTHING);
      return;
    }
    this.seen();
    if (way === 'taken') this.around.taken();
    else if (way === 'fall') this.around.fall();
    else if (way === 'again') this.around.again();
    else if (way === 'enter') this.around.enter(values[0]!);
    else throw new Error(`no way ${way}`);
    this.reachable = false;
  }
}
