/** Graphs of blocks as structured code: whatever the graph is, an edge of it leads to the node that it is to lead to. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter } from './bytes.ts';
import { layOut } from './code.ts';
import type { Code, Label, Piece } from './code.ts';
import { Structurer } from './structure.ts';
import type { Host } from './structure.ts';

/** By node, where it may go; those of 0, the dispatch, are the entries. */
type Graph = readonly (readonly number[])[];

/** What happens at a place of the code. */
type Mark =
  | { readonly kind: 'node'; readonly node: number }
  | { readonly kind: 'select'; readonly entry: number }
  | { readonly kind: 'edge'; readonly to: number }
  /** None of a node's edges was taken: it leaves. */
  | { readonly kind: 'end' };

/** More nodes than this no walk goes through. */
const LONGEST = 40;

/** Code of a graph, in which nodes and edges are marks. */
class Written {
  readonly code: Code = [];
  readonly marks = new Map<Piece, Mark>();
  readonly structurer: Structurer;
  private readonly graph: Graph;
  private readonly host: Host;

  constructor(graph: Graph) {
    this.graph = graph;
    this.structurer = new Structurer(graph);
    this.host = {
      out: this.code,
      write: (node) => {
        this.node(node);
      },
      select: (entry) => {
        this.mark({ kind: 'select', entry });
      },
      choose: (labels) => this.host.out.push({ kind: 'table', labels }),
    };
    this.structurer.write(0, this.host);
  }

  private mark(mark: Mark): void {
    const piece: Piece = { kind: 'later', write: () => [] };
    this.marks.set(piece, mark);
    this.host.out.push(piece);
  }

  /** A node's code: for each of its edges, whether it is taken. */
  private node(node: number): void {
    const { host, structurer } = this;
    this.mark({ kind: 'node', node });
    const outer = host.out;
    for (const to of this.graph[node]!) {
      const then: Code = [];
      host.out = then;
      this.mark({ kind: 'edge', to });
      if (to === 0) structurer.goToDispatch(host);
      else structurer.go(node, to, host);
      host.out = outer;
      outer.push({ kind: 'if', then, otherwise: [] });
    }
    this.mark({ kind: 'end' });
  }
}

/** Goes through code as a processor of WebAssembly would. */
class Walk {
  private readonly written: Written;
  private readonly choices: readonly number[];
  private chosen = 0;
  private entry = 0;
  private wanted: number | null = null;
  nodes = 0;

  constructor(written: Written, choices: readonly number[]) {
    this.written = written;
    this.choices = choices;
    this.select(0);
  }

  private select(entry: number): void {
    this.entry = entry % this.written.structurer.entries.length;
    this.wanted = this.written.structurer.entries[this.entry]!;
  }

  private choice(): number {
    return this.choices[this.chosen++ % this.choices.length]!;
  }

  /** The label that is branched to; null: it has gone to the code's end; undefined: enough. */
  run(code: Code): Label | null | undefined {
    for (const piece of code) {
      const end = this.piece(piece);
      if (end !== null) return end;
    }
    return null;
  }

  private piece(piece: Piece): Label | null | undefined {
    const mark = this.written.marks.get(piece);
    if (mark !== undefined) return this.at(mark);
    if (typeof piece === 'number' || !('kind' in piece)) return null;
    switch (piece.kind) {
      case 'block': {
        const end = this.run(piece.body);
        return end === piece.label ? null : end;
      }
      case 'loop':
        for (;;) {
          const end = this.run(piece.body);
          if (end !== piece.label) return end;
        }
      case 'if':
        return this.choice() % 2 === 0 ? this.run(piece.then) : null;
      case 'branch':
        return piece.label;
      case 'table':
        return piece.labels[this.entry];
      default:
        return null;
    }
  }

  private at(mark: Mark): null | undefined {
    if (mark.kind === 'select') this.entry = mark.entry;
    else if (mark.kind === 'edge' && mark.to === 0) this.select(this.choice());
    else if (mark.kind === 'edge') this.wanted = mark.to;
    else if (mark.kind === 'end') return undefined;
    else {
      expect(mark.node).toBe(this.wanted);
      if (++this.nodes === LONGEST) return undefined;
    }
    return null;
  }
}

const graphs = fc.integer({ min: 1, max: 9 }).chain((count) => {
  const node = fc.integer({ min: 1, max: count });
  const edges = fc.array(fc.integer({ min: 0, max: count }), { maxLength: 3 });
  return fc.tuple(
    fc.uniqueArray(node, { minLength: 1, maxLength: 4 }),
    fc.array(edges, { minLength: count, maxLength: count }),
  );
});

test('every walk through the code is one through the graph', () => {
  let nodes = 0;
  fc.assert(
    fc.property(graphs, fc.array(fc.nat(), { minLength: 20, maxLength: 60 }), ([entries, edges], choices) => {
      const written = new Written([entries, ...edges]);
      const walk = new Walk(written, choices);
      walk.run(written.code);
      nodes += walk.nodes;
      // Every branch has a target that is open around it.
      layOut(written.code, new ByteWriter());
    }),
    { numRuns: 3000, seed: 13 },
  );
  expect(nodes).toBeGreaterThan(5000);
});
