/** Instructions of the 0F map on MMX registers. All but EMMS leave TOP 0 and every x87 register in use. */
import { faulted } from '../fault';
import { FPR, FSW, FTW } from '../layout';
import { read32, write64 } from '../memory';
import { addressOf, isMemory, regOf, rmOf, subOf } from '../record';
import { maskedStoreMmx, sourceGeneral, storeGeneral } from './moves';
import { enterMmx, mmxBlocked, mmxSource, setGeneral, setMmx } from './operands';
import { packedMmx } from './packed';
import { shiftImmediateMmx } from './shifts';
import { extractWordMmx, insertWordMmx, shuffleWordsMmx } from './shuffles';

export function mmx(p: u32): void {
  switch (subOf(p)) {
    case 0x6e: // MOVD, MOVQ mm, r/m
      loadGeneral(p);
      break;
    case 0x6f: // MOVQ mm, mm/m64
      loadQuadword(p);
      break;
    case 0x70:
      shuffleWordsMmx(p);
      break;
    case 0x71:
    case 0x72:
    case 0x73:
      shiftImmediateMmx(p);
      break;
    case 0x77:
      emms();
      break;
    case 0x7e: // MOVD, MOVQ r/m, mm
      storeFrom(p, false);
      break;
    case 0x7f: // MOVQ mm/m64, mm
    case 0xe7: // MOVNTQ
      storeFrom(p, true);
      break;
    case 0xc4:
      insertWordMmx(p);
      break;
    case 0xc5:
      extractWordMmx(p);
      break;
    case 0xd7:
      moveMaskMmx(p);
      break;
    case 0xf7:
      maskedStoreMmx(p);
      break;
    default:
      operate(p);
  }
}

/** Two operands: mm and mm/m64; PUNPCKL reads only 4 bytes of memory. */
function operate(p: u32): void {
  if (mmxBlocked()) return;
  const opcode = subOf(p);
  const b = opcode < 0x63 && isMemory(p) ? <u64>read32(addressOf(p)) : mmxSource(p);
  if (faulted()) return;
  setMmx(regOf(p), packedMmx(opcode, load<u64>(FPR + regOf(p)), b));
}

function loadGeneral(p: u32): void {
  if (mmxBlocked()) return;
  const value = sourceGeneral(p);
  if (!faulted()) setMmx(regOf(p), value);
}

function loadQuadword(p: u32): void {
  if (mmxBlocked()) return;
  const value = mmxSource(p);
  if (!faulted()) setMmx(regOf(p), value);
}

/** To rm: a general register or memory, or (`quadword`) an MMX register or 8 bytes of memory. */
function storeFrom(p: u32, quadword: bool): void {
  if (mmxBlocked()) return;
  const value = load<u64>(FPR + regOf(p));
  if (!quadword) storeGeneral(p, value);
  else if (isMemory(p)) write64(addressOf(p), value);
  else setMmx(rmOf(p), value);
  if (!faulted()) enterMmx();
}

function moveMaskMmx(p: u32): void {
  if (mmxBlocked()) return;
  enterMmx();
  setGeneral(p, <u32>i8x16.bitmask(v128.load64_zero(FPR + rmOf(p))));
}

/** Empties the x87 registers: TOP 0 (as processors do), no register in use. */
function emms(): void {
  if (mmxBlocked()) return;
  store<u16>(FSW, load<u16>(FSW) & ~0x3800);
  store<u8>(FTW, 0);
}
