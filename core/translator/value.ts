/** A value while code is specialized: known, or computed by code that has no effects. */
import type { Bytes, Code, Piece } from './code.ts';
import type { Constant } from './fold.ts';
import { getLocal, i32, i64 } from './instructions.ts';
import { EMPTY, I32, I64 } from './opcodes.ts';

export class Value {
  readonly type: number;
  readonly constant: Constant | undefined;
  /** The local that it stays in, or -1. */
  readonly local: number;
  private written: Code | Bytes | undefined;

  constructor(type: number, constant: Constant | undefined, local: number, code: Code | undefined) {
    this.type = type;
    this.constant = constant;
    this.local = local;
    this.written = code;
  }

  get code(): Piece {
    return (this.written ??= this.write());
  }
  private write(): Code | Bytes {
    if (this.local >= 0) return getLocal(this.local);
    if (this.type === EMPTY) return [];
    return this.type === I32 ? i32(this.constant as number) : i64(this.constant as bigint);
  }

  /** The code gives the same wherever it stands. */
  get stable(): boolean {
    return this.constant !== undefined || this.local >= 0 || this.type === EMPTY;
  }
}

export const NOTHING = new Value(EMPTY, undefined, -1, undefined);

export function known(type: number, constant: Constant): Value {
  return new Value(type, constant, -1, undefined);
}
export function computed(type: number, code: Code): Value {
  return new Value(type, undefined, -1, code);
}
export function inLocal(type: number, local: number): Value {
  return new Value(type, undefined, local, undefined);
}

const ZERO = known(I32, 0);
const WIDE_ZERO = known(I64, 0n);
/** What a local is before it is set. */
export function zeroOf(type: number): Value {
  if (type === I32) return ZERO;
  return type === I64 ? WIDE_ZERO : NOTHING;
}

export function sameValue(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a.type !== b.type) return false;
  if (a.constant !== undefined || b.constant !== undefined) return a.constant === b.constant;
  return a.local >= 0 && a.local === b.local;
}
