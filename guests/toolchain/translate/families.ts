/** What each instruction becomes: the handlers of all families by opcode. */
import { OP_BR_TABLE, OP_IF } from '../wasm/instructions.ts';
import { ATOMICS } from './atomics.ts';
import { br, brIf, brTable, openIf, returnFrom, select, unreachable } from './branches.ts';
import { BULK } from './bulk.ts';
import { call, callIndirect } from './calls.ts';
import { FLOAT, FLOAT_CALLS } from './float.ts';
import type { FunctionTranslator } from './function.ts';
import { INTEGER } from './integer.ts';
import { MEMORY } from './memory.ts';
import { constant, drop, globalGet, globalSet, localGet, localSet, localTee } from './variables.ts';

export type Handler = (translator: FunctionTranslator, opcode: number) => void;

const MEMORY_GROW = 0x40;
const NOP = 0x01;

export const HANDLERS: Readonly<Record<number, Handler>> = Object.fromEntries<Handler>([
  [0x00, unreachable],
  [NOP, () => undefined],
  [OP_IF, openIf],
  [0x0c, br],
  [0x0d, brIf],
  [OP_BR_TABLE, brTable],
  [0x0f, returnFrom],
  [0x10, call],
  [0x11, callIndirect],
  [0x1a, drop],
  [0x1b, select],
  [0x20, localGet],
  [0x21, localSet],
  [0x22, localTee],
  [0x23, globalGet],
  [0x24, globalSet],
  ...[0x41, 0x42, 0x43, 0x44].map((opcode): [number, Handler] => [opcode, constant]),
  ...MEMORY,
  ...INTEGER,
  ...FLOAT,
  ...BULK,
  ...ATOMICS,
]);

const FLOAT_LOADS_STORES_CONSTANTS = [0x2a, 0x2b, 0x38, 0x39, 0x43, 0x44];
/** Opcodes that work on floats. */
export const FLOAT_OPCODES: ReadonlySet<number> = new Set([
  ...FLOAT.map(([opcode]) => opcode),
  ...FLOAT_LOADS_STORES_CONSTANTS,
]);

/** Opcodes that become calls of runtime.asm. */
export const CALLING: ReadonlySet<number> = new Set([
  MEMORY_GROW,
  ...BULK.map(([opcode]) => opcode),
  ...FLOAT_CALLS,
]);
