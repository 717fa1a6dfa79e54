/** How an operation's accesses to fixed addresses are written: fields of its record, and state that is in locals (slots.ts). */
import type { Bytes, Code, Piece } from './code.ts';
import { getLocal, i32, i64, setLocal } from './instructions.ts';
import * as op from './opcodes.ts';
import type { Slot } from './slots.ts';
import { computed, known, type Value } from './value.ts';

/** What a load from a record gives. */
export function recordField(memory: DataView, { type, bytes, signed }: op.Access, address: number): Value {
  if (bytes === 8) return known(op.I64, memory.getBigInt64(address, true));
  let value: number;
  if (bytes === 1) value = signed ? memory.getInt8(address) : memory.getUint8(address);
  else if (bytes === 2) value = signed ? memory.getInt16(address, true) : memory.getUint16(address, true);
  else value = signed ? memory.getInt32(address, true) : memory.getUint32(address, true);
  return type === op.I32 ? known(op.I32, value | 0) : known(op.I64, BigInt(value));
}

const masks = new Map([1, 2, 4].map((bytes) => [bytes, i64((1n << BigInt(bytes * 8)) - 1n)]));
const maskOf = (bytes: number): Bytes => masks.get(bytes)!;
const shifts = Array.from({ length: 64 }, (_, shift) => i64(BigInt(shift)));
const EXTENSIONS: Readonly<Record<number, number>> = {
  1: op.I64_EXTEND8,
  2: op.I64_EXTEND16,
  4: op.I64_EXTEND32,
};

/** Reads a slot's local, or `bytes` of it from bit `shift` on. */
export function readSlot(
  slot: Slot,
  local: number,
  shift: number,
  { type, bytes, signed }: op.Access,
): Value {
  const get = getLocal(local);
  if (slot.type === op.I32) {
    if (bytes !== 4 || type !== op.I32) throw new Error('a part of a narrow slot');
    return computed(type, [get]);
  }
  if (bytes === 8) return computed(type, [get]);
  const code: Code = [get];
  if (shift !== 0) code.push(shifts[shift]!, op.I64_SHR_U);
  if (type === op.I32) {
    code.push(op.I32_WRAP);
    if (bytes === 4) return computed(type, code);
    if (signed) code.push(bytes === 1 ? op.I32_EXTEND8 : op.I32_EXTEND16);
    else code.push(i32(bytes === 1 ? 0xff : 0xffff), op.I32_AND);
    return computed(type, code);
  }
  if (signed) code.push(EXTENSIONS[bytes]!);
  else code.push(maskOf(bytes), op.I64_AND);
  return computed(type, code);
}

/** Writes `bytes` of a wide slot's local from bit `shift` on; the rest stays. */
export function writePart(
  local: number,
  shift: number,
  { type, bytes }: op.Access,
  { constant, code }: Value,
): Piece {
  const mask = (1n << BigInt(bytes * 8)) - 1n;
  const at64 = BigInt(shift);
  const out: Code = [getLocal(local), i64(BigInt.asIntN(64, ~(mask << at64))), op.I64_AND];
  if (constant !== undefined) out.push(i64(BigInt.asIntN(64, (BigInt(constant) & mask) << at64)));
  else {
    out.push(code);
    if (type === op.I32) out.push(op.I64_EXTEND_U);
    out.push(maskOf(bytes), op.I64_AND);
    if (shift !== 0) out.push(shifts[shift]!, op.I64_SHL);
  }
  out.push(op.I64_OR, setLocal(local));
  return out;
}
