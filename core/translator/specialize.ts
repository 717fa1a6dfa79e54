/**
 * Makes code of one record: the operation's function (operations.ts) with the record known. Whatever depends on the record alone
 * is computed now: operands, sizes, conditions, addresses of registers, which case of a family it is. What is left are wasm
 * instructions on locals, for registers and flags are locals (slots.ts), and calls of what is not taken in (calls.ts).
 *
 * Values have no effects and statements are written in order, so that a value that is not stable is put into a local before a
 * statement follows.
 */
import type { Called, Inlined } from './operations.ts';
import { takeLast, type Code, type Piece } from './code.ts';
import { at, i32, setLocal } from './instructions.ts';
import * as op from './opcodes.ts';
import { frameOf, meet, targetFor, targetOf, type Edge, type Target } from './paths.ts';
import type { Block, Tree } from './tree.ts';
import { NOTHING, inLocal, known, type Value } from './value.ts';
import { Walker } from './walk.ts';
import { REMAINING } from './writer.ts';
import { CURRENT_BLOCK } from '../wasm/layout.ts';

const ABORT = 'leave/abort';

export class Specializer extends Walker {
  /** How many calls were written: a way with one, where there is another without, is seldom gone. */
  private calls = 0;
  private next: Target = targetFor(undefined, op.EMPTY, 'next');

  /** Writes the code of the record that is at hand; it goes on behind it if it is `reachable` then. */
  record(operation: Inlined): void {
    const { frame, next, around } = this;
    const outer = this.out;
    const body: Code = [];
    this.out = body;
    this.next = targetFor(undefined, op.EMPTY, 'next');
    const parameters = [
      known(op.I32, around.record | 0),
      known(op.I32, around.block | 0),
      inLocal(op.I32, REMAINING),
    ];
    this.frame = frameOf(operation, parameters, operation.body);
    const result = this.statements(operation.body);
    if (this.reachable) this.leave(result);
    this.out = outer;
    this.join(this.next, body);
    this.frame = frame;
    this.next = next;
  }

  private leave(remaining: Value): void {
    this.seen();
    this.around.leave(remaining);
    this.reachable = false;
  }

