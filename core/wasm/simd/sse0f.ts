/**
 * Executes MMX and SSE instructions of the 0F map, by prefix. The order matters: what memcpy, strlen, memset and hashing
 * are made of is found first, and the dense switches become jump tables.
 */
import { faulted } from '../fault';
import { readReg } from '../operands';
import { prefixOf, subOf } from '../record';
import { float0f } from './float0f';
import { mmx } from './mmx';
import {
  duplicateDouble,
  duplicateSingles,
  loadAligned,
  loadDouble,
  loadGeneral,
  loadHigh,
  loadLow,
  loadQuadword,
  loadSingle,
  loadUnaligned,
  maskedStore,
  moveFromMmx,
  moveToMmx,
  storeAligned,
  storeGeneral,
  storeHalf,
  storeQuadword,
  storeSingle,
  storeUnaligned,
} from './moves';
import { setGeneral, source128, xmmReg, xmmRm } from './operands';
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

/** One bit for each opcode: 66 0F is `packed` of two XMM operands. */
const PACKED: StaticArray<u32> = [0, 0, 0, 0x00703fff, 0, 0, 0xff3e0000, 0x7f7eff3f];

export function sse0f(p: u32): void {
  const opcode = subOf(p);
  const prefix = prefixOf(p);
  if (prefix == 3) {
    if (isPacked(opcode)) operate(p, opcode);
    else prefix66(p, opcode);
  } else if (prefix == 0) noPrefix(p, opcode);
  else if (prefix == 1) prefixF3(p, opcode);
  else prefixF2(p, opcode);
}

// @ts-ignore: decorator
@inline
function isPacked(opcode: u32): bool {
  return ((load<u32>(changetype<u32>(PACKED) + ((opcode >> 5) << 2)) >> (opcode & 31)) & 1) != 0;
}

// @ts-ignore: decorator
@inline
function operate(p: u32, opcode: u32): void {
  const b = source128(p);
  if (!faulted()) v128.store(xmmReg(p), packed(opcode, v128.load(xmmReg(p)), b));
}

/** Instructions of another opcode that do the same; not worth a copy of `operate` each. */
function operateAs(p: u32, opcode: u32): void {
  operate(p, opcode);
}

// @ts-ignore: decorator
@inline
function prefix66(p: u32, opcode: u32): void {
  switch (opcode) {
    case 0x6f: // MOVDQA
      loadAligned(p);
      break;
    case 0x7f:
      storeAligned(p);
      break;
    case 0xd7: // PMOVMSKB
      setGeneral(p, <u32>i8x16.bitmask(v128.load(xmmRm(p))));
      break;
    case 0x70: // PSHUFD
      shuffleDoublewords(p);
      break;
    case 0x6e: // MOVD, MOVQ
      loadGeneral(p);
      break;
    case 0x7e:
      storeGeneral(p, load<u64>(xmmReg(p)));
      break;
    case 0xd6: // MOVQ
      storeQuadword(p);
      break;
    case 0xe7: // MOVNTDQ
      storeAligned(p);
      break;
    case 0x71:
    case 0x72:
    case 0x73:
      shiftImmediate(p);
      break;
    case 0xc4:
      insertWord(p);
      break;
    case 0xc5:
      extractWordToReg(p);
      break;
    case 0xf7:
      maskedStore(p);
      break;
    case 0x14: // UNPCKLPD
      operateAs(p, 0x6c);
      break;
    case 0x15: // UNPCKHPD
      operateAs(p, 0x6d);
      break;
    default:
      commonMoves(p, opcode);
  }
}

// @ts-ignore: decorator
@inline
function noPrefix(p: u32, opcode: u32): void {
  switch (opcode) {
    case 0x12: // MOVLPS, MOVHLPS
      loadLow(p);
      break;
    case 0x14: // UNPCKLPS
      operateAs(p, 0x62);
      break;
    case 0x15: // UNPCKHPS
      operateAs(p, 0x6a);
      break;
    case 0xae:
      saveOrRestore(p);
      break;
    case 0xc3: // MOVNTI
      storeGeneral(p, readReg(p));
      break;
    default:
      if (opcode < 0x60 || opcode == 0xc2 || opcode == 0xc6) commonMoves(p, opcode);
      else mmx(p);
  }
}

/** What is the same without a prefix and with 66: the types of the elements do not matter. */
function commonMoves(p: u32, opcode: u32): void {
  switch (opcode) {
    case 0x10: // MOVUPS, MOVUPD
      loadUnaligned(p);
      break;
    case 0x11:
      storeUnaligned(p);
      break;
    case 0x12: // MOVLPD
      loadLow(p);
      break;
    case 0x13: // MOVLPS, MOVLPD
      storeHalf(p, 0);
      break;
    case 0x16: // MOVHPS, MOVHPD, MOVLHPS
      loadHigh(p);
      break;
    case 0x17:
      storeHalf(p, 8);
      break;
    case 0x28: // MOVAPS, MOVAPD
      loadAligned(p);
      break;
    case 0x29:
    case 0x2b: // MOVNTPS, MOVNTPD
      storeAligned(p);
      break;
    case 0x54: // ANDPS, ANDPD
      operateAs(p, 0xdb);
      break;
    case 0x55: // ANDNPS, ANDNPD
      operateAs(p, 0xdf);
      break;
    case 0x56: // ORPS, ORPD
      operateAs(p, 0xeb);
      break;
    case 0x57: // XORPS, XORPD
      operateAs(p, 0xef);
      break;
    default:
      float0f(p, opcode);
  }
}

// @ts-ignore: decorator
@inline
function prefixF3(p: u32, opcode: u32): void {
  switch (opcode) {
    case 0x6f: // MOVDQU
      loadUnaligned(p);
      break;
    case 0x7f:
      storeUnaligned(p);
      break;
    case 0x7e: // MOVQ
      loadQuadword(p);
      break;
    case 0x10: // MOVSS
      loadSingle(p);
      break;
    case 0x11:
      storeSingle(p);
      break;
    case 0x12: // MOVSLDUP
      duplicateSingles(p, false);
      break;
    case 0x16: // MOVSHDUP
      duplicateSingles(p, true);
      break;
    case 0x70:
      shuffleHighWords(p);
      break;
    case 0xd6: // MOVQ2DQ
      moveFromMmx(p);
      break;
    default:
      float0f(p, opcode);
  }
}

function prefixF2(p: u32, opcode: u32): void {
  switch (opcode) {
    case 0x10: // MOVSD
      loadDouble(p);
      break;
    case 0x11:
      storeHalf(p, 0);
      break;
    case 0x12: // MOVDDUP
      duplicateDouble(p);
      break;
    case 0x70:
      shuffleLowWords(p);
      break;
    case 0xd6: // MOVDQ2Q
      moveToMmx(p);
      break;
    case 0xf0: // LDDQU
      loadUnaligned(p);
      break;
    default:
      float0f(p, opcode);
  }
}
