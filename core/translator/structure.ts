/**
 * From a graph of blocks to WebAssembly's structured control flow, by its dominator tree (N. Ramsey, "Beyond Relooper", ICFP 2022):
 * a loop's head becomes a `loop`, a block where several paths meet stands behind a `block` that they leave, anything else stands
 * where its only predecessor jumps to it. Node 0 is the dispatch: from there any entry is reached by number.
 */
import type { Code } from './code.ts';
import { Label } from './code.ts';

interface Analysis {
  /** Position in reverse postorder; -1 where a node is not reached. */
  readonly position: Int32Array;
  readonly order: readonly number[];
  readonly dominator: Int32Array;
}

function analyse(successors: readonly (readonly number[])[]): Analysis {
  const count = successors.length;
  const postorder: number[] = [];
  const seen = new Uint8Array(count);
  const stack: [node: number, next: number][] = [[0, 0]];
  seen[0] = 1;
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const successor = successors[top[0]]![top[1]++];
    if (successor === undefined) {
      postorder.push(top[0]);
      stack.pop();
    } else if (seen[successor] === 0) {
      seen[successor] = 1;
      stack.push([successor, 0]);
    }
  }
  const order = postorder.reverse();
  const position = new Int32Array(count).fill(-1);
  for (const [i, node] of order.entries()) position[node] = i;
  return { position, order, dominator: dominators(successors, order, position) };
}

/** Immediate dominators (Cooper, Harvey, Kennedy: "A Simple, Fast Dominance Algorithm"). */
function dominators(
  successors: readonly (readonly number[])[],
  order: readonly number[],
  position: Int32Array,
): Int32Array {
  const predecessors: number[][] = successors.map(() => []);
  for (const node of order) for (const successor of successors[node]!) predecessors[successor]!.push(node);
  const dominator = new Int32Array(successors.length).fill(-1);
  dominator[0] = 0;
  const meet = (a: number, b: number): number => {
    let [x, y] = [a, b];
    while (x !== y) {
      while (position[x]! > position[y]!) x = dominator[x]!;
      while (position[y]! > position[x]!) y = dominator[y]!;
    }
    return x;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const node of order.slice(1)) {
      let found = -1;
      for (const each of predecessors[node]!)
        if (dominator[each] !== -1) found = found === -1 ? each : meet(each, found);
      if (dominator[node] !== found) {
        dominator[node] = found;
        changed = true;
      }
    }
  }
  return dominator;
}

function dominates({ dominator }: Analysis, a: number, b: number): boolean {
  let node = b;
  while (node !== a && node !== 0) node = dominator[node]!;
  return node === a;
}

/**
 * A graph: for each node those that it may go to, itself and the dispatch (0) included, and as often as it may, for what several
 * ways lead to is written once; those of 0 are the entries.
 */
export class Structurer {
  /** What the dispatch knows: the entries given, in their order, then heads of what is no proper loop. */
  readonly entries: readonly number[];
  private readonly successors: readonly (readonly number[])[];
  private readonly analysis: Analysis;
  private readonly merges: Uint8Array;
  private readonly heads: Uint8Array;
  private readonly children: number[][];
  private readonly blockLabels = new Map<number, Label>();
  private readonly loopLabels = new Map<number, Label>();

  constructor(graph: readonly (readonly number[])[]) {
    let successors = graph;
    let analysis = analyse(successors);
    // A jump back to what does not dominate it goes through the dispatch.
    for (;;) {
      const improper = this.improper(successors, analysis);
      if (improper.size === 0) break;
      successors = successors.map((targets, node) => {
        if (node === 0) return [...new Set([...targets, ...improper])];
        const [kept, routed] = [
          targets.filter((to) => !(improper.has(to) && this.isBack(analysis, node, to))),
          targets.some((to) => improper.has(to) && this.isBack(analysis, node, to)),
        ];
        return routed ? [...kept.filter((to) => to !== 0), 0] : kept;
      });
      analysis = analyse(successors);
    }
    this.successors = successors;
    this.analysis = analysis;
    this.entries = successors[0]!;
    const count = graph.length;
    const forward = new Int32Array(count);
    this.heads = new Uint8Array(count);
    for (const node of analysis.order) {
      for (const to of successors[node]!) {
        if (this.isBack(analysis, node, to)) this.heads[to] = 1;
        else forward[to]!++;
      }
    }
    // The dispatch reaches its entries by labels.
    const single = this.entries.length === 1 && this.heads[0] === 0;
    this.merges = Uint8Array.from(forward, (edges, node) =>
      Number(edges > 1 || (!single && this.entries.includes(node))),
    );
    this.children = Array.from({ length: count }, () => []);
    for (const node of analysis.order.slice(1))
      if (this.merges[node] === 1) this.children[analysis.dominator[node]!]!.push(node);
  }

