/** A value while code is specialized: known, or computed by code that has no effects. */
import { signed32, signed64, unsigned } from './bytes.ts';
import type { Code } from './code.ts';
import type { Constant } from './fold.ts';
import { EMPTY, I32, I32_CONST, I64, I64_CONST } from './opcodes.ts';
import { getLocal } from './writer.ts';

export interface Value {
  readonly type: number;
  readonly constant: Constant | undefined;
  readonly code: Code;
  /** The code gives the same wherever it stands. */
  readonly stable: boolean;
}

export const NOTHING: Value = { type: EMPTY, constant: undefined, code: [], stable: true };

export function known(type: number, constant: Constant): Value {
  const code: number[] = [];
  if (type === I32) {
    code.push(I32_CONST);
    signed32(code, constant as number);
  } else {
    code.push(I64_CONST);
    signed64(code, constant as bigint);
  }
  return { type, constant, code, stable: true };
}
export function computed(type: number, code: Code): Value {
  return { type, constant: undefined, code, stable: false };
}
export function inLocal(type: number, local: number): Value {
  return { type, constant: undefined, code: getLocal(local), stable: true };
}
/** What a local is before it is set. */
export function zeroOf(type: number): Value {
  if (type === I32) return known(I32, 0);
  if (type === I64) return known(I64, 0n);
  return NOTHING;
}

export function sameValue(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a.type !== b.type) return false;
  if (a.constant !== undefined || b.constant !== undefined) return a.constant === b.constant;
  return (
    a.stable && b.stable && a.code.length === b.code.length && a.code.every((piece, i) => piece === b.code[i])
  );
}

/** An instruction's address operand and offset, as one constant address where it is known. */
export function memoryBytes(bytes: readonly number[], offset: number): number[] {
  const out = [...bytes];
  unsigned(out, offset);
  return out;
}
