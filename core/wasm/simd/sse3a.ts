/** Executes MMX and SSE instructions of the 0F 3A map. */
import { faulted } from '../fault';
import { FPR } from '../layout';
import { SIZE_64, imm8Of, prefixOf, regOf, sizeOf, subOf } from '../record';
import { dotDoubles, dotSingles } from './arithmetic';
import { roundDouble, roundDoubles, roundSingle, roundSingles } from './conversions';
import { join64, low64, mmxBlocked, mmxSource, setMmx, source128, xmmReg } from './operands';
import { multipleSums } from './packed38';
import { align, shiftBytesRight } from './shifts';
import {
  blend,
  extractByte,
  extractDoubleword,
  extractQuadword,
  extractWord,
  insertByte,
  insertGeneral,
  insertSingle,
} from './shuffles';
import { compareStrings } from './strings';

export function sse3a(p: u32): void {
  switch (subOf(p)) {
    case 0x08:
      roundSingles(p);
      break;
    case 0x09:
      roundDoubles(p);
      break;
    case 0x0a:
      roundSingle(p);
      break;
    case 0x0b:
      roundDouble(p);
      break;
    case 0x14:
      extractByte(p);
      break;
    case 0x15:
      extractWord(p);
      break;
    case 0x16:
      if (sizeOf(p) == SIZE_64) extractQuadword(p);
      else extractDoubleword(p);
      break;
    case 0x17: // EXTRACTPS
      extractDoubleword(p);
      break;
    case 0x20:
      insertByte(p);
      break;
    case 0x21:
      insertSingle(p);
      break;
    case 0x22:
      insertGeneral(p);
      break;
    case 0x40:
      dotSingles(p, imm8Of(p));
      break;
    case 0x41:
      dotDoubles(p, imm8Of(p));
      break;
    case 0x60: // PCMPESTRM
      compareStrings(p, true, false);
      break;
    case 0x61: // PCMPESTRI
      compareStrings(p, true, true);
      break;
    case 0x62: // PCMPISTRM
      compareStrings(p, false, false);
      break;
    case 0x63: // PCMPISTRI
      compareStrings(p, false, true);
      break;
    default:
      if (prefixOf(p) == 0) alignMmx(p);
      else combine(p);
  }
}

/** PALIGNR mm. */
function alignMmx(p: u32): void {
  if (mmxBlocked()) return;
  const low = mmxSource(p);
  if (faulted()) return;
  setMmx(regOf(p), low64(shiftBytesRight(join64(low, load<u64>(FPR + regOf(p))), imm8Of(p))));
}

/** BLENDPS, BLENDPD, PBLENDW, PALIGNR, MPSADBW. */
function combine(p: u32): void {
  const b = source128(p);
  if (faulted()) return;
  const a = v128.load(xmmReg(p));
  const opcode = subOf(p);
  const control = imm8Of(p);
  let result: v128;
  if (opcode == 0x0f) result = align(a, b, control);
  else if (opcode == 0x42) result = multipleSums(a, b, control);
  else result = blend(opcode, a, b, control);
  v128.store(xmmReg(p), result);
}
