/** The one-byte opcode map (SDM vol. 2, A.3). */
import {
  CTL_CLI,
  CTL_FAR_CALL,
  CTL_FAR_CALL_IMM,
  CTL_FAR_JMP,
  CTL_FAR_JMP_IMM,
  CTL_INT,
  CTL_INT1,
  CTL_INT3,
  CTL_INTO,
  CTL_IO,
  CTL_IRET,
  CTL_LOAD_FAR,
  CTL_MOV_TO_SEG,
  CTL_POPF,
  CTL_POP_SEG,
  CTL_PRIVILEGED,
  CTL_PUSHF,
  CTL_RETF,
  INT_AAA,
  INT_CBW,
  INT_CLC,
  INT_CLD,
  INT_CMC,
  INT_CWD,
  INT_IMUL_RRI,
  INT_LAHF,
  INT_MUL,
  INT_ROL,
  INT_ROL_CL,
  INT_SAHF,
  INT_SALC,
  INT_XCHG,
  INT_XLAT,
  STK_CALL,
  STK_CALL_RM,
  STK_ENTER,
  STK_JMP_RM,
  STK_LEAVE,
  STK_POP,
  STK_POPA,
  STK_PUSH,
  STK_PUSHA,
  STK_PUSH_IMM,
  STK_PUSH_SEG,
  STK_RET,
  SYS_ARPL,
  SYS_BOUND,
  SYS_MOV_FROM_SEG,
} from '../families';
import {
  OP_CALL,
  OP_CALL_M,
  OP_CALL_R,
  OP_CONTROL,
  OP_INTEGER,
  OP_JCC,
  OP_JMP,
  OP_JMP_M,
  OP_JMP_R,
  OP_LEA,
  OP_LEAVE,
  OP_LOOP,
  OP_MOVSX_64_32_M,
  OP_MOVSX_64_32_R,
  OP_MOV_R64_I64,
  OP_MOV_MR,
  OP_MOV_RI,
  OP_MOV_RM,
  OP_NOP,
  OP_POP_R,
  OP_PUSH_I,
  OP_PUSH_M,
  OP_PUSH_R,
  OP_RET,
  OP_SHIFT,
  OP_STACK,
  OP_STACK_CONTROL,
  OP_STRING,
  OP_SYSTEM,
  OP_X87,
} from '../generated/operations';
import { SEG_CS, SEG_DS, SEG_ES } from '../layout';
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
  movRmImmediate,
  movRmReg,
  pack,
  unary,
  unaryRegister,
} from './emit';
import {
  absoluteOperand,
  addressSize,
  allowLock,
  baseOperand,
  branchTarget,
  emit,
  emitAddress,
  emitMemory,
  group,
  inMemory,
  mode,
  modrm,
  next16,
  next32,
  next64,
  next8,
  nextImmediate,
  nextSigned8,
  operandSize,
  readModrm,
  regNumber,
  registerOffset,
  rex,
  rmNumber,
  stackSize,
  undefinedOpcode,
} from './instruction';
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

/** An undefined opcode ends the block. */
function ud(): bool {
  undefinedOpcode();
  return true;
}

