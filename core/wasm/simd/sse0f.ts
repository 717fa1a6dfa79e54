/**
 * Executes MMX and SSE instructions of the 0F map. The switch is on prefix and opcode: the moves and the integer
 * instructions that memcpy, strlen, memset and hashing are made of have a case of their own.
 */
import { faulted } from '../fault';
import { readReg } from '../operands';
import { addressOf, isMemory, prefixOf, subOf } from '../record';
import { float0f } from './float0f';
import { mmx } from './mmx';
import {
  duplicateDouble,
  duplicateSingles,
  loadDouble,
  loadGeneral,
  loadHigh,
  loadLow,
  loadQuadword,
  loadSingle,
  maskedStore,
  moveFromMmx,
  moveToMmx,
  storeAround,
  storeGeneral,
  storeHalf,
  storeQuadword,
  storeSingle,
} from './moves';
import { read128, setGeneral, source128, write128, writeAligned, xmmReg, xmmRm } from './operands';
import { packed } from './packed';
import { shiftImmediate } from './shifts';
import {
  extractWordToReg,
  insertWord,
  shuffleDoublewords,
  shuffleHighWords,
  shuffleLowWords,
} from './shuffles';
import { saveOrRestore } from './state';

// @ts-ignore: decorator
@inline
function destination(p: u32): v128 {
  return v128.load(xmmReg(p));
}

export function sse0f(p: u32): void {
  const opcode = subOf(p);
  let result: v128;
  switch ((prefixOf(p) << 8) | opcode) {
    case 0x010: // MOVUPS
    case 0x310: // MOVUPD
    case 0x16f: // MOVDQU
    case 0x2f0: // LDDQU
      result = isMemory(p) ? read128(addressOf(p)) : v128.load(xmmRm(p));
      break;
    case 0x028: // MOVAPS
    case 0x328: // MOVAPD
    case 0x36f: // MOVDQA
      result = source128(p);
      break;
    case 0x011: // MOVUPS
    case 0x311: // MOVUPD
    case 0x17f: // MOVDQU
      if (isMemory(p)) write128(addressOf(p), destination(p));
      else v128.store(xmmRm(p), destination(p));
      return;
    case 0x029: // MOVAPS
    case 0x329: // MOVAPD
    case 0x37f: // MOVDQA
      if (isMemory(p)) writeAligned(addressOf(p), destination(p));
      else v128.store(xmmRm(p), destination(p));
      return;
    case 0x110: // MOVSS
      loadSingle(p);
      return;
    case 0x111:
      storeSingle(p);
      return;
    case 0x210: // MOVSD
      loadDouble(p);
      return;
    case 0x211:
      storeHalf(p, 0);
      return;
    case 0x012: // MOVLPS, MOVHLPS
    case 0x312: // MOVLPD
      loadLow(p);
      return;
    case 0x013: // MOVLPS
    case 0x313: // MOVLPD
      storeHalf(p, 0);
      return;
    case 0x016: // MOVHPS, MOVLHPS
    case 0x316: // MOVHPD
      loadHigh(p);
      return;
    case 0x017: // MOVHPS
    case 0x317: // MOVHPD
      storeHalf(p, 8);
      return;
    case 0x36e: // MOVD, MOVQ
      loadGeneral(p);
      return;
    case 0x37e:
      storeGeneral(p, load<u64>(xmmReg(p)));
      return;
    case 0x17e: // MOVQ
      loadQuadword(p);
      return;
    case 0x3d6:
      storeQuadword(p);
      return;
    case 0x02b: // MOVNTPS
    case 0x32b: // MOVNTPD
    case 0x3e7: // MOVNTDQ
      storeAround(p);
      return;
    case 0x3d7: // PMOVMSKB
      setGeneral(p, <u32>i8x16.bitmask(v128.load(xmmRm(p))));
      return;
    case 0x370: // PSHUFD
      shuffleDoublewords(p);
      return;
    case 0x3ef: // PXOR
    case 0x057: // XORPS
    case 0x357: // XORPD
      result = v128.xor(destination(p), source128(p));
      break;
    case 0x3db: // PAND
    case 0x054: // ANDPS
    case 0x354: // ANDPD
      result = v128.and(destination(p), source128(p));
      break;
    case 0x3df: // PANDN
    case 0x055: // ANDNPS
    case 0x355: // ANDNPD
      result = v128.andnot(source128(p), destination(p));
      break;
    case 0x3eb: // POR
    case 0x056: // ORPS
    case 0x356: // ORPD
      result = v128.or(destination(p), source128(p));
      break;
    case 0x374: // PCMPEQB
      result = i8x16.eq(destination(p), source128(p));
      break;
    case 0x376: // PCMPEQD
      result = i32x4.eq(destination(p), source128(p));
      break;
    case 0x3da: // PMINUB
      result = i8x16.min_u(destination(p), source128(p));
      break;
    case 0x3f8: // PSUBB
      result = i8x16.sub(destination(p), source128(p));
      break;
    case 0x3fa: // PSUBD
      result = i32x4.sub(destination(p), source128(p));
      break;
    case 0x3d4: // PADDQ
      result = i64x2.add(destination(p), source128(p));
      break;
    case 0x3fc: // PADDB
      result = i8x16.add(destination(p), source128(p));
      break;
    case 0x3fe: // PADDD
      result = i32x4.add(destination(p), source128(p));
      break;
    case 0x362: // PUNPCKLDQ
    case 0x014: // UNPCKLPS
      result = i32x4.shuffle(destination(p), source128(p), 0, 4, 1, 5);
      break;
    case 0x36c: // PUNPCKLQDQ
    case 0x314: // UNPCKLPD
      result = i64x2.shuffle(destination(p), source128(p), 0, 2);
      break;
    case 0x36d: // PUNPCKHQDQ
    case 0x315: // UNPCKHPD
      result = i64x2.shuffle(destination(p), source128(p), 1, 3);
      break;
    case 0x015: // UNPCKHPS
      result = i32x4.shuffle(destination(p), source128(p), 2, 6, 3, 7);
      break;
    case 0x112:
      duplicateSingles(p, false);
      return;
    case 0x116:
      duplicateSingles(p, true);
      return;
    case 0x212:
      duplicateDouble(p);
      return;
    case 0x170:
      shuffleHighWords(p);
      return;
    case 0x270:
      shuffleLowWords(p);
      return;
    case 0x371:
    case 0x372:
    case 0x373:
      shiftImmediate(p);
      return;
    case 0x0ae:
      saveOrRestore(p);
      return;
    case 0x0c3: // MOVNTI
      storeGeneral(p, readReg(p));
      return;
    case 0x3c4:
      insertWord(p);
      return;
    case 0x3c5:
      extractWordToReg(p);
      return;
    case 0x1d6:
      moveFromMmx(p);
      return;
    case 0x2d6:
      moveToMmx(p);
      return;
    case 0x3f7:
      maskedStore(p);
      return;
    default:
      rest(p, opcode);
      return;
  }
  if (!faulted()) v128.store(xmmReg(p), result);
}

/** Floating point, MMX, and the integer instructions without a case of their own. */
function rest(p: u32, opcode: u32): void {
  const isFloat = opcode < 0x60 || (opcode & 0xfe) == 0x7c || (opcode & 0xfb) == 0xc2;
  if (isFloat || opcode == 0xd0 || opcode == 0xe6) {
    float0f(p, opcode);
  } else if (prefixOf(p) == 0) {
    mmx(p);
  } else {
    const b = source128(p);
    if (!faulted()) v128.store(xmmReg(p), packed(opcode, v128.load(xmmReg(p)), b));
  }
}
