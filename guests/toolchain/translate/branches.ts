/** Branches: br, br_if, br_table, if, return, select, and conditions held in the flags. */
import { OP_IF } from '../wasm/instructions.ts';
import { I32 } from '../wasm/module.ts';
import { CC, CMP, Label } from './emitter.ts';
import type { FunctionTranslator } from './function.ts';
import { TRAP_UNREACHABLE } from './traps.ts';
import { isFloat, makeValue } from './values.ts';
import type { Value } from './values.ts';

const BR_IF = 0x0d;
const SELECT = 0x1b;
const I32_EQZ = 0x45;

/** Pushes a condition: as flags where the next instruction takes it so, else as 0 or 1 in a register. */
export function pushCondition(translator: FunctionTranslator, condition: number): void {
  const { values, emitter } = translator;
  if (takesFlags(translator, 1)) {
    const value = makeValue('flags', I32);
    value.condition = condition;
    values.push(value);
    return;
  }
  const register = values.allocate(I32);
  emitter.setcc(condition, register);
  emitter.zeroExtendByte(register);
  values.pushRegister(I32, register);
}

function takesFlags(translator: FunctionTranslator, ahead: number): boolean {
  const opcode = translator.next(ahead);
  if (opcode === I32_EQZ) return takesFlags(translator, ahead + 1);
  return opcode === BR_IF || opcode === OP_IF || opcode === SELECT;
}

/** Takes the condition from the stack into the flags: returns the condition code that means true. */
export function popCondition(translator: FunctionTranslator): number {
  const { values, emitter } = translator;
  const value = values.pop();
  if (value.kind === 'flags') return value.condition;
  if (value.kind === 'slot' || (value.kind === 'local' && value.local!.register < 0))
    emitter.aluImmediate(CMP, values.place(value), 0, false);
  else {
    const register = values.toRegister(value);
    emitter.test(register, register, false);
  }
  values.free(value);
  return CC.ne;
}

export function br(translator: FunctionTranslator): void {
  translator.branch(translator.target(translator.body.a[translator.n]!));
}

export function returnFrom(translator: FunctionTranslator): void {
  translator.branch(translator.blocks[0]!);
}

export function brIf(translator: FunctionTranslator): void {
  const { emitter } = translator;
  const block = translator.target(translator.body.a[translator.n]!);
  const condition = popCondition(translator);
  if (!translator.isLoop(block)) translator.settleResult(block.result);
  if (block !== translator.blocks[0]) {
    emitter.jumpIf(condition, block.label);
    return;
  }
  const stay = new Label();
  emitter.jumpIf(condition ^ 1, stay);
  translator.epilogue();
  emitter.place(stay);
}

export function openIf(translator: FunctionTranslator): void {
  const condition = popCondition(translator);
  translator.values.spillAll();
  const otherwise = new Label();
  translator.emitter.jumpIf(condition ^ 1, otherwise);
  translator.open(OP_IF, otherwise);
}

export function brTable(translator: FunctionTranslator): void {
  const { values, emitter, context } = translator;
  const targets = translator.body.labels.get(translator.n)!.map((depth) => translator.target(depth));
  const fallback = targets.at(-1)!;
  const index = values.pop();
  translator.settleResult(translator.isLoop(fallback) ? null : fallback.result);
  const register = values.toOwned(index);
  // Branches out of the function leave by a way of their own behind the table.
  const ways = new Map(
    targets.map((block) => [block, block === translator.blocks[0] ? new Label() : block.label]),
  );
  emitter.aluImmediate(CMP, register, targets.length - 1, false);
  emitter.jumpIf(CC.ae, ways.get(fallback)!);
  const labels = targets.slice(0, -1).map((block) => ways.get(block)!);
  emitter.jumpThrough(register, labels, context.options.space.text);
  const out = ways.get(translator.blocks[0]!);
  if (out !== undefined) {
    emitter.place(out);
    translator.epilogue();
  }
  values.free(index);
  translator.unreachable();
}

export function unreachable(translator: FunctionTranslator): void {
  translator.emitTrap(TRAP_UNREACHABLE);
  translator.unreachable();
}

export function select(translator: FunctionTranslator): void {
  const { values, emitter } = translator;
  const condition = popCondition(translator);
  const second = values.pop();
  const first = values.pop();
  const { type } = first;
  if (isFloat(type)) {
    selectFloat(translator, condition, first, second);
    return;
  }
  const result = values.toOwned(first);
  const place = second.kind === 'constant' ? values.toRegister(second) : values.place(second);
  emitter.cmov(condition ^ 1, result, place, type !== I32);
  values.free(second);
  values.push(first);
}

function selectFloat(translator: FunctionTranslator, condition: number, first: Value, second: Value): void {
  const { values, emitter } = translator;
  const result = values.toOwned(first);
  const other = values.toRegister(second);
  const done = new Label();
  emitter.jumpIf(condition, done);
  values.moveRegister(first.type, result, other);
  emitter.place(done);
  values.free(second);
  values.push(first);
}
