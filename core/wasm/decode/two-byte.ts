/** The two- and three-byte opcode maps (SDM vol. 2, A.3): 0F, 0F 38, 0F 3A. */
import {
  CTL_PRIVILEGED,
  CTL_POP_SEG,
  CTL_SYSCALL,
  CTL_SYSENTER,
  CTL_SYSRET,
  CTL_UD,
  CTL_WRFSBASE,
  INT_BSF,
  INT_BSWAP,
  INT_BT,
  INT_BT_IMM,
  INT_CMPXCHG,
  INT_CMPXCHG8B,
  INT_CRC32,
  INT_IMUL_RR,
  INT_POPCNT,
  INT_SHLD,
  INT_SHLD_CL,
  INT_XADD,
  STK_PUSH_SEG,
  SYS_CLFLUSH,
  SYS_CPUID,
  SYS_FENCE,
  SYS_LAR,
  SYS_RANDOM,
  SYS_RDPMC,
  SYS_RDTSC,
  SYS_RDTSCP,
  SYS_SGDT,
  SYS_SLDT,
  SYS_SMSW,
  SYS_VERR,
} from '../families';
import {
  OP_CMOV,
  OP_CONTROL,
  OP_MOVSX_16_8_R,
  OP_MOVSX_32_16_R,
  OP_MOVSX_32_8_R,
  OP_MOVSX_64_16_R,
  OP_MOVSX_64_8_R,
  OP_MOVZX_16_8_R,
  OP_MOVZX_32_16_R,
  OP_INTEGER,
  OP_MOVZX_32_8_R,
  OP_NOP,
  OP_SETCC_M,
  OP_SETCC_R,
  OP_SSE_0F,
  OP_STACK,
  OP_SYSTEM,
} from '../generated/operations';
import { SEG_FS, SEG_GS, SEG_SS } from '../layout';
import {
  control,
  familyPlain,
  familyMemory,
  familyRm,
  imulRegRm,
  integerPlain,
  integerRm,
  movRegRm,
  pack,
  systemPlain,
} from './emit';
import {
  allowLock,
  emit,
  emitMemory,
  group,
  has66,
  inMemory,
  mode,
  modrm,
  next8,
  nextImmediate,
  operandSize,
  readModrm,
  regNumber,
  registerOffset,
  repeat,
  rex,
  rmNumber,
  stackSize,
} from './instruction';
import { jcc, loadFar, ud } from './control-flow';
import { simd } from './vectors';

/** Decodes behind 0F. Returns whether the instruction ends the block. */
export function twoByte(): bool {
  const opcode = next8();
  switch (opcode >> 4) {
    case 0:
      return row0(opcode);
    case 1:
      return opcode < 0x18 ? simd(0, opcode) : hint();
    case 2:
      return row2(opcode);
    case 3:
      return row3(opcode);
    case 4:
      cmov(opcode & 15);
      return false;
    case 8:
      return jcc(opcode & 15, nextImmediate(mode == 0 ? 2 : operandSize()));
    case 9:
      setcc(opcode & 15);
      return false;
    case 10:
      return rowA(opcode);
    case 11:
      return rowB(opcode);
    case 12:
      return rowC(opcode);
    default:
      return simd(0, opcode);
  }
}

/** 0F 18..1F: prefetches and long NOPs. */
function hint(): bool {
  readModrm();
  emit(OP_NOP);
  return false;
}

function row0(opcode: u32): bool {
  switch (opcode) {
    case 0x00:
      readModrm();
      return group6();
    case 0x01:
      readModrm();
      return inMemory ? group7Memory() : group7Register();
    case 0x02:
    case 0x03: {
      readModrm();
      const p = familyRm(OP_SYSTEM, SYS_LAR + (opcode & 1), 0, 1, false);
      store<i32>(p, pack(SYS_LAR + (opcode & 1), 0, operandSize(), 0), 12);
      return false;
    }
    case 0x05:
      return control(CTL_SYSCALL, 0, 0) != 0;
    case 0x06:
    case 0x08:
    case 0x09:
      return control(CTL_PRIVILEGED, 0, 0) != 0;
    case 0x07:
      return control(CTL_SYSRET, 0, operandSize()) != 0;
    case 0x0b:
      return control(CTL_UD, 0, 0) != 0;
    case 0x0d:
      return hint();
    default:
      return ud();
  }
}

function group6(): bool {
  const kind = group();
  if (kind < 2) {
    familyRm(OP_SYSTEM, SYS_SLDT + kind, 0, inMemory ? 1 : operandSize(), true);
    return false;
  }
  if (kind < 4) return control(CTL_PRIVILEGED, 0, 0) != 0;
  if (kind > 5) return ud();
  familyRm(OP_SYSTEM, SYS_VERR + kind - 4, 0, 1, false);
  return false;
}

