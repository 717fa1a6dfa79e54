/** The integer instructions that the main loop does not inline: one dense dispatch on the sub-operation. */
import { addCarry, compareFlags, subtractBorrow } from './alu';
import { adjustPacked, adjustUnpacked, joinDigits, splitDigits } from './bcd';
import {
  byteSwap,
  checksum,
  loadReversed,
  populationCount,
  scanBit,
  storeReversed,
  testBitImmediate,
  testBitRegister,
  wrapLinear,
} from './bits';
import { compareExchange, compareExchangePair, exchange, exchangeAdd } from './exchange';
import {
  INT_AAA,
  INT_ALU,
  INT_BSF,
  INT_BSR,
  INT_BSWAP,
  INT_BT,
  INT_BT_IMM,
  INT_CBW,
  INT_CLC,
  INT_CLD,
  INT_CMC,
  INT_CMPXCHG,
  INT_CMPXCHG8B,
  INT_CRC32,
  INT_CWD,
  INT_DIV,
  INT_IDIV,
  INT_IMUL,
  INT_IMUL_RR,
  INT_IMUL_RRI,
  INT_LAHF,
  INT_MOVBE,
  INT_MUL,
  INT_NEG,
  INT_NOT,
  INT_POPCNT,
  INT_ROL_CL,
  INT_SAHF,
  INT_SALC,
  INT_SHLD,
  INT_SHLD_CL,
  INT_SHRD,
  INT_SHRD_CL,
  INT_STC,
  INT_STD,
  INT_XADD,
  INT_XCHG,
  INT_XLAT,
} from './families';
import { faulted } from './fault';
import {
  CC_ADD,
  CC_LOGIC,
  CC_SUB,
  carry,
  overflow,
  replaceFlags,
  setFlags,
  statusFlags,
  writeStatusFlags,
} from './flags';
import { CF, DF, OF, RAX, RDX, REGS, SYSTEM_FLAGS } from './layout';
import { read8, writable } from './memory';
import {
  divide,
  divideSigned,
  multiply,
  multiplyImmediate,
  multiplyReg,
  multiplySigned,
  signExtend,
} from './multiply';
import { readMemory, readReg, readRegister, readRm, writeMemory, writeRegister } from './operands';
import { addressOf, imm8Of, isMemory, rmOf, sizeOf, subOf } from './record';
import { countInCl, doubleShiftRm, shiftRm } from './shift';

const AL: u32 = REGS + RAX * 8;
const AH: u32 = AL + 1;
/** ModRM.reg of CMP in the group ADD OR ADC SBB AND SUB XOR CMP. */
const ALU_CMP: u32 = 7;

export function integer(p: u32): void {
  const sub = subOf(p);
  if (sub < INT_SHLD) {
    shiftRm(p, sub & 7, sub < INT_ROL_CL ? imm8Of(p) : countInCl());
    return;
  }
  switch (sub) {
    case INT_SHLD:
      doubleShiftRm(p, false, imm8Of(p));
      break;
    case INT_SHRD:
      doubleShiftRm(p, true, imm8Of(p));
      break;
    case INT_SHLD_CL:
      doubleShiftRm(p, false, countInCl());
      break;
    case INT_SHRD_CL:
      doubleShiftRm(p, true, countInCl());
      break;
    case INT_MUL:
      multiply(p);
      break;
    case INT_IMUL:
      multiplySigned(p);
      break;
    case INT_DIV:
      divide(p);
      break;
    case INT_IDIV:
      divideSigned(p);
      break;
    case INT_NOT:
      not(p);
      break;
    case INT_NEG:
      negate(p);
      break;
    case INT_BT:
    case INT_BT + 1:
    case INT_BT + 2:
    case INT_BT + 3:
      testBitRegister(p, sub - INT_BT);
      break;
    case INT_BT_IMM:
    case INT_BT_IMM + 1:
    case INT_BT_IMM + 2:
    case INT_BT_IMM + 3:
      testBitImmediate(p, sub - INT_BT_IMM);
      break;
    case INT_BSF:
      scanBit(p, false);
      break;
    case INT_BSR:
      scanBit(p, true);
      break;
    case INT_POPCNT:
      populationCount(p);
      break;
    case INT_BSWAP:
      byteSwap(p);
      break;
    case INT_XCHG:
      exchange(p);
      break;
    case INT_XADD:
      exchangeAdd(p);
      break;
    case INT_CMPXCHG:
      compareExchange(p);
      break;
    case INT_CMPXCHG8B:
      compareExchangePair(p);
      break;
    case INT_IMUL_RR:
      multiplyReg(p);
      break;
    case INT_IMUL_RRI:
      multiplyImmediate(p);
      break;
    case INT_XLAT:
      translateByte(p);
      break;
    case INT_CRC32:
      checksum(p);
      break;
    case INT_ALU:
    case INT_ALU + 1:
    case INT_ALU + 2:
    case INT_ALU + 3:
    case INT_ALU + 4:
    case INT_ALU + 5:
    case INT_ALU + 6:
    case INT_ALU + 7:
      arithmetic(p, sub - INT_ALU);
      break;
    case INT_MOVBE:
      loadReversed(p);
      break;
    case INT_MOVBE + 1:
      storeReversed(p);
      break;
    default:
      implicit(p, sub);
  }
}

