/** From a function's bytes in the binary format to a tree. */
import { Reader } from './bytes.ts';
import * as op from './opcodes.ts';
import type { Block, Tree } from './tree.ts';
import { known } from './value.ts';

/** What the parser must know of a module: what calls take and give. */
export interface Context {
  signatureOf(callee: number): { readonly takes: number; readonly gives: number };
}

/** What cannot be a tree, and is called as it is. */
export class NoTree extends Error {}

interface Scope {
  readonly block: Block | undefined;
  readonly stack: Tree[];
}

/** Parses a function's expression, its END included; `type` is what the function gives. Throws NoTree for loops. */
export function parseBody(reader: Reader, type: number, context: Context): Block {
  return new Parser(reader, context).block(type).block;
}

const isVoid = (tree: Tree): boolean => {
  switch (tree.kind) {
    case 'set':
      return !tree.tee;
    case 'store':
    case 'drop':
    case 'unreachable':
    case 'table':
      return true;
    case 'block':
    case 'if':
      return tree.type === op.EMPTY;
    case 'branch':
      return tree.condition === undefined || tree.value === undefined;
    default:
      return false;
  }
};

class Parser {
  private readonly reader: Reader;
  private readonly context: Context;
  private readonly scopes: Scope[] = [];

  constructor(reader: Reader, context: Context) {
    this.reader = reader;
    this.context = context;
  }

  /** Reads a body up to its END or ELSE. */
  block(type: number): { block: Block; endsWith: number } {
    const block: Block = { kind: 'block', type, body: [] };
    const scope: Scope = { block, stack: [] };
    this.scopes.push(scope);
    let code: number;
    for (;;) {
      code = this.reader.byte();
      if (code === op.END || code === op.ELSE) break;
      this.instruction(code, scope.stack);
    }
    this.scopes.pop();
    block.body = scope.stack;
    return { block, endsWith: code };
  }

  /** A statement comes behind the value that is on the stack already: it stays below. */
  private push(stack: Tree[], tree: Tree, callIsVoid = false): void {
    const top = stack.at(-1);
    if (top !== undefined && (isVoid(tree) || callIsVoid) && !this.isStatement(top)) {
      stack.pop();
      if (top.kind === 'sequence') stack.push({ ...top, then: [...top.then, tree] });
      else stack.push({ kind: 'sequence', value: top, then: [tree] });
    } else stack.push(tree);
  }
  private isStatement(tree: Tree): boolean {
    return isVoid(tree) || (tree.kind === 'call' && this.context.signatureOf(tree.callee).gives === op.EMPTY);
  }
  private pop(stack: Tree[]): Tree {
    const tree = stack.pop();
    // Behind an unconditional branch the stack gives whatever is asked for.
    if (tree === undefined || this.isStatement(tree)) {
      if (tree !== undefined) stack.push(tree);
      return { kind: 'unreachable' };
    }
    return tree;
  }
  private operands(stack: Tree[], count: number): Tree[] {
    const operands: Tree[] = [];
    for (let i = 0; i < count; i++) operands.unshift(this.pop(stack));
    return operands;
  }
  private target(depth: number): Block {
    const block = this.scopes.at(-1 - depth)?.block;
    if (block === undefined) throw new NoTree('a branch to a loop');
    return block;
  }

