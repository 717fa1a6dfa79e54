/** The one-byte opcode map (SDM vol. 2, A.3): rows 0 to B here, the others in one-byte-upper.ts. */
import {
  CTL_FAR_CALL_IMM,
  CTL_MOV_TO_SEG,
  CTL_POPF,
  CTL_POP_SEG,
  CTL_PUSHF,
  INT_AAA,
  INT_CBW,
  INT_CWD,
  INT_IMUL_RRI,
  INT_LAHF,
  INT_SAHF,
  INT_XCHG,
  STK_POP,
  STK_POPA,
  STK_PUSH,
  STK_PUSHA,
  STK_PUSH_IMM,
  STK_PUSH_SEG,
  SYS_ARPL,
  SYS_BOUND,
  SYS_MOV_FROM_SEG,
} from '../families';
import {
  OP_CONTROL,
  OP_LEA,
  OP_MOVSX_64_32_M,
  OP_MOVSX_64_32_R,
  OP_MOV_MR,
  OP_MOV_R64_I64,
  OP_MOV_RI,
  OP_MOV_RM,
  OP_NOP,
  OP_POP_R,
  OP_PUSH_I,
  OP_PUSH_R,
  OP_STACK,
  OP_STRING,
  OP_SYSTEM,
  OP_X87,
} from '../generated/operations';
import { SEG_CS } from '../layout';
import { farImmediate, jcc, ud } from './control-flow';
import {
  ALU_TEST,
  aluRegRm,
  aluRegisterImmediate,
  aluRmImmediate,
  aluRmReg,
  control,
  familyPlain,
  familyRm,
  imulRegRmImmediate,
  integerPlain,
  integerRm,
  movRegRm,
  movRmReg,
  sizeFor,
  unaryRegister,
} from './emit';
import {
  absoluteOperand,
  allowLock,
  emit,
  emitAddress,
  emitMemory,
  group,
  inMemory,
  mode,
  next64,
  nextImmediate,
  nextSigned8,
  operandSize,
  readModrm,
  regNumber,
  registerOffset,
  rex,
  rmNumber,
  stackSize,
} from './instruction';
import { rowC, rowD, rowE, rowF } from './one-byte-upper';
import { twoByte } from './two-byte';

/** Decodes one instruction from its first opcode byte. Returns whether it ends the block. */
export function oneByte(opcode: u32): bool {
  if (opcode < 0x40) return arithmeticRow(opcode);
  switch (opcode >> 4) {
    case 4:
      unaryRegister((opcode >> 3) & 1, operandSize(), opcode & 7);
      return false;
    case 5:
      return pushPopRegister(opcode);
    case 6:
      return row6(opcode);
    case 7:
      return jcc(opcode & 15, nextSigned8());
    case 8:
      return row8(opcode);
    case 9:
      return row9(opcode);
    case 10:
      return rowA(opcode);
    case 11:
      return movImmediate(opcode);
    case 12:
      return rowC(opcode);
    case 13:
      return rowD(opcode);
    case 14:
      return rowE(opcode);
    default:
      return rowF(opcode);
  }
}

function arithmeticRow(opcode: u32): bool {
  const alu = opcode >> 3;
  const size = sizeFor(opcode);
  switch (opcode & 7) {
    case 0:
    case 1:
      readModrm();
      aluRmReg(alu, size);
      return false;
    case 2:
    case 3:
      readModrm();
      aluRegRm(alu, size);
      return false;
    case 4:
    case 5:
      aluRegisterImmediate(alu, size, 0, nextImmediate(size));
      return false;
  }
  if (opcode == 0x0f) return twoByte();
  if (mode == 0) return ud();
  if (opcode >= 0x20) {
    // 27 DAA, 2F DAS, 37 AAA, 3F AAS
    integerPlain(
      opcode == 0x27 ? INT_AAA + 2 : opcode == 0x2f ? INT_AAA + 3 : opcode == 0x37 ? INT_AAA : INT_AAA + 1,
      0,
    );
    return false;
  }
  if (opcode & 1) return control(CTL_POP_SEG, opcode >> 3, stackSize()) != 0;
  familyPlain(OP_STACK, STK_PUSH_SEG, opcode >> 3, stackSize());
  return false;
}

function pushPopRegister(opcode: u32): bool {
  const number = (opcode & 7) | ((rex & 1) << 3);
  if (stackSize() == 3) {
    store<u8>(emit(opcode < 0x58 ? OP_PUSH_R : OP_POP_R), number * 8, 2);
    return false;
  }
  const p = familyPlain(OP_STACK, opcode < 0x58 ? STK_PUSH : STK_POP, 0, stackSize());
  store<u8>(p, number * 8, 3);
  return false;
}

function row6(opcode: u32): bool {
  switch (opcode) {
    case 0x60:
    case 0x61:
      if (mode == 0) return ud();
      familyPlain(OP_STACK, opcode == 0x60 ? STK_PUSHA : STK_POPA, 0, stackSize());
      return false;
    case 0x62:
      if (mode == 0) return ud();
      readModrm();
      if (!inMemory) return ud();
      familyRm(OP_SYSTEM, SYS_BOUND, 0, operandSize(), false);
      return false;
    case 0x63:
      readModrm();
      if (mode != 0) {
        familyRm(OP_SYSTEM, SYS_ARPL, 0, 1, true);
        return false;
      }
      if (operandSize() != 3) {
        movRegRm(operandSize());
        return false;
      }
      signExtend32();
      return false;
    case 0x68:
      return pushImmediate(nextImmediate(stackSize()));
    case 0x6a:
      return pushImmediate(nextSigned8());
    case 0x69:
    case 0x6b:
      readModrm();
      imulImmediate(opcode == 0x69 ? nextImmediate(operandSize()) : nextSigned8());
      return false;
    case 0x6c:
    case 0x6d:
    case 0x6e:
    case 0x6f:
      stringInstruction(opcode);
      return false;
    default:
      return ud();
  }
}