/** The instructions whose operands are implied: sign extension, flags, decimal adjustment. */
function implicit(p: u32, sub: u32): void {
  switch (sub) {
    case INT_CBW:
      writeRegister(RAX * 8, sizeOf(p), <u64>signExtend(load<u64>(AL), sizeOf(p) - 1));
      break;
    case INT_CWD:
      writeRegister(RDX * 8, sizeOf(p), <u64>(signExtend(load<u64>(AL), sizeOf(p)) >> 63));
      break;
    case INT_LAHF:
      store<u8>(AH, (statusFlags() & ~OF) | 2);
      break;
    case INT_SAHF:
      writeStatusFlags((overflow() ? OF : 0) | load<u8>(AH));
      break;
    case INT_CLC:
      replaceFlags(CF, 0);
      break;
    case INT_STC:
      replaceFlags(CF, CF);
      break;
    case INT_CMC:
      replaceFlags(CF, carry() ? 0 : CF);
      break;
    case INT_CLD:
      store<u32>(SYSTEM_FLAGS, load<u32>(SYSTEM_FLAGS) & ~DF);
      break;
    case INT_STD:
      store<u32>(SYSTEM_FLAGS, load<u32>(SYSTEM_FLAGS) | DF);
      break;
    case INT_AAA:
      adjustUnpacked(1);
      break;
    case INT_AAA + 1:
      adjustUnpacked(-1);
      break;
    case INT_AAA + 2:
      adjustPacked(1);
      break;
    case INT_AAA + 3:
      adjustPacked(-1);
      break;
    case INT_AAA + 4:
      splitDigits(imm8Of(p));
      break;
    case INT_AAA + 5:
      joinDigits(imm8Of(p));
      break;
    case INT_SALC:
      store<u8>(AL, carry() ? 0xff : 0);
      break;
  }
}

/** NOT rm: no flags. */
function not(p: u32): void {
  const size = sizeOf(p);
  if (!isMemory(p)) {
    writeRegister(rmOf(p), size, ~readRegister(rmOf(p), size));
    return;
  }
  const address = addressOf(p);
  if (writable(address, 1 << size)) writeMemory(address, size, ~readMemory(address, size));
}

/** NEG rm: flags as 0 - rm. */
function negate(p: u32): void {
  const size = sizeOf(p);
  const shift: u32 = 64 - (8 << size);
  let value: u64;
  if (isMemory(p)) {
    const address = addressOf(p);
    if (!writable(address, 1 << size)) return;
    value = readMemory(address, size);
    writeMemory(address, size, 0 - value);
  } else {
    value = readRegister(rmOf(p), size);
    writeRegister(rmOf(p), size, 0 - value);
  }
  setFlags(CC_SUB, shift, (0 - value) << shift, value << shift);
}

/** XLAT: AL <- the byte at the table in rBX, indexed by AL. */
function translateByte(p: u32): void {
  const value = read8(wrapLinear(addressOf(p) + <u64>load<u8>(AL)));
  if (!faulted()) store<u8>(AL, value);
}

/** ADD OR ADC SBB AND SUB XOR CMP of rm and reg. */
function arithmetic(p: u32, kind: u32): void {
  const size = sizeOf(p);
  const shift: u32 = 64 - (8 << size);
  const b = readReg(p) << shift;
  if (kind == ALU_CMP) {
    const a = readRm(p) << shift;
    if (!faulted()) compareFlags(a, b, shift);
    return;
  }
  if (!isMemory(p)) {
    writeRegister(rmOf(p), size, combine(kind, readRegister(rmOf(p), size) << shift, b, shift) >> shift);
    return;
  }
  const address = addressOf(p);
  if (!writable(address, 1 << size)) return;
  writeMemory(address, size, combine(kind, readMemory(address, size) << shift, b, shift) >> shift);
}

/** The result and flags of ADD .. XOR, operands and result shifted to the top of the word. */
function combine(kind: u32, a: u64, b: u64, shift: u32): u64 {
  let result: u64;
  switch (kind) {
    case 0:
      setFlags(CC_ADD, shift, a + b, b);
      return a + b;
    case 2:
      return addCarry(a, b, shift);
    case 3:
      return subtractBorrow(a, b, shift);
    case 5:
      compareFlags(a, b, shift);
      return a - b;
    case 1:
      result = a | b;
      break;
    case 4:
      result = a & b;
      break;
    default:
      result = a ^ b;
  }
  setFlags(CC_LOGIC, shift, result, 0);
  return result;
}
