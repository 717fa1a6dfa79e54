/** The integer instructions that the main loop does not inline: one dense dispatch on the sub-operation. */
import { adjustPacked, adjustUnpacked, joinDigits, splitDigits } from './bcd';
import {
  byteSwap,
  checksum,
  populationCount,
  scanBit,
  testBitImmediate,
  testBitRegister,
  wrapLinear,
} from './bits';
import { compareExchange, compareExchangePair, exchange, exchangeAdd } from './exchange';
import {
  INT_AAA,
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
  INT_MUL,
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
import { carry, overflow, replaceFlags, statusFlags, writeStatusFlags } from './flags';
import { CF, DF, OF, RAX, RDX, REGS, SYSTEM_FLAGS } from './layout';
import { read8 } from './memory';
import {
  divide,
  divideSigned,
  multiply,
  multiplyImmediate,
  multiplyReg,
  multiplySigned,
  signExtend,
} from './multiply';
import { writeRegister } from './operands';
import { addressOf, imm8Of, sizeOf, subOf } from './record';
import { countInCl, doubleShiftRm, shiftRm } from './shift';

const AL: u32 = REGS + RAX * 8;
const AH: u32 = AL + 1;

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

/** XLAT: AL <- the byte at the table in rBX, indexed by AL. */
function translateByte(p: u32): void {
  const value = read8(wrapLinear(addressOf(p) + <u64>load<u8>(AL)));
  if (!faulted()) store<u8>(AL, value);
}
