/**
 * One function from wasm to x86-64: the frame, the walk over the instructions, and the structured control flow. What each
 * instruction becomes is in the tables of the families (families.ts).
 *
 * Frame, from RSP up: arguments of calls beyond the registers, locals without a register, spilled values, saved registers,
 * return address. At a label the values below it lie in the frame, and the block's result, if there is one, in RAX or XMM0.
 */
import type { Body } from '../wasm/instructions.ts';
import { decodeBody, OP_BLOCK, OP_ELSE, OP_END, OP_IF, OP_LOOP } from '../wasm/instructions.ts';
import { F32, F64, I32, I64 } from '../wasm/module.ts';
import type { Code, ValueType, WasmModule } from '../wasm/module.ts';
import { Allocation } from './allocation.ts';
import { calls, outgoingSlots } from './calls-made.ts';
import type { Context } from './context.ts';
import { at, Label, RAX, RSP, XOR } from './emitter.ts';
import type { Emitter } from './emitter.ts';
import { FLOAT_OPCODES, HANDLERS } from './families.ts';
import { ARGUMENTS, CALLEE_SAVED, FLOAT_ARGUMENTS, LOCAL_SET, LOCAL_TEE, placeLocals } from './locals.ts';
import { moveAll } from './moves.ts';
import type { Move } from './moves.ts';
import { isFloat } from './values.ts';
import type { Local } from './values.ts';

const WORD_BYTES = 8;
const CALL = 0x10;
const EMPTY_BLOCK = -64;
const BLOCK_RESULTS: Readonly<Record<number, ValueType>> = { [-1]: I32, [-2]: I64, [-3]: F32, [-4]: F64 };

/** A block that is open. */
export interface Block {
  readonly opcode: number;
  /** Where a branch to it goes. */
  readonly label: Label;
  /** Of an if: where it goes when the condition is false. */
  readonly otherwise: Label | null;
  /** Values on the stack below it. */
  readonly height: number;
  readonly result: ValueType | null;
}

/** A function translated. */
export interface TranslatedFunction {
  /** Byte offsets in the text. */
  readonly start: number;
  readonly end: number;
  /** Bytes between RSP, once the prologue is over, and the return address: what an unwinder needs. */
  readonly frameBytes: number;
}

export class FunctionTranslator {
  readonly context: Context;
  readonly module: WasmModule;
  readonly emitter: Emitter;
  readonly code: Code;
  readonly body: Body;
  readonly locals: readonly Local[];
  readonly values: Allocation;
  readonly blocks: Block[] = [];
  /** Index of the instruction being translated. */
  n = 0;
  /** False behind a branch: nothing is made of what follows until a label. */
  reachable = true;
  private readonly saved: number[];
  private readonly framed: boolean;
  private readonly fixedSlots: number;
  private readonly frameFields: number[] = [];
  private readonly traps = new Map<number, Label>();

  private constructor(context: Context, code: Code, body: Body, framed: boolean) {
    this.context = context;
    ({ module: this.module, emitter: this.emitter } = context);
    this.code = code;
    this.body = body;
    const outgoing = outgoingSlots(context, body);
    const placed = placeLocals(code, body, !calls(context, body));
    this.locals = placed.locals.map((local) =>
      local.slot < 0 ? local : { ...local, slot: local.slot + outgoing },
    );
    this.fixedSlots = outgoing + placed.slots;
    this.framed = framed || this.fixedSlots > 0;
    this.values = new Allocation(this.emitter, this.locals, this.fixedSlots);
    this.saved = CALLEE_SAVED.filter((register) =>
      this.locals.some((local) => !isFloat(local.type) && local.register === register),
    );
  }

  /** Translates a function at the emitter's place. Throws WasmError for what is not supported. */
  static translate(context: Context, code: Code): TranslatedFunction {
    const { emitter } = context;
    const body = decodeBody(context.module, code);
    const mark = emitter.mark();
    const first = new FunctionTranslator(context, code, body, false);
    const done = first.run();
    if (first.framed || first.values.spillSlots === 0) return done;
    // It was taken to need no frame, but values had to be spilled: once more, with one.
    emitter.rewind(mark);
    context.rewindLines(mark.position);
    return new FunctionTranslator(context, code, body, true).run();
  }

