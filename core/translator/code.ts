/** Code that is being written: bytes and constructs, with branches that name their targets until it is laid out. */
import { BLOCK, BR, BR_IF, BR_TABLE, ELSE, EMPTY, END, IF, LOOP } from './opcodes.ts';
import { unsigned, type Sink } from './bytes.ts';

/** What a branch leads to: the end of a block, or the head of a loop. */
export class Label {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export type Piece =
  | number
  | { readonly kind: 'block' | 'loop'; readonly label: Label; readonly body: Code }
  | { readonly kind: 'if'; readonly then: Code; readonly otherwise: Code }
  | { readonly kind: 'branch'; readonly label: Label }
  /** With the condition on the stack; `copies` happen only where it is taken. */
  | { readonly kind: 'branchIf'; readonly label: Label; readonly copies: Code }
  | { readonly kind: 'table'; readonly labels: readonly Label[] }
  | Code
  /** What is known when all of the function is written. */
  | { readonly kind: 'later'; readonly write: () => Code };
// Recursive: an interface may be.
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export interface Code extends Array<Piece> {}

/** Lays code out. */
export function layOut(code: Code, out: Sink, scopes: (Label | undefined)[] = []): void {
  const depthOf = (label: Label): number => {
    for (let depth = 0; depth < scopes.length; depth++)
      if (scopes[scopes.length - 1 - depth] === label) return depth;
    throw new Error(`a branch to ${label.name} from outside`);
  };
  for (const piece of code) {
    if (typeof piece === 'number') {
      out.push(piece);
      continue;
    }
    if (Array.isArray(piece)) {
      layOut(piece, out, scopes);
      continue;
    }
    switch (piece.kind) {
      case 'block':
      case 'loop':
        out.push(piece.kind === 'block' ? BLOCK : LOOP);
        out.push(EMPTY);
        scopes.push(piece.label);
        layOut(piece.body, out, scopes);
        scopes.pop();
        out.push(END);
        break;
      case 'if':
        out.push(IF);
        out.push(EMPTY);
        scopes.push(undefined);
        layOut(piece.then, out, scopes);
        if (piece.otherwise.length > 0) {
          out.push(ELSE);
          layOut(piece.otherwise, out, scopes);
        }
        scopes.pop();
        out.push(END);
        break;
      case 'branch':
        out.push(BR);
        unsigned(out, depthOf(piece.label));
        break;
      case 'branchIf':
        if (piece.copies.length === 0) {
          out.push(BR_IF);
          unsigned(out, depthOf(piece.label));
          break;
        }
        out.push(IF);
        out.push(EMPTY);
        scopes.push(undefined);
        layOut(piece.copies, out, scopes);
        out.push(BR);
        unsigned(out, depthOf(piece.label));
        scopes.pop();
        out.push(END);
        break;
      case 'table':
        out.push(BR_TABLE);
        unsigned(out, piece.labels.length - 1);
        for (const label of piece.labels) unsigned(out, depthOf(label));
        break;
      case 'later':
        layOut(piece.write(), out, scopes);
        break;
    }
  }
}
