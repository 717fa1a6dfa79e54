/** Emitting the common shapes of instructions. ModRM has been read where one is concerned. */
import { farOffsetSize } from '../far';
import {
  OP_ALU,
  OP_CONTROL,
  OP_IMUL,
  OP_INTEGER,
  OP_MOV_BR,
  OP_MOV_MI,
  OP_MOV_MR,
  OP_MOV_RB,
  OP_MOV_RI,
  OP_MOV_RM,
  OP_MOV_RR,
  OP_SYSTEM,
  OP_UNARY,
} from '../generated/operations';
import {
  addressSize,
  allowLock,
  emit,
  emitMemory,
  inMemory,
  isPlainAddress,
  nextImmediate,
  operandSize,
  regNumber,
  registerOffset,
  repeat,
  rmNumber,
  segmentOr,
} from './instruction';
import { SEG_DS } from '../layout';

export const FORM_RR: u32 = 0;
export const FORM_RI: u32 = 1;
export const FORM_RM: u32 = 2;
export const FORM_MR: u32 = 3;
export const FORM_MI: u32 = 4;
/** The number of TEST among the ALU operations 0..7 of the opcode map. */
export const ALU_TEST: u32 = 8;
const ALU_CMP: u32 = 7;

export function aluOperation(form: u32, alu: u32, size: u32): u32 {
  return OP_ALU + (form * 9 + alu) * 4 + size;
}

function readsOnly(alu: u32): bool {
  return alu >= ALU_CMP;
}

/** alu rm, reg */
export function aluRmReg(alu: u32, size: u32): void {
  const reg = registerOffset(regNumber(), size);
  if (inMemory) {
    if (!readsOnly(alu)) allowLock();
    const p = emitMemory(aluOperation(FORM_MR, alu, size), 1 << size, !readsOnly(alu));
    store<u8>(p, reg, 2);
    return;
  }
  const p = emit(aluOperation(FORM_RR, alu, size));
  store<u8>(p, registerOffset(rmNumber(), size), 2);
  store<u8>(p, reg, 3);
}

/** alu reg, rm */
export function aluRegRm(alu: u32, size: u32): void {
  const p = inMemory
    ? emitMemory(aluOperation(FORM_RM, alu, size), 1 << size, false)
    : emit(aluOperation(FORM_RR, alu, size));
  if (!inMemory) store<u8>(p, registerOffset(rmNumber(), size), 3);
  store<u8>(p, registerOffset(regNumber(), size), 2);
}

/** alu rm, immediate: the immediate comes behind the address's bytes, which are read. */
export function aluRmImmediate(alu: u32, size: u32, immediate: i32): void {
  if (inMemory) {
    if (!readsOnly(alu)) allowLock();
    store<i32>(emitMemory(aluOperation(FORM_MI, alu, size), 1 << size, !readsOnly(alu)), immediate, 12);
  } else aluRegisterImmediate(alu, size, rmNumber(), immediate);
}

export function aluRegisterImmediate(alu: u32, size: u32, number: u32, immediate: i32): void {
  const p = emit(aluOperation(FORM_RI, alu, size));
  store<u8>(p, registerOffset(number, size), 2);
  store<i32>(p, immediate, 12);
}

/** mov rm, reg */
export function movRmReg(size: u32): void {
  const reg = registerOffset(regNumber(), size);
  if (inMemory) {
    const p = emitMemory(OP_MOV_MR + size, 1 << size, true);
    if (isPlainAddress(p)) store<u16>(p, OP_MOV_BR + size);
    store<u8>(p, reg, 2);
    return;
  }
  const p = emit(OP_MOV_RR + size);
  store<u8>(p, registerOffset(rmNumber(), size), 2);
  store<u8>(p, reg, 3);
}

/** mov reg, rm */
export function movRegRm(size: u32): void {
  let p: u32;
  if (inMemory) {
    p = emitMemory(OP_MOV_RM + size, 1 << size, false);
    if (isPlainAddress(p)) store<u16>(p, OP_MOV_RB + size);
  } else {
    p = emit(OP_MOV_RR + size);
    store<u8>(p, registerOffset(rmNumber(), size), 3);
  }
  store<u8>(p, registerOffset(regNumber(), size), 2);
}