function signExtend32(): void {
  const p = inMemory ? emitMemory(OP_MOVSX_64_32_M, 4, false) : emit(OP_MOVSX_64_32_R);
  if (!inMemory) store<u8>(p, rmNumber() * 8, 3);
  store<u8>(p, regNumber() * 8, 2);
}

function pushImmediate(immediate: i32): bool {
  if (stackSize() == 3) store<i32>(emit(OP_PUSH_I), immediate, 12);
  else store<i32>(familyPlain(OP_STACK, STK_PUSH_IMM, 0, stackSize()), immediate, 8);
  return false;
}

function imulImmediate(immediate: i32): void {
  const size = operandSize();
  if (size >= 2) {
    imulRegRmImmediate(size, immediate);
    return;
  }
  // 16 bits: the immediate travels in `reg`'s neighbour, the packed word's upper half is free of it: two bytes.
  const p = integerRm(INT_IMUL_RRI, immediate & 0xff, size, false);
  store<u8>(p, (<u32>immediate) >> 8, 15);
}

function stringInstruction(opcode: u32): void {
  const size = opcode & 1 ? operandSize() : 0;
  familyPlain(OP_STRING, opcode, 0, size == 3 && opcode < 0x70 ? 2 : size);
}

function row8(opcode: u32): bool {
  const size = sizeFor(opcode);
  readModrm();
  switch (opcode) {
    case 0x80:
    case 0x81:
    case 0x82:
    case 0x83:
      if (opcode == 0x82 && mode == 0) return ud();
      aluRmImmediate(group(), size, opcode == 0x81 ? nextImmediate(size) : nextSigned8());
      return false;
    case 0x84:
    case 0x85:
      aluRmReg(ALU_TEST, size);
      return false;
    case 0x86:
    case 0x87:
      allowLock();
      integerRm(INT_XCHG, 0, size, true);
      return false;
    case 0x88:
    case 0x89:
      movRmReg(size);
      return false;
    case 0x8a:
    case 0x8b:
      movRegRm(size);
      return false;
    case 0x8c:
      if (group() > 5) return ud();
      familyRm(OP_SYSTEM, SYS_MOV_FROM_SEG, group(), inMemory ? 1 : operandSize(), true);
      return false;
    case 0x8d:
      if (!inMemory) return ud();
      store<u8>(emitAddress(OP_LEA + operandSize() - 1), regNumber() * 8, 2);
      return false;
    case 0x8e:
      if (group() > 5 || group() == SEG_CS) return ud();
      familyRm(OP_CONTROL, CTL_MOV_TO_SEG, group(), 1, false);
      return true;
    default:
      if (group() != 0) return ud();
      familyRm(OP_STACK, STK_POP, 0, stackSize(), true);
      return false;
  }
}

function row9(opcode: u32): bool {
  if (opcode < 0x98) {
    const number = (opcode & 7) | ((rex & 1) << 3);
    if (number == 0) emit(OP_NOP);
    else {
      const p = integerPlain(INT_XCHG, operandSize());
      store<u8>(p, number * 8, 3);
    }
    return false;
  }
  switch (opcode) {
    case 0x98:
      integerPlain(INT_CBW, operandSize());
      return false;
    case 0x99:
      integerPlain(INT_CWD, operandSize());
      return false;
    case 0x9a:
      return farImmediate(CTL_FAR_CALL_IMM);
    case 0x9b:
      familyPlain(OP_X87, 8, 0, 2);
      return false;
    case 0x9c:
      return control(CTL_PUSHF, 0, stackSize()) != 0;
    case 0x9d:
      return control(CTL_POPF, 0, stackSize()) != 0;
    case 0x9e:
      integerPlain(INT_SAHF, 0);
      return false;
    default:
      integerPlain(INT_LAHF, 0);
      return false;
  }
}

function rowA(opcode: u32): bool {
  const size = sizeFor(opcode);
  if (opcode < 0xa4) {
    absoluteOperand();
    // The accumulator is register 0 whatever ModRM was left over.
    const isWrite = opcode >= 0xa2;
    emitMemory((isWrite ? OP_MOV_MR : OP_MOV_RM) + size, 1 << size, isWrite);
    return false;
  }
  if (opcode == 0xa8 || opcode == 0xa9) aluRegisterImmediate(ALU_TEST, size, 0, nextImmediate(size));
  else stringInstruction(opcode);
  return false;
}

function movImmediate(opcode: u32): bool {
  const number = (opcode & 7) | ((rex & 1) << 3);
  const size = opcode < 0xb8 ? 0 : operandSize();
  if (size == 3) {
    const value = next64();
    const p = emit(OP_MOV_R64_I64);
    store<u8>(p, number * 8, 2);
    store<u64>(p, value, 8);
    return false;
  }
  const immediate = nextImmediate(size);
  const p = emit(OP_MOV_RI + size);
  store<u8>(p, registerOffset(number, size), 2);
  store<i32>(p, immediate, 12);
  return false;
}
