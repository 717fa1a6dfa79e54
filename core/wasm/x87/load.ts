/** What pushes: FLD, FILD, FBLD and the constants; and what moves inside the stack: FXCH, FCMOVcc, FST ST(i). */
import { deliverValue } from '../float/convert';
import { DENORMAL, kind, unpack32, unpack64, unpackInteger } from '../float/pack';
import { TO_NEAREST, UP, rounding } from '../float/status';
import { faulted } from '../fault';
import { condition } from '../flags';
import { read16, read32, read64, readable } from '../memory';
import { isEmpty, pop, push, setRegister, setResult, st, stackOverflow, stackUnderflow } from './stack';
import { commit, enter } from './status';

/** Memory operands by format. */
export const REAL32: u32 = 0;
export const REAL64: u32 = 1;
export const INTEGER16: u32 = 2;
export const INTEGER32: u32 = 3;
export const INTEGER64: u32 = 4;

/** Reads and takes apart a number in memory, beginning an instruction; check faulted(). */
export function unpackMemory(address: u64, format: u32): void {
  enter();
  switch (format) {
    case REAL32:
      unpack32(read32(address));
      break;
    case REAL64:
      unpack64(read64(address));
      break;
    case INTEGER16:
      unpackInteger(<i64>(<i16>read16(address)));
      break;
    case INTEGER32:
      unpackInteger(<i64>(<i32>read32(address)));
      break;
    default:
      unpackInteger(<i64>read64(address));
  }
}

/** Ends an instruction that pushes what was delivered; `regardless` of an unmasked DE. */
function pushResult(regardless: bool): void {
  if (!commit() && !regardless) return;
  push();
  setResult(0);
}

/** FLD m32, FLD m64, FILD. A denormal is pushed even if DE is not masked. */
export function loadNumber(address: u64, format: u32): void {
  unpackMemory(address, format);
  if (faulted()) return;
  const room = isEmpty(7);
  if (room) deliverValue(true);
  else stackOverflow();
  pushResult(room && kind == DENORMAL);
}

/** Pushes an 80-bit pattern as it is. */
function pushPattern(significand: u64, signExponent: u32): void {
  enter();
  if (!isEmpty(7)) {
    stackOverflow();
    pushResult(false);
    return;
  }
  commit();
  push();
  setRegister(0, significand, signExponent);
}

/** FLD m80. */
export function loadExtended(address: u64): void {
  if (!readable(address, 10)) return;
  pushPattern(read64(address), read16(address + 8));
}

/** FLD ST(i). */
export function loadRegister(i: u32): void {
  if (isEmpty(i)) {
    enter();
    stackUnderflow();
    pushResult(false);
    return;
  }
  const at = st(i);
  pushPattern(load<u64>(at), load<u16>(at, 8));
}

/** FBLD: 18 decimal digits, and a sign in the tenth byte. */
export function loadDecimal(address: u64): void {
  if (!readable(address, 10)) return;
  const low = read64(address);
  const high = <u32>read16(address + 8);
  let value: u64 = 0;
  let unit: u64 = 1;
  for (let digit: u32 = 0; digit < 18; digit++) {
    value += (digit < 16 ? (low >> (digit * 4)) & 15 : (<u64>(high >> ((digit - 16) * 4))) & 15) * unit;
    unit *= 10;
  }
  const shift = <u32>clz<u64>(value);
  const signBit = high & 0x8000;
  if (value == 0) pushPattern(0, signBit);
  else pushPattern(value << shift, signBit | (16383 + 63 - shift));
}

/**
 * FLD1 FLDL2T FLDL2E FLDPI FLDLG2 FLDLN2 FLDZ: significand cut down, sign and exponent, and whether the exact value is
 * nearer to the next significand. Rounded as RC says (SDM vol. 1, 8.3.8).
 */
const CONSTANTS: StaticArray<u64> = StaticArray.fromArray<u64>([
  0x8000000000000000, 0x3fff, 2, 0xd49a784bcd1b8afe, 0x4000, 0, 0xb8aa3b295c17f0bb, 0x3fff, 1,
  0xc90fdaa22168c234, 0x4000, 1, 0x9a209a84fbcff798, 0x3ffd, 1, 0xb17217f7d1cf79ab, 0x3ffe, 1, 0, 0, 2,
]);

export function loadConstant(number: u32): void {
  const significand = unchecked(CONSTANTS[number * 3]);
  const nearer = <u32>unchecked(CONSTANTS[number * 3 + 2]);
  enter();
  const away = nearer < 2 && (rounding == UP || (rounding == TO_NEAREST && nearer == 1));
  pushPattern(significand + <u64>away, <u32>unchecked(CONSTANTS[number * 3 + 1]));
}

/** FXCH. An empty register is a NaN if IE is masked. */
export function exchangeRegisters(i: u32): void {
  enter();
  if (isEmpty(0) || isEmpty(i)) {
    stackUnderflow();
    if (!commit()) return;
    if (isEmpty(0)) setResult(0);
    if (isEmpty(i)) setResult(i);
  } else commit();
  const a = st(0);
  const b = st(i);
  const significand = load<u64>(a);
  const signExponent = load<u16>(a, 8);
  setRegister(0, load<u64>(b), load<u16>(b, 8));
  setRegister(i, significand, signExponent);
}

/** FST ST(i) and FSTP ST(i). */
export function storeRegister(i: u32, popping: bool): void {
  enter();
  if (isEmpty(0)) {
    stackUnderflow();
    if (!commit()) return;
    setResult(i);
  } else {
    commit();
    const at = st(0);
    setRegister(i, load<u64>(at), load<u16>(at, 8));
  }
  if (popping) pop();
}

/** FCMOVcc: `code` is that of Jcc. */
export function moveIf(code: u32, i: u32): void {
  enter();
  if (isEmpty(0) || isEmpty(i)) {
    stackUnderflow();
    if (commit()) setResult(0);
    return;
  }
  if (!condition(code)) return;
  const at = st(i);
  setRegister(0, load<u64>(at), load<u16>(at, 8));
}