  private run(): TranslatedFunction {
    const start = this.emitter.position;
    this.context.line(this.body.offsets[0]!);
    this.prologue();
    const result = this.code.type.results[0] ?? null;
    this.blocks.push({ opcode: OP_BLOCK, label: new Label(), otherwise: null, height: 0, result });
    for (this.n = 0; this.n < this.body.length; this.n++) this.instruction(this.body.opcodes[this.n]!);
    for (const [reason, label] of this.traps) {
      this.emitter.place(label);
      this.emitTrap(reason);
    }
    const frame = this.framed ? (this.fixedSlots + this.values.spillSlots) * WORD_BYTES : 0;
    for (const field of this.frameFields) this.emitter.setDword(field, frame);
    return { start, end: this.emitter.position, frameBytes: frame + this.saved.length * WORD_BYTES };
  }

  private instruction(opcode: number): void {
    if (!this.reachable) {
      this.skip(opcode);
      return;
    }
    this.context.line(this.body.offsets[this.n]!);
    const handler = CONTROL[opcode] ?? HANDLERS[opcode];
    if (handler === undefined) this.context.unsupported(`instruction 0x${opcode.toString(16)}`, this);
    if (!this.context.options.floats && FLOAT_OPCODES.has(opcode))
      this.context.unsupported('a float (the FPU belongs to the processes)', this);
    handler(this, opcode);
  }

  /** Dead code: only its blocks are counted. */
  private skip(opcode: number): void {
    if (opcode === OP_BLOCK || opcode === OP_LOOP) this.n = this.body.b[this.n]!;
    else if (opcode === OP_IF) {
      this.n = this.body.b[this.n]!;
      if (this.body.opcodes[this.n] === OP_ELSE) this.n = this.body.b[this.n]!;
    } else if (opcode === OP_ELSE || opcode === OP_END) CONTROL[opcode]!(this, opcode);
  }

  private prologue(): void {
    for (const register of this.saved) this.emitter.push(register);
    if (this.framed) this.adjustStack(5);
    this.receiveParameters();
    for (const local of this.locals) if (local.needsZero) this.zero(local);
  }

  /** `sub rsp, frame` (5) or `add` (0): the size is filled in at the end. */
  private adjustStack(operation: number): void {
    this.emitter.modrm(0x81, operation, RSP, true);
    this.frameFields.push(this.emitter.position);
    this.emitter.dword(0);
  }

  /** Homes of a leaf function may be arguments' registers of other parameters: all moves at once, then the stack's. */
  private receiveParameters(): void {
    let integers = 0;
    let floats = 0;
    let onStack = 0;
    const moves: Move[] = [];
    const later: (() => void)[] = [];
    for (const local of this.locals.filter(({ parameter }) => parameter >= 0)) {
      const float = isFloat(local.type);
      const from = float ? (floats < FLOAT_ARGUMENTS ? floats++ : -1) : (ARGUMENTS[integers++] ?? -1);
      if (from < 0) {
        const place = onStack++;
        later.push(() => this.receiveFromStack(local, place));
      } else if (local.slot >= 0) this.values.storeTo(local.type, this.values.slotMemory(local.slot), from);
      else if (local.register < 0) continue;
      else if (float) this.values.moveRegister(local.type, local.register, from);
      else moves.push({ to: local.register, from });
    }
    moveAll(this.emitter, moves);
    for (const receive of later) receive();
  }

  /** Arguments beyond the registers lie above the return address. The frame's size is filled in at the end. */
  private receiveFromStack(local: Local, place: number): void {
    if (local.register < 0 && local.slot < 0) return;
    this.emitter.lea(RAX, at(RSP, 0x7fff_0000), true);
    this.frameFields.push(this.emitter.position - 4);
    const from = at(RAX, (this.saved.length + 1 + place) * WORD_BYTES);
    if (local.register >= 0) {
      this.values.loadFrom(local.type, local.register, from);
      return;
    }
    this.emitter.move(RAX, from, true);
    this.emitter.store(this.values.slotMemory(local.slot), RAX, true);
  }

  private zero(local: Local): void {
    if (local.register < 0) {
      this.emitter.modrm(0xc7, 0, this.values.slotMemory(local.slot), true);
      this.emitter.dword(0);
    } else if (isFloat(local.type)) this.emitter.modrm(0x0f57, local.register, local.register);
    else this.emitter.alu(XOR, local.register, local.register, false);
  }

  /** Leaves the function; the result is in its register. */
  epilogue(): void {
    if (this.framed) this.adjustStack(0);
    for (const register of this.saved.toReversed()) this.emitter.pop(register);
    this.emitter.byte(0xc3);
  }