function group7Memory(): bool {
  const kind = group();
  switch (kind) {
    case 0:
    case 1:
      familyMemory(OP_SYSTEM, SYS_SGDT + kind, 0, mode == 0 ? 3 : 2, mode == 0 ? 10 : 6, true);
      return false;
    case 4:
      familyRm(OP_SYSTEM, SYS_SMSW, 0, 1, true);
      return false;
    case 5:
      return ud();
    default:
      return control(CTL_PRIVILEGED, 0, 0) != 0;
  }
}

function group7Register(): bool {
  if (group() == 4) {
    familyRm(OP_SYSTEM, SYS_SMSW, 0, operandSize(), true);
    return false;
  }
  if (group() == 6) return control(CTL_PRIVILEGED, 0, 0) != 0;
  if (modrm == 0xf8 && mode == 0) return control(CTL_PRIVILEGED, 0, 0) != 0;
  if (modrm == 0xf9) {
    systemPlain(SYS_RDTSCP, 2);
    return false;
  }
  return ud();
}

function row2(opcode: u32): bool {
  if (opcode >= 0x28) return simd(0, opcode);
  if (opcode > 0x23) return ud();
  readModrm();
  // CR0 CR2 CR3 CR4 CR8, DR0..DR7
  const exists = opcode & 1 ? 0xff : 0x11d;
  if (!((exists >> regNumber()) & 1)) return ud();
  return control(CTL_PRIVILEGED, 0, 0) != 0;
}

function row3(opcode: u32): bool {
  switch (opcode) {
    case 0x30:
    case 0x32:
      return control(CTL_PRIVILEGED, 0, 0) != 0;
    case 0x31:
      systemPlain(SYS_RDTSC, 2);
      return false;
    case 0x33:
      systemPlain(SYS_RDPMC, 2);
      return false;
    case 0x34:
    case 0x35:
      return control(CTL_SYSENTER, 0, 0) != 0;
    case 0x38:
      return map38();
    case 0x3a:
      return simd(2, next8());
    default:
      return ud();
  }
}

function map38(): bool {
  const opcode = next8();
  if ((opcode == 0xf0 || opcode == 0xf1) && repeat == 2) {
    readModrm();
    const size = opcode == 0xf0 ? 0 : operandSize();
    const p = integerRm(INT_CRC32, rex & 8 ? 1 : 0, size, false);
    store<u8>(p, regNumber() * 8, 2);
    return false;
  }
  return simd(1, opcode);
}

function cmov(code: u32): void {
  readModrm();
  const size = operandSize();
  const operation = OP_CMOV + (size - 1) * 2;
  const p = inMemory ? emitMemory(operation + 1, 1 << size, false) : emit(operation);
  if (!inMemory) store<u8>(p, rmNumber() * 8, 3);
  store<u8>(p, regNumber() * 8, 2);
  store<i32>(p, code, 12);
}

function setcc(code: u32): void {
  readModrm();
  const p = inMemory ? emitMemory(OP_SETCC_M, 1, true) : emit(OP_SETCC_R);
  if (!inMemory) store<u8>(p, registerOffset(rmNumber(), 0), 2);
  store<i32>(p, code, 12);
}

/** BT BTS BTR BTC (kind 0..3). */
function bitTest(kind: u32): bool {
  readModrm();
  if (kind) allowLock();
  integerRm(INT_BT + kind, 0, operandSize(), kind != 0);
  return false;
}

function rowA(opcode: u32): bool {
  switch (opcode) {
    case 0xa0:
    case 0xa8:
      familyPlain(OP_STACK, STK_PUSH_SEG, opcode == 0xa0 ? SEG_FS : SEG_GS, stackSize());
      return false;
    case 0xa1:
    case 0xa9:
      return control(CTL_POP_SEG, opcode == 0xa1 ? SEG_FS : SEG_GS, stackSize()) != 0;
    case 0xa2:
      systemPlain(SYS_CPUID, 2);
      return false;
    case 0xa3:
      return bitTest(0);
    case 0xab:
      return bitTest(1);
    case 0xa4:
    case 0xac:
      readModrm();
      integerRm(INT_SHLD + ((opcode >> 3) & 1), next8(), operandSize(), true);
      return false;
    case 0xa5:
    case 0xad:
      readModrm();
      integerRm(INT_SHLD_CL + ((opcode >> 3) & 1), 0, operandSize(), true);
      return false;
    case 0xae:
      readModrm();
      return group15();
    case 0xaf:
      readModrm();
      if (operandSize() >= 2) imulRegRm(operandSize());
      else integerRm(INT_IMUL_RR, 0, 1, false);
      return false;
    default:
      return ud();
  }
}

