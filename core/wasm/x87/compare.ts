/** FCOM FUCOM FICOM FTST and their kin, F(U)COMI(P), FXAM. */
import {
  aExponent,
  aKind,
  aSign,
  aSignificand,
  bExponent,
  bKind,
  bSign,
  bSignificand,
  setSecond,
} from '../float/arithmetic';
import {
  DENORMAL,
  FINITE,
  INFINITE,
  QUIET,
  UNSUPPORTED,
  ZERO,
  kind,
  sign,
  unpackInteger,
} from '../float/pack';
import { DE, IE, signalBefore } from '../float/status';
import { writeStatusFlags } from '../flags';
import { CF, PF, ZF } from '../layout';
import { isEmpty, pop, stackUnderflow, takeFirst, takeSecond, unpackRegister } from './stack';
import { C0, C1, C2, C3, commit, commitKeepingC1, enter, setComparison, setConditions } from './status';

const GREATER: u32 = 0;
const LESS: u32 = C0;
const EQUAL: u32 = C3;
const UNORDERED: u32 = C0 | C2 | C3;

/** The relation of both operands, as C0, C2, C3. A quiet NaN is IE unless `quiet`. */
function relate(quiet: bool): u32 {
  if (aKind >= QUIET || bKind >= QUIET) {
    if (!quiet || aKind > QUIET || bKind > QUIET) signalBefore(IE);
    return UNORDERED;
  }
  if (aKind == DENORMAL || bKind == DENORMAL) signalBefore(DE);
  if (aKind == ZERO && bKind == ZERO) return EQUAL;
  const magnitude = compareMagnitudes();
  if (aKind == ZERO) return bSign ? GREATER : LESS;
  if (bKind == ZERO || aSign != bSign) return aSign ? LESS : GREATER;
  if (magnitude == 0) return EQUAL;
  return magnitude < 0 == <bool>aSign ? GREATER : LESS;
}

function compareMagnitudes(): i32 {
  const infiniteA = <i32>(aKind == INFINITE);
  const infiniteB = <i32>(bKind == INFINITE);
  if (infiniteA | infiniteB) return infiniteA - infiniteB;
  if (aExponent != bExponent) return aExponent < bExponent ? -1 : 1;
  return <i32>(aSignificand > bSignificand) - <i32>(aSignificand < bSignificand);
}

function compareSecond(quiet: bool): bool {
  let relation = UNORDERED;
  if (isEmpty(0)) stackUnderflow();
  else {
    takeFirst(0);
    relation = relate(quiet);
  }
  setComparison(relation);
  return commit();
}

/** ST(0) with the value taken apart last, which came from memory. */
export function compareWithMemory(popping: bool): void {
  setSecond();
  if (compareSecond(false) && popping) pop();
}

/** FTST. */
export function compareWithZero(): void {
  enter();
  unpackInteger(0);
  setSecond();
  compareSecond(false);
}

/** ST(0) with ST(i), then so many pops. */
export function compareWithRegister(i: u32, quiet: bool, pops: u32): void {
  enter();
  let relation = UNORDERED;
  if (isEmpty(0) || isEmpty(i)) stackUnderflow();
  else {
    takeFirst(0);
    takeSecond(i);
    relation = relate(quiet);
  }
  setComparison(relation);
  if (!commit()) return;
  for (; pops > 0; pops--) pop();
}

/** FCOMI, FUCOMI, FCOMIP, FUCOMIP: the relation goes to ZF, PF, CF; OF, SF and AF are cleared. */
export function compareToFlags(i: u32, quiet: bool, popping: bool): void {
  enter();
  let relation = UNORDERED;
  const empty = isEmpty(0) || isEmpty(i);
  if (empty) stackUnderflow();
  else {
    takeFirst(0);
    takeSecond(i);
    relation = relate(quiet);
  }
  writeStatusFlags((relation & C0 ? CF : 0) | (relation & C2 ? PF : 0) | (relation & C3 ? ZF : 0));
  if ((empty ? commit() : commitKeepingC1()) && popping) pop();
}

/** FXAM: the class of ST(0) in C3, C2, C0, its sign in C1. */
export function examine(): void {
  unpackRegister(0);
  const signBit = sign ? C1 : 0;
  setConditions((isEmpty(0) ? C3 | C0 : classOf()) | signBit);
}

function classOf(): u32 {
  switch (kind) {
    case ZERO:
      return C3;
    case FINITE:
      return C2;
    case DENORMAL:
      return C3 | C2;
    case INFINITE:
      return C2 | C0;
    case UNSUPPORTED:
      return 0;
    default:
      return C0;
  }
}
