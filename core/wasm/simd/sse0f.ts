/**
 * Executes MMX and SSE instructions of the 0F map, by prefix, after `simdTwin` (forms.ts). The order matters: the integer
 * instructions of which hashing and string functions are made are found first, by one jump table. The main loop has the
 * commonest of all inline (core/dispatch/vectors.ts): of the moves, what it leaves comes here.
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
  loadGeneral,
  loadHigh,
  loadLow,
  loadUnaligned,
  maskedStore,
  moveFromMmx,
  moveToMmx,
  storeAligned,
  storeGeneral,
  storeHigh,
  storeUnaligned,
} from './moves';
import { source128, xmmReg, xmmRm } from './operands';
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
      v128.store(xmmRm(p), v128.load64_zero(xmmReg(p)));
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
    default:
      halfMoves(p, opcode);
  }
}

// @ts-ignore: decorator
@inline
function noPrefix(p: u32, opcode: u32): void {
  switch (opcode) {
    case 0xae:
      saveOrRestore(p);
      break;
    case 0xc3: // MOVNTI
      storeGeneral(p, readReg(p));
      break;
    default:
      if (opcode < 0x60 || opcode == 0xc2 || opcode == 0xc6) halfMoves(p, opcode);
      else mmx(p);
  }
}

/** What is the same without a prefix and with 66: moves of halves; the rest is floating point. */
function halfMoves(p: u32, opcode: u32): void {
  switch (opcode) {
    case 0x12: // MOVLPS, MOVLPD, MOVHLPS
      loadLow(p);
      break;
    case 0x16: // MOVHPS, MOVHPD, MOVLHPS
      loadHigh(p);
      break;
    case 0x17:
      storeHigh(p);
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
      v128.store(xmmReg(p), v128.load64_zero(xmmRm(p)));
      break;
    case 0x10: // MOVSS
      store<u32>(xmmReg(p), load<u32>(xmmRm(p)));
      break;
    case 0x11:
      store<u32>(xmmRm(p), load<u32>(xmmReg(p)));
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
      store<u64>(xmmReg(p), load<u64>(xmmRm(p)));
      break;
    case 0x11:
      store<u64>(xmmRm(p), load<u64>(xmmReg(p)));
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
    default:
      float0f(p, opcode);
  }
}
