/** What the translator knows of a value while it makes code: where it lies. */
import { F32, F64 } from '../wasm/module.ts';
import type { ValueType } from '../wasm/module.ts';

/** A local variable of the function, and its home for the function's whole time: a register or a slot of the frame. */
export interface Local {
  readonly type: ValueType;
  /** General register, XMM register of a float, or -1. */
  readonly register: number;
  /** Slot of the frame where there is no register, or -1. */
  readonly slot: number;
  /** It may be read before it is set: wasm says zero then. */
  readonly needsZero: boolean;
  /** Which parameter it is, or -1. */
  readonly parameter: number;
}

/**
 * A value of wasm's operand stack. An i32 in a register has zeroes above its 32 bits.
 * - `constant`: its bits. `local`: what the local holds now. `register`: owned by this value. `slot`: spilled.
 * - `flags`: a condition, only between a comparison and the instruction right behind it that consumes it.
 * - `scaled`: an owned register, to be shifted left by `shift` (1 to 3) when it is used: part of an address.
 */
export interface Value {
  kind: 'constant' | 'local' | 'register' | 'slot' | 'flags' | 'scaled';
  readonly type: ValueType;
  bits: bigint;
  local: Local | null;
  register: number;
  slot: number;
  condition: number;
  shift: number;
}

export function makeValue(kind: Value['kind'], type: ValueType): Value {
  return { kind, type, bits: 0n, local: null, register: -1, slot: -1, condition: 0, shift: 0 };
}

export function isFloat(type: ValueType): boolean {
  return type === F32 || type === F64;
}
