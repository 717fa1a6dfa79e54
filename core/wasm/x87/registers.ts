/** The forms on registers alone: opcode and ModRM byte. */
import { raise } from '../fault';
import { FSW, RAX, REGS, VECTOR_UD } from '../layout';
import { arcTangent } from './arctangent';
import { arithmeticWithRegister, changeSign, roundToIntegral, squareRoot } from './arithmetic';
import { compareToFlags, compareWithRegister, compareWithZero, examine } from './compare';
import { exchangeRegisters, loadConstant, loadRegister, moveIf, storeRegister } from './load';
import { logarithm, logarithmOfSum } from './logarithm';
import { power } from './power';
import { extract, remainder, scale } from './scale';
import { cosine, sine, sineAndCosine, tangent } from './sine';
import { markEmpty, pop, setTop, top } from './stack';
import { clearExceptions, initialize } from './state';
import { clearC1 } from './status';

/** Conditions of FCMOVB E BE U, as in Jcc. */
const CONDITIONS: StaticArray<u32> = StaticArray.fromArray<u32>([2, 4, 6, 10]);

function undefinedOpcode(): void {
  raise(VECTOR_UD, 0);
}

/** Executes opcode D8 + `escape` with a register form of `modrm`. */
export function executeRegister(escape: u32, modrm: u32): void {
  const field = (modrm >> 3) & 7;
  const i = modrm & 7;
  switch (escape) {
    case 0:
      if ((field & 6) == 2) compareWithRegister(i, false, field & 1);
      else arithmeticWithRegister(field, i, 0, false);
      break;
    case 1:
      executeD9(field, i);
      break;
    case 2:
      if (field < 4) moveIf(unchecked(CONDITIONS[field]), i);
      else if (modrm == 0xe9) compareWithRegister(1, true, 2);
      else undefinedOpcode();
      break;
    case 3:
      executeDB(field, i);
      break;
    case 4:
      if ((field & 6) == 2) compareWithRegister(i, false, field & 1);
      else arithmeticWithRegister(field, i, i, false);
      break;
    case 5:
      executeDD(field, i);
      break;
    case 6:
      if (field == 2) compareWithRegister(i, false, 1);
      else if (field != 3) arithmeticWithRegister(field, i, i, true);
      else if (i == 1) compareWithRegister(1, false, 2);
      else undefinedOpcode();
      break;
    default:
      executeDF(field, i);
  }
}

function executeD9(field: u32, i: u32): void {
  switch (field) {
    case 0:
      loadRegister(i);
      break;
    case 1:
      exchangeRegisters(i);
      break;
    case 2:
      if (i != 0) undefinedOpcode();
      break;
    case 3:
      storeRegister(i, true);
      break;
    case 4:
      executeSign(i);
      break;
    case 5:
      if (i < 7) loadConstant(i);
      else undefinedOpcode();
      break;
    case 6:
      executeF0(i);
      break;
    default:
      executeF8(i);
  }
}

/** FCHS FABS FTST FXAM. */
function executeSign(i: u32): void {
  if (i < 2) changeSign(i == 1);
  else if (i == 4) compareWithZero();
  else if (i == 5) examine();
  else undefinedOpcode();
}

/** F2XM1 FYL2X FPTAN FPATAN FXTRACT FPREM1 FDECSTP FINCSTP. */
function executeF0(i: u32): void {
  switch (i) {
    case 0:
      power();
      break;
    case 1:
      logarithm();
      break;
    case 2:
      tangent();
      break;
    case 3:
      arcTangent();
      break;
    case 4:
      extract();
      break;
    case 5:
      remainder(true);
      break;
    default:
      setTop(i == 6 ? top() - 1 : top() + 1);
      clearC1();
  }
}

/** FPREM FYL2XP1 FSQRT FSINCOS FRNDINT FSCALE FSIN FCOS. */
function executeF8(i: u32): void {
  switch (i) {
    case 0:
      remainder(false);
      break;
    case 1:
      logarithmOfSum();
      break;
    case 2:
      squareRoot();
      break;
    case 3:
      sineAndCosine();
      break;
    case 4:
      roundToIntegral();
      break;
    case 5:
      scale();
      break;
    case 6:
      sine();
      break;
    default:
      cosine();
  }
}

/** FCMOVNB NE NBE NU, FNCLEX FNINIT (and FENI FDISI FSETPM, which do nothing), FUCOMI, FCOMI. */
function executeDB(field: u32, i: u32): void {
  if (field < 4) moveIf(unchecked(CONDITIONS[field]) | 1, i);
  else if (field == 4) {
    if (i == 2) clearExceptions();
    else if (i == 3) initialize();
    else if (i > 4) undefinedOpcode();
  } else if (field == 7) undefinedOpcode();
  else compareToFlags(i, field == 5, false);
}

function free(i: u32): void {
  markEmpty(i);
  clearC1();
}

/** FFREE, FXCH, FST(P), FUCOM(P). */
function executeDD(field: u32, i: u32): void {
  if (field == 0) free(i);
  else if (field == 1) exchangeRegisters(i);
  else if (field < 4) storeRegister(i, field == 3);
  else if (field < 6) compareWithRegister(i, true, field & 1);
  else undefinedOpcode();
}

/** FFREEP, FXCH, FSTP, FNSTSW AX, FUCOMIP, FCOMIP. */
function executeDF(field: u32, i: u32): void {
  if (field == 0) {
    free(i);
    pop();
  } else if (field == 1) exchangeRegisters(i);
  else if (field < 4) storeRegister(i, true);
  else if (field == 4) {
    if (i == 0) store<u16>(REGS + RAX * 8, load<u16>(FSW));
    else undefinedOpcode();
  } else if (field == 7) undefinedOpcode();
  else compareToFlags(i, field == 5, true);
}