function sizeFor(opcode: u32): u32 {
  return opcode & 1 ? operandSize() : 0;
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

/** Jcc with a displacement from the end of the instruction. */
export function jcc(code: u32, relative: i32): bool {
  store<i32>(emit(OP_JCC + code), branchTarget(relative), 8);
  return true;
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

/** ptr16:16/32 in the code: offset in the displacement, selector in the record's last halfword's place: reg and rm. */
function farImmediate(sub: u32): bool {
  if (mode == 0) return ud();
  const size = operandSize();
  const offset = size == 1 ? next16() : next32();
  const selector = next16();
  const p = control(sub, 0, size);
  store<u16>(p, selector, 2);
  store<i32>(p, <i32>offset, 8);
  return true;
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

/** Group 2: shifts and rotates; `count` is an immediate, or -1 for CL. */
function shift(size: u32, count: i32): void {
  const kind = group();
  if (count < 0) {
    integerRm(INT_ROL_CL + kind, 0, size, true);
    return;
  }
  const masked = count & (size == 3 ? 63 : 31);
  if (!inMemory && size >= 2 && kind >= 4 && masked) {
    const p = emit(OP_SHIFT + (size - 2) * 3 + (kind == 7 ? 2 : kind == 5 ? 1 : 0));
    store<u8>(p, rmNumber() * 8, 2);
    store<i32>(p, masked, 12);
    return;
  }
  integerRm(INT_ROL + kind, <u32>count, size, true);
}

function rowC(opcode: u32): bool {
  switch (opcode) {
    case 0xc0:
    case 0xc1:
      readModrm();
      shift(sizeFor(opcode), <i32>next8());
      return false;
    case 0xc2:
      return ret(next16());
    case 0xc3:
      return ret(0);
    case 0xc4:
    case 0xc5:
      if (mode == 0) return ud();
      readModrm();
      return loadFar(opcode == 0xc4 ? SEG_ES : SEG_DS);
    case 0xc6:
    case 0xc7:
      readModrm();
      if (group() != 0) return ud();
      movRmImmediate(sizeFor(opcode));
      return false;
    case 0xc8: {
      const bytes = next16();
      const level = next8();
      store<i32>(familyPlain(OP_STACK, STK_ENTER, level, stackSize()), <i32>bytes, 8);
      return false;
    }
    case 0xc9:
      if (stackSize() == 3) emit(OP_LEAVE);
      else familyPlain(OP_STACK, STK_LEAVE, 0, stackSize());
      return false;
    case 0xca:
    case 0xcb:
      store<i32>(control(CTL_RETF, 0, operandSize()), opcode == 0xca ? <i32>next16() : 0, 8);
      return true;
    case 0xcc:
      return control(CTL_INT3, 3, 0) != 0;
    case 0xcd:
      return control(CTL_INT, next8(), 0) != 0;
    case 0xce:
      return mode == 0 ? ud() : control(CTL_INTO, 4, 0) != 0;
    default:
      return control(CTL_IRET, 0, operandSize()) != 0;
  }
}

function ret(bytes: u32): bool {
  const p = stackSize() == 3 ? emit(OP_RET) : familyPlain(OP_STACK_CONTROL, STK_RET, 0, stackSize());
  store<i32>(p, <i32>bytes, 8);
  return true;
}

/** LES LDS LSS LFS LGS. */
export function loadFar(segment: u32): bool {
  if (!inMemory) return ud();
  familyRm(OP_CONTROL, CTL_LOAD_FAR, segment, operandSize(), false);
  return true;
}

function rowD(opcode: u32): bool {
  switch (opcode) {
    case 0xd0:
    case 0xd1:
      readModrm();
      shift(sizeFor(opcode), 1);
      return false;
    case 0xd2:
    case 0xd3:
      readModrm();
      shift(sizeFor(opcode), -1);
      return false;
    case 0xd4:
    case 0xd5:
      if (mode == 0) return ud();
      store<i32>(
        integerPlain(INT_AAA + 4 + (opcode & 1), 0),
        pack(INT_AAA + 4 + (opcode & 1), next8(), 0, 0),
        12,
      );
      return false;
    case 0xd6:
      if (mode == 0) return ud();
      integerPlain(INT_SALC, 0);
      return false;
    case 0xd7: {
      baseOperand(3);
      const p = emitMemory(OP_INTEGER, 1, false);
      store<i32>(p, pack(INT_XLAT, 0, 0, 0), 12);
      return false;
    }
    default:
      readModrm();
      x87(opcode);
      return false;
  }
}

function x87(opcode: u32): void {
  const p = inMemory ? emitMemory(OP_X87, 8, false) : emit(OP_X87);
  store<i32>(p, pack(opcode & 7, modrm, operandSize(), 0), 12);
}

function rowE(opcode: u32): bool {
  switch (opcode) {
    case 0xe0:
    case 0xe1:
    case 0xe2:
    case 0xe3: {
      const relative = nextSigned8();
      const p = emit(OP_LOOP);
      store<u8>(p, addressSize(), 2);
      store<u8>(p, opcode & 3, 3);
      store<i32>(p, branchTarget(relative), 8);
      return true;
    }
    case 0xe4:
    case 0xe5:
    case 0xe6:
    case 0xe7:
      return control(CTL_IO, next8(), sizeFor(opcode) == 3 ? 2 : sizeFor(opcode)) != 0;
    case 0xe8: {
      const relative = nextImmediate(mode == 0 ? 2 : operandSize());
      const p = mode == 0 ? emit(OP_CALL) : familyPlain(OP_STACK_CONTROL, STK_CALL, 0, stackSize());
      store<i32>(p, branchTarget(relative), 8);
      return true;
    }
    case 0xe9:
      return jmp(nextImmediate(mode == 0 ? 2 : operandSize()));
    case 0xea:
      return farImmediate(CTL_FAR_JMP_IMM);
    case 0xeb:
      return jmp(nextSigned8());
    default: {
      const p = control(CTL_IO, 0, sizeFor(opcode) == 3 ? 2 : sizeFor(opcode));
      store<u8>(p, 1, 2);
      return true;
    }
  }
}

function jmp(relative: i32): bool {
  store<i32>(emit(OP_JMP), branchTarget(relative), 8);
  return true;
}

function rowF(opcode: u32): bool {
  switch (opcode) {
    case 0xf1:
      return control(CTL_INT1, 1, 0) != 0;
    case 0xf4:
      return control(CTL_PRIVILEGED, 0, 0) != 0;
    case 0xf5:
      integerPlain(INT_CMC, 0);
      return false;
    case 0xf6:
    case 0xf7:
      readModrm();
      return group3(sizeFor(opcode));
    case 0xf8:
    case 0xf9:
      integerPlain(INT_CLC + (opcode & 1), 0);
      return false;
    case 0xfa:
    case 0xfb:
      return control(CTL_CLI + (opcode & 1), 0, 0) != 0;
    case 0xfc:
    case 0xfd:
      integerPlain(INT_CLD + (opcode & 1), 0);
      return false;
    case 0xfe:
      readModrm();
      if (group() > 1) return ud();
      unary(group(), 0);
      return false;
    default:
      readModrm();
      return group5();
  }
}

function group3(size: u32): bool {
  const kind = group();
  if (kind < 2) aluRmImmediate(ALU_TEST, size, nextImmediate(size));
  else if (kind < 4) unary(kind, size);
  else integerRm(INT_MUL + kind - 4, 0, size, false);
  return false;
}

function group5(): bool {
  const kind = group();
  switch (kind) {
    case 0:
    case 1:
      unary(kind, operandSize());
      return false;
    case 2:
    case 4:
      return nearIndirect(kind == 2);
    case 3:
    case 5:
      if (!inMemory) return ud();
      familyRm(OP_CONTROL, kind == 3 ? CTL_FAR_CALL : CTL_FAR_JMP, 0, operandSize(), false);
      return true;
    case 6:
      pushRm();
      return false;
    default:
      return ud();
  }
}

function nearIndirect(isCall: bool): bool {
  if (mode != 0) {
    familyRm(OP_STACK_CONTROL, isCall ? STK_CALL_RM : STK_JMP_RM, 0, operandSize(), false);
    return true;
  }
  if (inMemory) emitMemory(isCall ? OP_CALL_M : OP_JMP_M, 8, false);
  else store<u8>(emit(isCall ? OP_CALL_R : OP_JMP_R), rmNumber() * 8, 2);
  return true;
}

function pushRm(): void {
  if (stackSize() != 3) familyRm(OP_STACK, STK_PUSH, 0, stackSize(), false);
  else if (inMemory) emitMemory(OP_PUSH_M, 8, false);
  else store<u8>(emit(OP_PUSH_R), rmNumber() * 8, 2);
}