  private instruction(code: number, stack: Tree[]): void {
    const { reader } = this;
    const signature = op.plainSignature(code);
    if (signature !== undefined) {
      const operands = this.operands(stack, signature.takes);
      stack.push({ kind: 'numeric', code, bytes: [code], type: signature.gives, operands });
      return;
    }
    const access = op.accessOf(code);
    if (access !== undefined) {
      this.access(code, access.type, stack);
      return;
    }
    switch (code) {
      case 0x00:
        this.push(stack, { kind: 'unreachable' });
        break;
      case 0x01:
        break;
      case op.BLOCK:
        this.push(stack, this.block(this.blockType()).block);
        break;
      case op.IF: {
        const type = this.blockType();
        const condition = this.pop(stack);
        const { block: then, endsWith } = this.ifArm(type);
        const otherwise: Block =
          endsWith === op.ELSE ? this.ifArm(type).block : { kind: 'block', type, body: [] };
        this.push(stack, { kind: 'if', type, condition, then, otherwise });
        break;
      }
      case op.BR:
        this.branch(stack, this.target(reader.unsigned()));
        break;
      case op.RETURN:
        this.branch(stack, this.scopes[0]!.block!);
        break;
      case op.BR_IF: {
        const target = this.target(reader.unsigned());
        const condition = this.pop(stack);
        const value = target.type === op.EMPTY ? undefined : this.pop(stack);
        this.push(stack, { kind: 'branch', target, condition, value });
        break;
      }
      case op.BR_TABLE: {
        const count = reader.unsigned() + 1;
        const targets = Array.from({ length: count }, () => this.target(reader.unsigned()));
        if (targets[0]!.type !== op.EMPTY) throw new NoTree('a table with values');
        const index = this.pop(stack);
        this.push(stack, { kind: 'table', targets, index });
        break;
      }
      case op.CALL: {
        const callee = reader.unsigned();
        const { takes, gives } = this.context.signatureOf(callee);
        const operands = this.operands(stack, takes);
        this.push(stack, { kind: 'call', callee, operands }, gives === op.EMPTY);
        break;
      }
      case op.DROP: {
        const value = this.pop(stack);
        this.push(stack, { kind: 'drop', value });
        break;
      }
      case op.SELECT:
        stack.push({ kind: 'select', operands: this.operands(stack, 3) });
        break;
      case op.LOCAL_GET:
        stack.push({ kind: 'get', local: reader.unsigned() });
        break;
      case op.LOCAL_SET:
      case op.LOCAL_TEE: {
        const local = reader.unsigned();
        const value = this.pop(stack);
        this.push(stack, { kind: 'set', local, value, tee: code === op.LOCAL_TEE });
        break;
      }
      case op.I32_CONST:
        stack.push({ kind: 'constant', known: known(op.I32, reader.signed32()) });
        break;
      case op.I64_CONST:
        stack.push({ kind: 'constant', known: known(op.I64, reader.signed64()) });
        break;
      case 0x43:
      case 0x44: {
        const bytes = [code, ...reader.take(code === 0x43 ? 4 : 8)];
        const type = code === 0x43 ? op.F32 : op.F64;
        stack.push({ kind: 'numeric', code: 0, bytes, type, operands: [] });
        break;
      }
      case 0xfd:
        this.vector(stack);
        break;
      default:
        throw new NoTree(`instruction 0x${code.toString(16)}`);
    }
  }

  /** An arm is a block of its own, to which its IF's branches lead. */
  private ifArm(type: number): { block: Block; endsWith: number } {
    return this.block(type);
  }

  private branch(stack: Tree[], target: Block): void {
    const value = target.type === op.EMPTY ? undefined : this.pop(stack);
    this.push(stack, { kind: 'branch', target, condition: undefined, value });
  }

  private blockType(): number {
    const type = this.reader.byte();
    if (type < 0x40) throw new NoTree('a block that takes values');
    return type;
  }

  private access(code: number, type: number, stack: Tree[]): void {
    this.reader.unsigned();
    const offset = this.reader.unsigned();
    // Alignment is a hint: 1 fits all.
    const bytes = [code, 0];
    if (op.isStore(code)) {
      const [address, value] = this.operands(stack, 2) as [Tree, Tree];
      this.push(stack, { kind: 'store', code, bytes, offset, address, value });
    } else stack.push({ kind: 'load', code, bytes, type, offset, address: this.pop(stack) });
  }

  private vector(stack: Tree[]): void {
    const { reader } = this;
    const code = reader.unsigned();
    const bytes = [0xfd];
    for (let rest = code; ; rest >>>= 7) {
      bytes.push(rest >= 0x80 ? (rest & 0x7f) | 0x80 : rest);
      if (rest < 0x80) break;
    }
    const { takes, gives, immediate } = op.vectorSignature(code);
    if (immediate === 'memory') {
      reader.unsigned();
      const offset = reader.unsigned();
      bytes.push(0);
      if (gives === op.EMPTY) {
        const [address, value] = this.operands(stack, 2) as [Tree, Tree];
        this.push(stack, { kind: 'store', code: 0, bytes, offset, address, value });
      } else stack.push({ kind: 'load', code: 0, bytes, type: gives, offset, address: this.pop(stack) });
      return;
    }
    bytes.push(...reader.take(immediate === 'sixteen' ? 16 : immediate === 'lane' ? 1 : 0));
    stack.push({ kind: 'numeric', code: 0, bytes, type: gives, operands: this.operands(stack, takes) });
  }
}
