/** FADD FMUL FSUB FSUBR FDIV FDIVR with all their operands, and FSQRT FRNDINT FCHS FABS. */
import {
  aKind,
  addOperands,
  divideOperands,
  exchange,
  multiplyOperands,
  rootOperand,
  setSecond,
} from '../float/arithmetic';
import { deliverIntegral } from '../float/integer';
import { DENORMAL } from '../float/pack';
import { DE, signalBefore } from '../float/status';
import { deliverNanOfBoth, deliverNanOfFirst } from './nan';
import { isEmpty, pop, setRegister, setResult, st, stackUnderflow, takeFirst, takeSecond } from './stack';
import { commit, controlPrecision, enter } from './status';

/** Operations by their number in the opcode; 2 and 3 are comparisons. */
const MULTIPLY: u32 = 1;
const SUBTRACT: u32 = 4;
const SUBTRACT_REVERSED: u32 = 5;
const DIVIDE: u32 = 6;
const DIVIDE_REVERSED: u32 = 7;

/** Computes ST(0) `operation` the second operand. */
function compute(operation: u32): void {
  controlPrecision();
  if (operation == SUBTRACT_REVERSED || operation == DIVIDE_REVERSED) exchange();
  if (deliverNanOfBoth()) return;
  if (operation == MULTIPLY) multiplyOperands();
  else if (operation >= DIVIDE) divideOperands();
  else addOperands(<u32>(operation >= SUBTRACT));
}

/** ST(0) op= the value taken apart last (float/pack.ts), which came from memory. */
export function arithmeticWithMemory(operation: u32): void {
  setSecond();
  if (isEmpty(0)) stackUnderflow();
  else {
    takeFirst(0);
    compute(operation);
  }
  if (commit()) setResult(0);
}

/** ST(0) and ST(i); the result goes to ST(`destination`), then perhaps a pop. */
export function arithmeticWithRegister(operation: u32, i: u32, destination: u32, popping: bool): void {
  enter();
  if (isEmpty(0) || isEmpty(i)) stackUnderflow();
  else {
    takeFirst(0);
    takeSecond(i);
    compute(operation);
  }
  if (!commit()) return;
  setResult(destination);
  if (popping) pop();
}

/** FSQRT. */
export function squareRoot(): void {
  enter();
  controlPrecision();
  if (isEmpty(0)) stackUnderflow();
  else {
    takeFirst(0);
    if (!deliverNanOfFirst()) rootOperand();
  }
  if (commit()) setResult(0);
}

/** FRNDINT. */
export function roundToIntegral(): void {
  enter();
  if (isEmpty(0)) stackUnderflow();
  else {
    takeFirst(0);
    if (aKind == DENORMAL) signalBefore(DE);
    if (!deliverNanOfFirst()) deliverIntegral(true);
  }
  if (commit()) setResult(0);
}

/** FCHS and FABS: the sign alone, whatever the value. */
export function changeSign(absolute: bool): void {
  enter();
  if (isEmpty(0)) {
    stackUnderflow();
    if (commit()) setResult(0);
    return;
  }
  commit();
  const at = st(0);
  const signExponent = <u32>load<u16>(at, 8);
  setRegister(0, load<u64>(at), absolute ? signExponent & 0x7fff : signExponent ^ 0x8000);
}
