/** Jumps, calls and returns; far pointers; and what is undefined. Each tells whether it ends the block. */
import { CTL_LOAD_FAR, STK_CALL_RM, STK_JMP_RM, STK_RET } from '../families';
import {
  OP_CALL_M,
  OP_CALL_R,
  OP_JCC,
  OP_JMP,
  OP_JMP_M,
  OP_JMP_R,
  OP_RET,
  OP_STACK_CONTROL,
} from '../generated/operations';
import { control, familyPlain, familyRm, farPointer } from './emit';
import {
  branchTarget,
  emit,
  emitMemory,
  inMemory,
  mode,
  next16,
  next32,
  operandSize,
  rmNumber,
  stackSize,
  undefinedOpcode,
} from './instruction';

/** An undefined opcode ends the block. */
export function ud(): bool {
  undefinedOpcode();
  return true;
}

/** Jcc with a displacement from the end of the instruction. */
export function jcc(code: u32, relative: i32): bool {
  store<i32>(emit(OP_JCC + code), branchTarget(relative), 8);
  return true;
}

export function jmp(relative: i32): bool {
  store<i32>(emit(OP_JMP), branchTarget(relative), 8);
  return true;
}

export function ret(bytes: u32): bool {
  const p = stackSize() == 3 ? emit(OP_RET) : familyPlain(OP_STACK_CONTROL, STK_RET, 0, stackSize());
  store<i32>(p, <i32>bytes, 8);
  return true;
}

/** ptr16:16/32 in the code: offset in the displacement, selector in the record's last halfword's place: reg and rm. */
export function farImmediate(sub: u32): bool {
  if (mode == 0) return ud();
  const size = operandSize();
  const offset = size == 1 ? next16() : next32();
  const selector = next16();
  const p = control(sub, 0, size);
  store<u16>(p, selector, 2);
  store<i32>(p, <i32>offset, 8);
  return true;
}

export function nearIndirect(isCall: bool): bool {
  if (mode != 0) {
    familyRm(OP_STACK_CONTROL, isCall ? STK_CALL_RM : STK_JMP_RM, 0, operandSize(), false);
    return true;
  }
  if (inMemory) emitMemory(isCall ? OP_CALL_M : OP_JMP_M, 8, false);
  else store<u8>(emit(isCall ? OP_CALL_R : OP_JMP_R), rmNumber() * 8, 2);
  return true;
}

/** LES LDS LSS LFS LGS. */
export function loadFar(segment: u32): bool {
  if (!inMemory) return ud();
  farPointer(CTL_LOAD_FAR, segment, operandSize());
  return true;
}
