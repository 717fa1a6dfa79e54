/** Calls: of functions, of intrinsics, of symbols of the assembler part, and through the table. */
import type { FunctionType } from '../wasm/module.ts';
import { callSymbol, passArguments, takeResult } from './arguments.ts';
import { TABLE_ENTRY_BYTES } from './context.ts';
import * as x86 from './emitter.ts';
import { CC } from './emitter.ts';
import type { FunctionTranslator } from './function.ts';
import { INTRINSICS } from './intrinsics.ts';
import { TRAP_SIGNATURE, TRAP_TABLE_BOUNDS } from './traps.ts';

/** `call`: an own function, an intrinsic, or a symbol of the assembler part (module `asm`). */
export function call(translator: FunctionTranslator): void {
  const { module, body, n, context, emitter } = translator;
  const index = body.a[n]!;
  const imported = module.imports[index];
  const type = context.typeOf(index);
  if (imported === undefined) {
    passArguments(translator, type.params);
    emitter.call(index);
    takeResult(translator, type.results[0] ?? null);
    return;
  }
  const name = `${imported.module}.${imported.name}`;
  const intrinsic = INTRINSICS[name];
  if (intrinsic !== undefined) intrinsic.emit(translator, type);
  else if (imported.module === 'asm' || name === 'env.abort')
    callSymbol(translator, imported.name, type.params, type.results[0] ?? null);
  else context.unsupported(`import ${name}`, translator);
}

export function callIndirect(translator: FunctionTranslator): void {
  const { values, emitter, module, body, n, context } = translator;
  const typeIndex = body.a[n]!;
  const type: FunctionType = module.types[typeIndex]!;
  const index = values.pop();
  values.toCertain(index, x86.RAX);
  emitter.aluImmediate(x86.CMP, x86.RAX, module.table.length, false);
  emitter.jumpIf(CC.ae, translator.trap(TRAP_TABLE_BOUNDS));
  const entry = {
    base: -1,
    index: x86.RAX,
    scale: TABLE_ENTRY_BYTES,
    displacement: context.options.space.table,
  };
  const number = { ...entry, displacement: entry.displacement + 4 };
  emitter.aluImmediate(x86.CMP, number, context.typeNumbers[typeIndex]!, false);
  emitter.jumpIf(CC.ne, translator.trap(TRAP_SIGNATURE));
  emitter.modrm(0x63, x86.RAX, entry, true);
  passArguments(translator, type.params);
  emitter.modrm(0xff, 2, x86.RAX);
  values.free(index);
  takeResult(translator, type.results[0] ?? null);
}