/** mov rm, immediate */
export function movRmImmediate(size: u32): void {
  const immediate = nextImmediate(size);
  if (inMemory) {
    store<i32>(emitMemory(OP_MOV_MI + size, 1 << size, true), immediate, 12);
    return;
  }
  const p = emit(OP_MOV_RI + size);
  store<u8>(p, registerOffset(rmNumber(), size), 2);
  store<i32>(p, immediate, 12);
}

/** INC DEC NOT NEG (kind 0..3) of rm. */
export function unary(kind: u32, size: u32): void {
  if (inMemory) {
    allowLock();
    emitMemory(OP_UNARY + size * 8 + kind * 2 + 1, 1 << size, true);
  } else unaryRegister(kind, size, rmNumber());
}

export function unaryRegister(kind: u32, size: u32, number: u32): void {
  store<u8>(emit(OP_UNARY + size * 8 + kind * 2), registerOffset(number, size), 2);
}

/** imul reg, rm */
export function imulRegRm(size: u32): void {
  const p = inMemory ? emitMemory(imulOperation(1, size), 1 << size, false) : emit(imulOperation(0, size));
  if (!inMemory) store<u8>(p, rmNumber() * 8, 3);
  store<u8>(p, regNumber() * 8, 2);
}

/** imul reg, rm, immediate */
export function imulRegRmImmediate(size: u32, immediate: i32): void {
  const p = inMemory ? emitMemory(imulOperation(3, size), 1 << size, false) : emit(imulOperation(2, size));
  if (!inMemory) store<u8>(p, rmNumber() * 8, 3);
  store<u8>(p, regNumber() * 8, 2);
  store<i32>(p, immediate, 12);
}

function imulOperation(form: u32, size: u32): u32 {
  return OP_IMUL + (size - 2) * 4 + form;
}

/** The packed immediate of a family's record (record.ts). */
export function pack(sub: u32, immediate: u32, size: u32, prefix: u32): i32 {
  return <i32>(
    (sub |
      ((immediate & 0xff) << 8) |
      ((size | (prefix << 2) | (addressSize() << 4)) << 16) |
      (segmentOr(SEG_DS) << 24))
  );
}

/** A record of family `operation` with ModRM's operands as general registers of `size` (rm: `rmSize`). */
export function familyRm(operation: u32, sub: u32, immediate: u32, size: u32, isWrite: bool): u32 {
  if (inMemory) return familyMemory(operation, sub, immediate, size, 1 << size, isWrite);
  const p = emit(operation);
  store<u8>(p, registerOffset(rmNumber(), size), 3);
  store<u8>(p, registerOffset(regNumber(), size), 2);
  store<i32>(p, pack(sub, immediate, size, repeat), 12);
  return p;
}

/** The same with ModRM's memory operand, `bytes` wide. */
export function familyMemory(
  operation: u32,
  sub: u32,
  immediate: u32,
  size: u32,
  bytes: u32,
  isWrite: bool,
): u32 {
  const p = emitMemory(operation, bytes, isWrite);
  store<u8>(p, registerOffset(regNumber(), size), 2);
  store<i32>(p, pack(sub, immediate, size, repeat), 12);
  return p;
}

/** A record of OP_CONTROL, with operands of `size` and a far pointer in memory: an offset, then a selector. */
export function farPointer(sub: u32, immediate: u32, size: u32): void {
  familyMemory(OP_CONTROL, sub, immediate, size, (1 << farOffsetSize(size)) + 2, false);
}

/** A record of family `operation` without operands. */
export function familyPlain(operation: u32, sub: u32, immediate: u32, size: u32): u32 {
  const p = emit(operation);
  store<i32>(p, pack(sub, immediate, size, repeat), 12);
  return p;
}

export function integerRm(sub: u32, immediate: u32, size: u32, isWrite: bool): u32 {
  return familyRm(OP_INTEGER, sub, immediate, size, isWrite);
}
export function integerPlain(sub: u32, size: u32): u32 {
  return familyPlain(OP_INTEGER, sub, 0, size);
}
export function control(sub: u32, immediate: u32, size: u32): u32 {
  return familyPlain(OP_CONTROL, sub, immediate, size);
}
export function systemPlain(sub: u32, size: u32): u32 {
  return familyPlain(OP_SYSTEM, sub, 0, size);
}

/** Operand size by bit 0 of the opcode: bytes, or the operand size. */
export function sizeFor(opcode: u32): u32 {
  return opcode & 1 ? operandSize() : 0;
}
