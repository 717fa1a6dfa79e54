/** Opcodes whose ModRM byte names the operation: groups 2 (shifts), 3 and 5. */
import { CTL_FAR_CALL, CTL_FAR_JMP, INT_MUL, INT_ROL, INT_ROL_CL, STK_PUSH } from '../families';
import { OP_PUSH_M, OP_PUSH_R, OP_SHIFT, OP_STACK } from '../generated/operations';
import { nearIndirect, ud } from './control-flow';
import { ALU_TEST, aluRmImmediate, familyRm, farPointer, integerRm, unary } from './emit';
import {
  emit,
  emitMemory,
  group,
  inMemory,
  nextImmediate,
  operandSize,
  rmNumber,
  stackSize,
} from './instruction';

/** Group 2: shifts and rotates; `count` is an immediate, or -1 for CL. */
export function shift(size: u32, count: i32): void {
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

export function group3(size: u32): bool {
  const kind = group();
  if (kind < 2) aluRmImmediate(ALU_TEST, size, nextImmediate(size));
  else if (kind < 4) unary(kind, size);
  else integerRm(INT_MUL + kind - 4, 0, size, false);
  return false;
}

export function group5(): bool {
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
      farPointer(kind == 3 ? CTL_FAR_CALL : CTL_FAR_JMP, 0, operandSize());
      return true;
    case 6:
      pushRm();
      return false;
    default:
      return ud();
  }
}

function pushRm(): void {
  if (stackSize() != 3) familyRm(OP_STACK, STK_PUSH, 0, stackSize(), false);
  else if (inMemory) emitMemory(OP_PUSH_M, 8, false);
  else store<u8>(emit(OP_PUSH_R), rmNumber() * 8, 2);
}