  /** Evaluates in a construct of its own; ends on its target. */
  protected block(block: Block): Value {
    const { targets } = this.frame;
    const target = targetFor(block, block.type, 'block');
    targets.push(target);
    const outer = this.out;
    const body: Code = [];
    this.out = body;
    const value = this.statements(block);
    if (this.reachable) this.edge(target, value, undefined, false);
    this.out = outer;
    targets.pop();
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
      this.out.push(body);
      this.reachable = false;
      return NOTHING;
    }
    this.reachable = true;
    if (
      edges.length === 1 &&
      !first.conditional &&
      (first.branch === undefined || takeLast(body, first.branch))
    ) {
      this.out.push(body);
      this.frame.locals = first.locals.slice();
      this.facts = first.facts;
      return first.value;
    }
    this.seen();
    const value = this.meet(edges, target.type);
    if (edges.some(({ branch }) => branch !== undefined))
      this.out.push({ kind: 'block', label: target.label, body });
    else this.out.push(body);
    return value;
  }

  /** Goes on with what holds on all edges. */
  private meet(edges: readonly Edge[], type: number): Value {
    const { value, locals, facts } = meet(edges, type, this.frame.types, this.writer);
    this.frame.locals = locals;
    this.facts = facts;
    return value;
  }

  protected test(tree: Tree & { kind: 'if' }): Value {
    const condition = this.evaluate(tree.condition);
    if (!this.reachable) return NOTHING;
    if (condition.constant !== undefined)
      return this.block(condition.constant === 0 ? tree.otherwise : tree.then);
    this.seen();
    const before = { locals: this.frame.locals, facts: this.facts };
    const target = targetFor(undefined, tree.type, 'if');
    const outer = this.out;
    const arm = (block: Block): [Code, boolean] => {
      const { calls } = this;
      const code: Code = [];
      this.out = code;
      this.reachable = true;
      this.frame.locals = before.locals.slice();
      this.facts = before.facts;
      const value = this.block(block);
      if (this.reachable) this.edge(target, value, undefined, false);
      this.out = outer;
      this.seen();
      return [code, this.calls > calls];
    };
    const [then, thenCalls] = arm(tree.then);
    const [otherwise, otherwiseCalls] = arm(tree.otherwise);
    const rare = thenCalls === otherwiseCalls ? {} : ({ rare: thenCalls ? 'then' : 'otherwise' } as const);
    outer.push(condition.code, { kind: 'if', then, otherwise, ...rare });
    const { edges } = target;
    if (edges.length === 0) {
      this.reachable = false;
      return NOTHING;
    }
    this.reachable = true;
    return this.meet(edges, tree.type);
  }

  protected branch(tree: Tree & { kind: 'branch' }): Value {
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
    const stays = this.stabilise(value);
    if (tree.target === this.frame.outermost) {
      this.conditionally(condition, () => {
        this.leave(stays);
      });
      return stays;
    }
    const target = targetOf(this.frame, tree.target);
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
    outer.push(condition.code, { kind: 'if', then, otherwise: [], rare: 'then' });
  }

  private goTo(block: Block, value: Value): void {
    if (block === this.frame.outermost) this.leave(value);
    else this.jump(targetOf(this.frame, block), value);
  }

  private jump(target: Target, value: Value): void {
    const copies: Code = [];
    const piece: Piece = { kind: 'branch', label: target.label };
    this.out.push(copies, piece);
    this.edge(target, value, piece, false, copies);
    this.reachable = false;
  }

  protected table({ targets, index }: Tree & { kind: 'table' }): Value {
    const value = this.evaluate(index);
    if (!this.reachable) return NOTHING;
    if (value.constant === undefined) throw new Error('a table by what is not known');
    const chosen = Math.min(Number(value.constant) >>> 0, targets.length - 1);
    this.goTo(targets[chosen]!, NOTHING);
    return NOTHING;
  }

  protected call(tree: Tree & { kind: 'call' }): Value {
    const callee = this.operations.callee(tree.callee);
    const values = this.evaluateAll(tree.operands);
    if (!this.reachable) return NOTHING;
    switch (callee.kind) {
      case 'flow':
        this.flow(callee.way, values);
        return NOTHING;
      case 'called':
        return callee.name === ABORT ? this.abort(values) : this.callOut(callee, values);
      case 'inlined':
        return this.takeIn(callee, values);
    }
  }

  private takeIn(callee: Inlined, values: readonly Value[]): Value {
    const outerFrame = this.frame;
    const parameters = values.map((value) => this.stabilise(value));
    this.frame = frameOf(callee, parameters, undefined);
    const value = this.block(callee.body);
    this.frame = outerFrame;
    return value;
  }

  /** Leaves with the fault that was raised. Most records may: what they do is there once, at the function's end. */
  private abort([record, block, remaining]: readonly Value[]): Value {
    if (remaining!.local !== REMAINING) throw new Error('a fault with another budget');
    this.seen();
    this.calls++;
    this.around.abort(record!, block!);
    this.reachable = false;
    return NOTHING;
  }

  private callOut({ name, gives, effects }: Called, values: readonly Value[]): Value {
    const { out, writer } = this;
    this.calls++;
    const stable = values.map((value) => this.stabilise(value));
    this.seen();
    if (effects.registers) {
      out.push(writer.store);
      out.push(i32(0), i32(this.around.block), at(op.I32_STORE, CURRENT_BLOCK));
    }
    for (const value of stable) out.push(value.code);
    out.push(op.CALL, writer.imported(name));
    let result = NOTHING;
    if (gives !== op.EMPTY) {
      const local = writer.temporary(gives);
      out.push(setLocal(local));
      result = inLocal(gives, local);
    }
    if (effects.registers) out.push(writer.load);
    if (effects.writes) this.around.noteWrite(out);
    const { kind, mayBeStale } = this.facts;
    this.facts = {
      kind: effects.registers ? undefined : kind,
      quiet: false,
      mayBeStale: mayBeStale || effects.writes,
    };
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
