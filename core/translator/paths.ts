/**
 * Ways through a record's code that part and meet again. What is known on all of them stays known where they meet. A local of the
 * operation that differs gets a local of the code's, which each way sets: when it is read, for most never are.
 */
import type { Code, Piece } from './code.ts';
import { Label } from './code.ts';
import { setLocal } from './instructions.ts';
import * as op from './opcodes.ts';
import type { Block } from './tree.ts';
import { NOTHING, inLocal, sameValue, zeroOf, type Value } from './value.ts';
import type { FunctionWriter } from './writer.ts';
import type { Inlined } from './operations.ts';

/** What is known of the state at a place of the code. */
export interface Facts {
  /** CC_KIND, where it is known. */
  readonly kind: number | undefined;
  /** No exit has been raised. */
  readonly quiet: boolean;
  /** Code may have been written to: the local STALE says so. */
  readonly mayBeStale: boolean;
}

/** What one local of an operation is: a value, or another one on each way that came here. */
export type Local = Value | Meeting;

export class Meeting {
  private readonly edges: readonly Edge[];
  private readonly index: number;
  private readonly type: number;
  private value: Value | undefined;

  constructor(edges: readonly Edge[], index: number, type: number) {
    this.edges = edges;
    this.index = index;
    this.type = type;
  }
  /** What it is from here on. */
  resolve(writer: FunctionWriter): Value {
    if (this.value === undefined) {
      const values = this.edges.map(({ locals }) => resolve(locals[this.index]!, writer));
      this.value = together(this.edges, values, this.type, writer);
    }
    return this.value;
  }
}

export function resolve(local: Local, writer: FunctionWriter): Value {
  return local instanceof Meeting ? local.resolve(writer) : local;
}

/** A way that comes to a target. */
export interface Edge {
  readonly locals: readonly Local[];
  readonly facts: Facts;
  /** What it does for those that it meets. */
  readonly copies: Code;
  readonly value: Value;
  /** The branch, unless the code just goes on. */
  readonly branch: Piece | undefined;
  readonly conditional: boolean;
}
export interface Target {
  readonly block: Block | undefined;
  readonly label: Label;
  readonly type: number;
  readonly edges: Edge[];
}
export function targetFor(block: Block | undefined, type: number, name: string): Target {
  return { block, type, label: new Label(name), edges: [] };
}

/** An operation or what it calls, while it is walked. */
export interface Frame {
  readonly types: readonly number[];
  /** Constructs that are open, the innermost last. */
  readonly targets: Target[];
  locals: Local[];
  /** The operation's own frame: what its body gives leaves. */
  readonly outermost: Block | undefined;
}
export function frameOf(callee: Inlined, parameters: Local[], outermost: Block | undefined): Frame {
  const { locals } = callee;
  for (let i = callee.parameters; i < locals.length; i++) parameters.push(zeroOf(locals[i]!));
  return { types: locals, targets: [], locals: parameters, outermost };
}
export function targetOf({ targets }: Frame, block: Block): Target {
  for (let i = targets.length - 1; i >= 0; i--) if (targets[i]!.block === block) return targets[i]!;
  throw new Error('a branch to a construct that is not open');
}

/** One value of those that several edges have. */
function together(
  edges: readonly Edge[],
  values: readonly Value[],
  type: number,
  writer: FunctionWriter,
): Value {
  const [first, ...others] = values as [Value, ...Value[]];
  if (first.stable && others.every((each) => sameValue(first, each))) return first;
  const local = writer.temporary(type);
  for (const [i, edge] of edges.entries()) {
    const value = values[i]!;
    // A local of a type that has no known zero, which this edge has not set: it is not read there.
    if (value !== NOTHING) edge.copies.push(value.code, setLocal(local));
  }
  return inLocal(type, local);
}

export interface Met {
  readonly value: Value;
  readonly locals: Local[];
  readonly facts: Facts;
}

/** What holds where edges meet; `type` is that of the value they bring, `types` those of the frame's locals. */
export function meet(
  edges: readonly Edge[],
  type: number,
  types: readonly number[],
  writer: FunctionWriter,
): Met {
  const [first] = edges as [Edge];
  const value =
    type === op.EMPTY
      ? NOTHING
      : together(
          edges,
          edges.map((edge) => edge.value),
          type,
          writer,
        );
  const locals = first.locals.map((local, i) =>
    edges.every((edge) => edge.locals[i] === local) ? local : new Meeting(edges, i, types[i]!),
  );
  const { kind } = first.facts;
  const facts = {
    kind: edges.every((edge) => edge.facts.kind === kind) ? kind : undefined,
    quiet: edges.every((edge) => edge.facts.quiet),
    mayBeStale: edges.some((edge) => edge.facts.mayBeStale),
  };
  return { value, locals, facts };
}
