/** Bulk memory operations: calls of runtime.asm, which does them by repeated string instructions. */
import { I32, I64 } from '../wasm/module.ts';
import { callSymbol } from './arguments.ts';
import { at } from './emitter.ts';
import type { FunctionTranslator } from './function.ts';

type Handler = (translator: FunctionTranslator, opcode: number) => void;

/** The address of a passive segment: its length, then its bytes. */
function segment(translator: FunctionTranslator): number {
  const index = translator.body.a[translator.n]!;
  const address = translator.context.options.space.passive.get(index);
  if (address === undefined)
    translator.context.unsupported(`memory.init of the active segment ${String(index)}`, translator);
  return address;
}

function init(translator: FunctionTranslator): void {
  translator.values.pushConstant(I64, BigInt.asUintN(64, BigInt(segment(translator))));
  callSymbol(translator, 'memory_init', [I32, I32, I32, I64], null);
}

function dropSegment(translator: FunctionTranslator): void {
  translator.emitter.modrm(0xc7, 0, at(-1, segment(translator)));
  translator.emitter.dword(0);
}

export const BULK: readonly (readonly [number, Handler])[] = [
  [0xfc08, init],
  [0xfc09, dropSegment],
  [
    0xfc0a,
    (translator) => {
      callSymbol(translator, 'memory_copy', [I32, I32, I32], null);
    },
  ],
  [
    0xfc0b,
    (translator) => {
      callSymbol(translator, 'memory_fill', [I32, I32, I32], null);
    },
  ],
];