  // What the families ask for.

  /** The opcode of the instruction behind this one, `ahead` further on. */
  next(ahead = 1): number {
    return this.body.opcodes[this.n + ahead] ?? OP_END;
  }

  /** The local that the next instruction writes, where it has a register: a result can be made there at once. */
  destination(): Local | null {
    const opcode = this.next();
    if (opcode !== LOCAL_SET && opcode !== LOCAL_TEE) return null;
    const local = this.locals[this.body.a[this.n + 1]!]!;
    return local.register >= 0 && !isFloat(local.type) ? local : null;
  }

  /** The register in which the call right behind this instruction wants its last argument, or -1. */
  argumentHint(): number {
    if (this.next() !== CALL) return -1;
    const { params } = this.context.typeOf(this.body.a[this.n + 1]!);
    return isFloat(params.at(-1) ?? F64)
      ? -1
      : (ARGUMENTS[params.filter((type) => !isFloat(type)).length - 1] ?? -1);
  }

  isLoop(block: Block): boolean {
    return block.opcode === OP_LOOP;
  }

  /** Where a trap of this kind is raised; the code for it stands behind the function. */
  trap(reason: number): Label {
    let label = this.traps.get(reason);
    if (label === undefined) this.traps.set(reason, (label = new Label()));
    return label;
  }

  /** UD2, and a byte that says why (traps.ts). */
  emitTrap(reason: number): void {
    this.emitter.byte(0x0f);
    this.emitter.byte(0x0b);
    this.emitter.byte(reason);
  }

  /** Branch target `depth` blocks out. */
  target(depth: number): Block {
    return this.blocks[this.blocks.length - 1 - depth]!;
  }

  /** Puts a block's result where its label wants it. Keeps the flags. */
  settleResult(type: ValueType | null): void {
    if (type === null) return;
    const value = this.values.stack.at(-1)!;
    this.values.toCertain(value, RAX);
  }

  /** Goes to a block's label, out of the function for the outermost. */
  branch(block: Block): void {
    if (block.opcode !== OP_LOOP) this.settleResult(block.result);
    if (block === this.blocks[0]) this.epilogue();
    else this.emitter.jump(block.label);
    this.unreachable();
  }

  unreachable(): void {
    this.reachable = false;
    this.values.truncate(this.blocks.at(-1)!.height);
  }

  open(opcode: number, otherwise: Label | null): void {
    const kind = this.body.a[this.n]!;
    const result = kind === EMPTY_BLOCK ? null : (BLOCK_RESULTS[kind] ?? null);
    this.blocks.push({ opcode, label: new Label(), otherwise, height: this.values.stack.length, result });
  }
}

const CONTROL: Readonly<Record<number, (translator: FunctionTranslator, opcode: number) => void>> = {
  [OP_BLOCK]: openBlock,
  [OP_LOOP]: openLoop,
  [OP_ELSE]: turnToElse,
  [OP_END]: close,
};

function openBlock(translator: FunctionTranslator): void {
  translator.values.spillAll();
  translator.open(OP_BLOCK, null);
}

function openLoop(translator: FunctionTranslator): void {
  translator.values.spillAll();
  translator.open(OP_LOOP, null);
  translator.emitter.place(translator.blocks.at(-1)!.label);
}

function turnToElse(translator: FunctionTranslator): void {
  const block = translator.blocks.pop()!;
  if (translator.reachable) {
    translator.settleResult(block.result);
    translator.emitter.jump(block.label);
  }
  translator.values.truncate(block.height);
  translator.emitter.place(block.otherwise!);
  translator.reachable = true;
  translator.blocks.push({ ...block, otherwise: null });
}

function close(translator: FunctionTranslator): void {
  const block = translator.blocks.at(-1)!;
  const { values, emitter } = translator;
  const outermost = translator.blocks.length === 1;
  if (translator.reachable && block.opcode !== OP_LOOP) translator.settleResult(block.result);
  if (outermost) {
    if (translator.reachable) translator.epilogue();
    return;
  }
  translator.blocks.pop();
  if (block.opcode === OP_LOOP) return;
  const reached = translator.reachable || block.label.used || block.otherwise !== null;
  values.truncate(block.height);
  if (block.otherwise !== null) emitter.place(block.otherwise);
  emitter.place(block.label);
  translator.reachable = reached;
  if (reached && block.result !== null) values.pushRegister(block.result, RAX);
}
