/** Code that is being written: bytes and constructs, with branches that name their targets until it is laid out. */
import { BLOCK, BR, BR_IF, BR_TABLE, ELSE, EMPTY, END, IF, LOOP } from './opcodes.ts';
import { unsigned, type ByteWriter } from './bytes.ts';

/** What a branch leads to: the end of a block, or the head of a loop. */
export class Label {
  readonly name: string;
  /** How many constructs are open around it and with it, while it is laid out; 0: it is not open. */
  level = 0;
  constructor(name: string) {
    this.name = name;
  }
}

/** Bytes of instructions: shared, where they are the same everywhere. */
export type Bytes = readonly number[];

export type Piece =
  | number
  | Bytes
  | { readonly kind: 'block' | 'loop'; readonly label: Label; readonly body: Code }
  | { readonly kind: 'if'; readonly then: Code; readonly otherwise: Code; readonly rare?: Rare }
  | { readonly kind: 'branch'; readonly label: Label }
  /** With the condition on the stack; `copies` happen only where it is taken. */
  | { readonly kind: 'branchIf'; readonly label: Label; readonly copies: Code; readonly rare?: boolean }
  | { readonly kind: 'table'; readonly labels: readonly Label[] }
  | Code
  /** What is known when all of the function is written. */
  | { readonly kind: 'later'; readonly write: () => Code };
// Recursive: an interface may be.
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export interface Code extends Array<Piece> {}

/** Which way of an `if` is seldom gone: the engine puts it out of the way, and keeps registers for the other. */
export type Rare = 'then' | 'otherwise';

type Construct = Exclude<Piece, number | Bytes | Code>;

const isCode = (piece: Bytes | Code | Construct): piece is Code | Bytes => Array.isArray(piece);

/** Lays code out; `level` constructs are open around it. */
export function layOut(code: Code | Bytes, out: ByteWriter, level = 0): void {
  for (const piece of code) {
    if (typeof piece === 'number') out.push(piece);
    else if (isCode(piece)) layOut(piece, out, level);
    else construct(piece, out, level);
  }
}

function depthOf(label: Label, level: number): number {
  if (label.level === 0) throw new Error(`a branch to ${label.name} from outside`);
  return level - label.level;
}

function construct(piece: Construct, out: ByteWriter, level: number): void {
  switch (piece.kind) {
    case 'block':
    case 'loop':
      out.push(piece.kind === 'block' ? BLOCK : LOOP);
      out.push(EMPTY);
      piece.label.level = level + 1;
      layOut(piece.body, out, level + 1);
      piece.label.level = 0;
      out.push(END);
      return;
    case 'if':
      if (piece.rare !== undefined) out.hint(piece.rare === 'otherwise');
      out.push(IF);
      out.push(EMPTY);
      layOut(piece.then, out, level + 1);
      if (piece.otherwise.length > 0) {
        out.push(ELSE);
        layOut(piece.otherwise, out, level + 1);
      }
      out.push(END);
      return;
    case 'branch':
      out.push(BR);
      unsigned(out, depthOf(piece.label, level));
      return;
    case 'branchIf':
      if (piece.rare === true) out.hint(false);
      if (piece.copies.length === 0) {
        out.push(BR_IF);
        unsigned(out, depthOf(piece.label, level));
        return;
      }
      out.push(IF);
      out.push(EMPTY);
      layOut(piece.copies, out, level + 1);
      out.push(BR);
      unsigned(out, depthOf(piece.label, level + 1));
      out.push(END);
      return;
    case 'table':
      out.push(BR_TABLE);
      unsigned(out, piece.labels.length - 1);
      for (const label of piece.labels) unsigned(out, depthOf(label, level));
      return;
    case 'later':
      layOut(piece.write(), out, level);
  }
}

/** Takes a piece off the end of code, where it stands there. */
export function takeLast(code: Code, piece: Piece): boolean {
  const last = code.at(-1);
  if (last === piece) {
    code.pop();
    return true;
  }
  // Shared bytes hold no constructs: nothing is taken off them.
  return Array.isArray(last) && takeLast(last as Code, piece);
}
