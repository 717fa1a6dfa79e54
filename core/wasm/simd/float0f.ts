/** Executes the floating-point instructions of the 0F map. */
import { imm8Of, prefixOf, rmOf } from '../record';
import { XMM } from '../layout';
import {
  COMPARE,
  alternateDoubles,
  alternateSingles,
  horizontalDoubles,
  horizontalSingles,
  packedDoubles,
  packedSingles,
  scalarDouble,
  scalarSingle,
} from './arithmetic';
import {
  compareDouble,
  compareSingle,
  doubleToGeneral,
  doubleToSingle,
  doublesToIntegers,
  doublesToMmx,
  doublesToSingles,
  generalToDouble,
  generalToSingle,
  integersToDoubles,
  integersToSingles,
  mmxToDoubles,
  mmxToSingles,
  singleToDouble,
  singleToGeneral,
  singlesToDoubles,
  singlesToIntegers,
  singlesToMmx,
} from './conversions';
import { setGeneral } from './operands';
import { reciprocalSingle, reciprocalSingles } from './reciprocals';
import { shuffleDoubles, shuffleSingles } from './shuffles';

/** What prefixOf says of the elements. */
const PACKED_SINGLE: u32 = 0;
const SCALAR_SINGLE: u32 = 1;
const SCALAR_DOUBLE: u32 = 2;

export function float0f(p: u32, opcode: u32): void {
  const type = prefixOf(p);
  switch (opcode) {
    case 0x2a:
      fromIntegers(p, type);
      break;
    case 0x2c:
      toIntegers(p, type, true);
      break;
    case 0x2d:
      toIntegers(p, type, false);
      break;
    case 0x2e: // UCOMISS, UCOMISD
    case 0x2f: // COMISS, COMISD
      if (type == PACKED_SINGLE) compareSingle(p, opcode == 0x2f);
      else compareDouble(p, opcode == 0x2f);
      break;
    case 0x50:
      moveMask(p, type);
      break;
    case 0x52:
    case 0x53:
      if (type == PACKED_SINGLE) reciprocalSingles(p, opcode == 0x52);
      else reciprocalSingle(p, opcode == 0x52);
      break;
    case 0x5a:
      betweenFormats(p, type);
      break;
    case 0x5b: // CVTDQ2PS, CVTTPS2DQ, CVTPS2DQ
      if (type == PACKED_SINGLE) integersToSingles(p);
      else singlesToIntegers(p, type == SCALAR_SINGLE);
      break;
    case 0x7c: // HADDPS, HADDPD, HSUBPS, HSUBPD
    case 0x7d:
      if (type == SCALAR_DOUBLE) horizontalSingles(p, opcode == 0x7c ? 0x58 : 0x5c);
      else horizontalDoubles(p, opcode == 0x7c ? 0x58 : 0x5c);
      break;
    case 0xc2:
      operate(p, type, COMPARE + (imm8Of(p) & 7));
      break;
    case 0xc6:
      if (type == PACKED_SINGLE) shuffleSingles(p);
      else shuffleDoubles(p);
      break;
    case 0xd0: // ADDSUBPS, ADDSUBPD
      if (type == SCALAR_DOUBLE) alternateSingles(p);
      else alternateDoubles(p);
      break;
    case 0xe6: // CVTDQ2PD, CVTPD2DQ, CVTTPD2DQ
      if (type == SCALAR_SINGLE) integersToDoubles(p);
      else doublesToIntegers(p, type != SCALAR_DOUBLE);
      break;
    default:
      operate(p, type, opcode);
  }
}

/** Two operands of one type. */
function operate(p: u32, type: u32, operation: u32): void {
  if (type == SCALAR_DOUBLE) scalarDouble(p, operation);
  else if (type == SCALAR_SINGLE) scalarSingle(p, operation);
  else if (type == PACKED_SINGLE) packedSingles(p, operation);
  else packedDoubles(p, operation);
}

/** CVTSI2SS, CVTSI2SD, CVTPI2PS, CVTPI2PD. */
function fromIntegers(p: u32, type: u32): void {
  if (type == SCALAR_DOUBLE) generalToDouble(p);
  else if (type == SCALAR_SINGLE) generalToSingle(p);
  else if (type == PACKED_SINGLE) mmxToSingles(p);
  else mmxToDoubles(p);
}

/** CVT(T)SS2SI, CVT(T)SD2SI, CVT(T)PS2PI, CVT(T)PD2PI. */
function toIntegers(p: u32, type: u32, truncate: bool): void {
  if (type == SCALAR_DOUBLE) doubleToGeneral(p, truncate);
  else if (type == SCALAR_SINGLE) singleToGeneral(p, truncate);
  else if (type == PACKED_SINGLE) singlesToMmx(p, truncate);
  else doublesToMmx(p, truncate);
}

/** CVTPS2PD, CVTSS2SD, CVTSD2SS, CVTPD2PS. */
function betweenFormats(p: u32, type: u32): void {
  if (type == SCALAR_DOUBLE) doubleToSingle(p);
  else if (type == SCALAR_SINGLE) singleToDouble(p);
  else if (type == PACKED_SINGLE) singlesToDoubles(p);
  else doublesToSingles(p);
}

/** MOVMSKPS, MOVMSKPD. */
function moveMask(p: u32, type: u32): void {
  const value = v128.load(XMM + rmOf(p));
  setGeneral(p, <u32>(type == PACKED_SINGLE ? i32x4.bitmask(value) : i64x2.bitmask(value)));
}
