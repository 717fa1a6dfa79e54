/** The one-byte opcode map (SDM vol. 2, A.3), rows C to F. */
import {
  CTL_CLI,
  CTL_FAR_JMP_IMM,
  CTL_INT,
  CTL_INT1,
  CTL_INT3,
  CTL_INTO,
  CTL_IO,
  CTL_IRET,
  CTL_PRIVILEGED,
  CTL_RETF,
  INT_AAA,
  INT_CLC,
  INT_CLD,
  INT_CMC,
  INT_SALC,
  INT_XLAT,
  STK_CALL,
  STK_ENTER,
  STK_LEAVE,
} from '../families';
import {
  OP_CALL,
  OP_INTEGER,
  OP_LEAVE,
  OP_LOOP,
  OP_STACK,
  OP_STACK_CONTROL,
  OP_X87,
} from '../generated/operations';
import { SEG_DS, SEG_ES } from '../layout';
import { farImmediate, jmp, loadFar, ret, ud } from './control-flow';
import { control, familyPlain, integerPlain, movRmImmediate, pack, sizeFor, unary } from './emit';
import { group3, group5, shift } from './groups';
import {
  addressSize,
  baseOperand,
  branchTarget,
  emit,
  emitMemory,
  group,
  inMemory,
  mode,
  modrm,
  next16,
  next8,
  nextImmediate,
  nextSigned8,
  operandSize,
  readModrm,
  stackSize,
} from './instruction';

export function rowC(opcode: u32): bool {
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

export function rowD(opcode: u32): bool {
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

/** x87 memory operands: bytes, by opcode D8..DF and ModRM.reg; bit 7 where they are written. */
// prettier-ignore
const X87_OPERANDS = memory.data<u8>([
  4, 4, 4, 4, 4, 4, 4, 4,
  4, 0, 0x84, 0x84, 28, 2, 0x9c, 0x82,
  4, 4, 4, 4, 4, 4, 4, 4,
  4, 0x84, 0x84, 0x84, 0, 10, 0, 0x8a,
  8, 8, 8, 8, 8, 8, 8, 8,
  8, 0x88, 0x88, 0x88, 108, 0, 0xec, 0x82,
  2, 2, 2, 2, 2, 2, 2, 2,
  2, 0x82, 0x82, 0x82, 10, 8, 0x8a, 0x88,
]);

/** Bytes of the x87 operand: environments and states are half as wide with 16-bit operands. */
function x87Bytes(entry: u32): u32 {
  const bytes = entry & 0x7f;
  return bytes >= 28 && operandSize() == 1 ? bytes - 14 : bytes;
}

function x87(opcode: u32): void {
  const entry = <u32>load<u8>(X87_OPERANDS + (opcode & 7) * 8 + group());
  const p = inMemory ? emitMemory(OP_X87, x87Bytes(entry), entry > 0x7f) : emit(OP_X87);
  store<i32>(p, pack(opcode & 7, modrm, operandSize(), 0), 12);
}

export function rowE(opcode: u32): bool {
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

export function rowF(opcode: u32): bool {
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
