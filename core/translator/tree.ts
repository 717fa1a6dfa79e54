/** A function's code as a tree: what specialize.ts walks. Branches name the construct they lead out of. */

import type { Value } from './value.ts';

/** A block, or a function's whole body: branches to it go on behind it. */
export interface Block {
  readonly kind: 'block';
  readonly type: number;
  body: readonly Tree[];
}

export type Tree =
  | Block
  | { readonly kind: 'constant'; readonly known: Value }
  | { readonly kind: 'get'; readonly local: number }
  | { readonly kind: 'set'; readonly local: number; readonly value: Tree; readonly tee: boolean }
  /** A numeric instruction: `code` is its opcode, or 0 where only its bytes matter. */
  | {
      readonly kind: 'numeric';
      readonly code: number;
      readonly bytes: readonly number[];
      readonly type: number;
      readonly operands: readonly Tree[];
    }
  | {
      readonly kind: 'load';
      readonly code: number;
      readonly bytes: readonly number[];
      readonly type: number;
      readonly offset: number;
      readonly address: Tree;
    }
  | {
      readonly kind: 'store';
      readonly code: number;
      readonly bytes: readonly number[];
      readonly offset: number;
      readonly address: Tree;
      readonly value: Tree;
    }
  | { readonly kind: 'select'; readonly operands: readonly Tree[] }
  | {
      readonly kind: 'if';
      readonly type: number;
      readonly condition: Tree;
      readonly then: Block;
      readonly otherwise: Block;
    }
  | {
      readonly kind: 'branch';
      readonly target: Block;
      readonly condition: Tree | undefined;
      readonly value: Tree | undefined;
    }
  | { readonly kind: 'table'; readonly targets: readonly Block[]; readonly index: Tree }
  | { readonly kind: 'call'; readonly callee: number; readonly operands: readonly Tree[] }
  | { readonly kind: 'drop'; readonly value: Tree }
  | { readonly kind: 'unreachable' }
  /** A value, with statements that are executed behind it. */
  | { readonly kind: 'sequence'; readonly value: Tree; readonly then: readonly Tree[] };