/** Group 15: FXSAVE and its kin, MXCSR, fences, FS and GS bases. */
function group15(): bool {
  const kind = group();
  if (inMemory) {
    if (kind < 4) {
      if (repeat || has66()) return ud();
      const p = emitMemory(OP_SSE_0F, kind < 2 ? 255 : 4, kind == 0 || kind == 3);
      store<i32>(p, pack(0xae, kind, rex & 8 ? 3 : 2, 0), 12);
      return false;
    }
    if (kind != 7) return ud();
    familyRm(OP_SYSTEM, SYS_CLFLUSH, 0, 0, false);
    return false;
  }
  if (repeat == 1 && kind < 4 && mode == 0) {
    const p = familyRm(OP_CONTROL, CTL_WRFSBASE + kind, 0, operandSize(), false);
    return p != 0;
  }
  if (kind < 5) return ud();
  systemPlain(SYS_FENCE, 0);
  return false;
}

function rowB(opcode: u32): bool {
  switch (opcode) {
    case 0xb0:
    case 0xb1:
      readModrm();
      allowLock();
      integerRm(INT_CMPXCHG, 0, opcode & 1 ? operandSize() : 0, true);
      return false;
    case 0xb2:
    case 0xb4:
    case 0xb5:
      readModrm();
      return loadFar(opcode == 0xb2 ? SEG_SS : opcode - 0xb0);
    case 0xb3:
      return bitTest(2);
    case 0xbb:
      return bitTest(3);
    case 0xb6:
    case 0xb7:
    case 0xbe:
    case 0xbf:
      readModrm();
      extend(opcode);
      return false;
    case 0xb8:
      if (repeat != 1) return ud();
      readModrm();
      integerRm(INT_POPCNT, 0, operandSize(), false);
      return false;
    case 0xba:
      readModrm();
      if (group() < 4) return ud();
      if (group() > 4) allowLock();
      integerRm(INT_BT_IMM + group() - 4, next8(), operandSize(), group() != 4);
      return false;
    case 0xbc:
    case 0xbd:
      readModrm();
      integerRm(INT_BSF + (opcode & 1), 0, operandSize(), false);
      return false;
    default:
      return ud();
  }
}

/** MOVZX (B6 B7) and MOVSX (BE BF). */
function extend(opcode: u32): void {
  const size = operandSize();
  const wide = opcode & 1;
  const signed = opcode >= 0xbe;
  if (wide && size == 1) {
    movRegRm(1);
    return;
  }
  let operation: u32;
  if (size == 1) operation = signed ? OP_MOVSX_16_8_R : OP_MOVZX_16_8_R;
  else if (!signed) operation = wide ? OP_MOVZX_32_16_R : OP_MOVZX_32_8_R;
  else if (size == 2) operation = wide ? OP_MOVSX_32_16_R : OP_MOVSX_32_8_R;
  else operation = wide ? OP_MOVSX_64_16_R : OP_MOVSX_64_8_R;
  const p = inMemory ? emitMemory(operation + 1, 1 << wide, false) : emit(operation);
  if (!inMemory) store<u8>(p, registerOffset(rmNumber(), wide), 3);
  store<u8>(p, regNumber() * 8, 2);
}

function rowC(opcode: u32): bool {
  if (opcode >= 0xc8) {
    store<u8>(integerPlain(INT_BSWAP, operandSize()), ((opcode & 7) | ((rex & 1) << 3)) * 8, 3);
    return false;
  }
  if (opcode == 0xc0 || opcode == 0xc1) {
    readModrm();
    allowLock();
    integerRm(INT_XADD, 0, opcode & 1 ? operandSize() : 0, true);
    return false;
  }
  if (opcode == 0xc7) {
    readModrm();
    if (!inMemory) return drawRandom();
    if (group() != 1) return ud();
    allowLock();
    emitPacked(emitMemory(OP_INTEGER, rex & 8 ? 16 : 8, true), INT_CMPXCHG8B, 0, rex & 8 ? 3 : 2, 0);
    return false;
  }
  return simd(0, opcode);
}

/** 0F C7 /6 and /7 of a register: RDRAND, RDSEED. With F3 they are others, which are not there. */
function drawRandom(): bool {
  if (group() < 6 || repeat) return ud();
  familyRm(OP_SYSTEM, SYS_RANDOM, 0, operandSize(), false);
  return false;
}

function emitPacked(p: u32, sub: u32, immediate: u32, size: u32, prefix: u32): void {
  store<i32>(p, pack(sub, immediate, size, prefix), 12);
}