  private isBack({ position }: Analysis, from: number, to: number): boolean {
    return position[to]! <= position[from]!;
  }

  private improper(successors: readonly (readonly number[])[], analysis: Analysis): Set<number> {
    const found = new Set<number>();
    for (const node of analysis.order)
      for (const to of successors[node]!)
        if (this.isBack(analysis, node, to) && !dominates(analysis, to, node)) found.add(to);
    return found;
  }

  get order(): readonly number[] {
    return this.analysis.order;
  }
  successorsOf(node: number): readonly number[] {
    return this.successors[node]!;
  }
  /** Whether it is reached by the dispatch, or the head of a loop. */
  isBegin(node: number): boolean {
    return this.heads[node] === 1 || this.entries.includes(node);
  }

  /** Whether a node is only reached where it is written, so that what is known there holds. */
  isInline(node: number): boolean {
    return this.merges[node] === 0 && this.heads[node] === 0;
  }

  /** Writes a node, and what it dominates. */
  write(node: number, host: Host): void {
    if (this.heads[node] === 0) {
      this.within(node, this.children[node]!, host);
      return;
    }
    const label = new Label(`loop ${String(node)}`);
    this.loopLabels.set(node, label);
    const outer = host.out;
    const body: Code = [];
    host.out = body;
    this.within(node, this.children[node]!, host);
    host.out = outer;
    outer.push({ kind: 'loop', label, body });
  }

  /** A node with those of its children that stand behind it: the earliest innermost. */
  private within(node: number, children: readonly number[], host: Host): void {
    const last = children.at(-1);
    if (last === undefined) {
      if (node === 0) this.dispatch(host);
      else host.write(node);
      return;
    }
    const label = new Label(`block ${String(last)}`);
    this.blockLabels.set(last, label);
    const outer = host.out;
    const body: Code = [];
    host.out = body;
    this.within(node, children.slice(0, -1), host);
    host.out = outer;
    outer.push({ kind: 'block', label, body });
    this.write(last, host);
  }

  private dispatch(host: Host): void {
    const [only] = this.entries;
    if (this.entries.length === 1 && this.heads[0] === 0) {
      this.write(only!, host);
      return;
    }
    host.choose(this.entries.map((entry) => this.blockLabels.get(entry)!));
  }

  /** Writes the edge from one node to another. */
  go(from: number, to: number, host: Host): void {
    const { analysis } = this;
    if (!this.successors[from]!.includes(to)) {
      // It was routed through the dispatch.
      host.select(this.entries.indexOf(to));
      this.goToDispatch(host);
      return;
    }
    if (to !== 0 && this.isBack(analysis, from, to)) {
      host.out.push({ kind: 'branch', label: this.loopLabels.get(to)! });
      return;
    }
    if (this.merges[to] === 1) host.out.push({ kind: 'branch', label: this.blockLabels.get(to)! });
    else this.write(to, host);
  }

  /** Goes to the dispatch, from a node that has it among its successors: it takes what is selected. */
  goToDispatch(host: Host): void {
    host.out.push({ kind: 'branch', label: this.loopLabels.get(0)! });
  }
}

/** Who writes what is in the nodes. */
export interface Host {
  out: Code;
  /** Writes a node's own code, with `Structurer.go` where it goes on. */
  write(node: number): void;
  /** Sets which entry the dispatch takes. */
  select(entry: number): void;
  /** Goes to the label of the entry that was selected. */
  choose(labels: readonly Label[]): void;
}
