/** The commonest instructions, in bytes; what is used again and again is made once. */
import { signed32, signed64, unsigned } from './bytes.ts';
import type { Bytes } from './code.ts';
import * as op from './opcodes.ts';

/** Numbers below this are remembered. */
const REMEMBERED = 256;

function byNumber(make: (value: number) => Bytes): (value: number) => Bytes {
  const known: (Bytes | undefined)[] = [];
  return (value) => {
    if (value < 0 || value >= REMEMBERED) return make(value);
    return (known[value] ??= make(value));
  };
}

const withNumber = (code: number): ((value: number) => Bytes) =>
  byNumber((value) => {
    const bytes = [code];
    unsigned(bytes, value);
    return bytes;
  });

export const getLocal = withNumber(op.LOCAL_GET);
export const setLocal = withNumber(op.LOCAL_SET);
export const teeLocal = withNumber(op.LOCAL_TEE);
export const i32 = byNumber((value) => {
  const bytes = [op.I32_CONST];
  signed32(bytes, value);
  return bytes;
});
export function i64(value: bigint): Bytes {
  const bytes = [op.I64_CONST];
  signed64(bytes, value);
  return bytes;
}

/** A load's or store's opcode, alignment (a hint: 1 fits all) and offset. */
export function access(bytes: Bytes, offset: number): Bytes {
  const out = bytes.slice();
  unsigned(out, offset);
  return out;
}
/** A load from or store to a fixed address, behind the constant 0 and what is stored. */
export function at(code: number, address: number): Bytes {
  return access([code, 0], address);
}
