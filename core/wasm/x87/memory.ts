/** The forms with a memory operand: 8 × opcode + ModRM.reg names the instruction. */
import { faulted, raise } from '../fault';
import { FCW, FSW, VECTOR_UD } from '../layout';
import { write16 } from '../memory';
import { arithmeticWithMemory } from './arithmetic';
import { compareWithMemory } from './compare';
import {
  INTEGER16,
  INTEGER32,
  INTEGER64,
  REAL32,
  REAL64,
  loadDecimal,
  loadExtended,
  loadNumber,
  unpackMemory,
} from './load';
import { loadControlWord, loadEnvironment, restoreState, saveState, storeEnvironment } from './state';
import { storeDecimal, storeExtended, storeInteger, storeReal } from './store';

/** FLDENV FLDCW FNSTENV FNSTCW, FRSTOR FNSAVE FNSTSW: they leave the pointers to the last instruction alone. */
export function isControlMemory(escape: u32, field: u32): bool {
  return (escape == 1 || escape == 5) && field >= 4;
}

/** Formats of the arithmetic opcodes D8, DA, DC, DE. */
function arithmeticFormat(escape: u32): u32 {
  return escape == 0 ? REAL32 : escape == 2 ? INTEGER32 : escape == 4 ? REAL64 : INTEGER16;
}

function arithmetic(escape: u32, field: u32, address: u64): void {
  unpackMemory(address, arithmeticFormat(escape));
  if (faulted()) return;
  if ((field & 6) == 2) compareWithMemory(field == 3);
  else arithmeticWithMemory(field);
}

/** Executes `number` on the operand at `address`; `wide` chooses the 32-bit layouts of environments. */
export function executeMemory(number: u32, address: u64, wide: bool): void {
  const escape = number >> 3;
  const field = number & 7;
  if (!(escape & 1)) arithmetic(escape, field, address);
  else if (escape == 1) executeD9(field, address, wide);
  else if (escape == 3) executeDB(field, address);
  else if (escape == 5) executeDD(field, address, wide);
  else executeDF(field, address);
}

function executeD9(field: u32, address: u64, wide: bool): void {
  switch (field) {
    case 0:
      loadNumber(address, REAL32);
      break;
    case 2:
    case 3:
      storeReal(address, REAL32, field == 3);
      break;
    case 4:
      loadEnvironment(address, wide);
      break;
    case 5:
      loadControlWord(address);
      break;
    case 6:
      storeEnvironment(address, wide);
      break;
    case 7:
      write16(address, load<u16>(FCW));
      break;
    default:
      raise(VECTOR_UD, 0);
  }
}

function executeDB(field: u32, address: u64): void {
  switch (field) {
    case 0:
      loadNumber(address, INTEGER32);
      break;
    case 1:
    case 2:
    case 3:
      storeInteger(address, INTEGER32, field == 1, field != 2);
      break;
    case 5:
      loadExtended(address);
      break;
    case 7:
      storeExtended(address);
      break;
    default:
      raise(VECTOR_UD, 0);
  }
}

function executeDD(field: u32, address: u64, wide: bool): void {
  switch (field) {
    case 0:
      loadNumber(address, REAL64);
      break;
    case 1:
      storeInteger(address, INTEGER64, true, true);
      break;
    case 2:
    case 3:
      storeReal(address, REAL64, field == 3);
      break;
    case 4:
      restoreState(address, wide);
      break;
    case 6:
      saveState(address, wide);
      break;
    case 7:
      write16(address, load<u16>(FSW));
      break;
    default:
      raise(VECTOR_UD, 0);
  }
}

function executeDF(field: u32, address: u64): void {
  switch (field) {
    case 0:
      loadNumber(address, INTEGER16);
      break;
    case 1:
    case 2:
    case 3:
      storeInteger(address, INTEGER16, field == 1, field != 2);
      break;
    case 4:
      loadDecimal(address);
      break;
    case 5:
      loadNumber(address, INTEGER64);
      break;
    case 6:
      storeDecimal(address);
      break;
    default:
      storeInteger(address, INTEGER64, false, true);
  }
}
