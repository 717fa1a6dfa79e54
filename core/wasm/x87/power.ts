/** F2XM1: 2^ST(0) - 1, for ST(0) from -1 to 1. */
import { aExponent, aKind, aSign, aSignificand } from '../float/arithmetic';
import { deliverInexact, multiply, set } from '../float/number';
import { DENORMAL, INFINITE, ZERO } from '../float/pack';
import { INTEGER_BIT, deliver, deliverInfinity, deliverZero } from '../float/round';
import { finishSeries, nextFactor, setArgument, startSeries } from '../float/series';
import { DE, PE, signalAfter, signalBefore } from '../float/status';
import { deliverNanOfFirst } from './nan';
import { isEmpty, setResult, stackUnderflow, takeFirst } from './stack';
import { commit, enter } from './status';

const LN_2: u32 = <u32>memory.data<u64>([0xb17217f7d1cf79ab, 0xc9e3b39803f2f6af, 0xffffffff]);
/** (e^y - 1) / y = 1 + y/2 (1 + y/3 (...)): with |y| at most ln 2, the rest is below 2^-110. */
const TERMS: u32 = 28;

const Y: u32 = <u32>memory.data(24);
const SUM: u32 = <u32>memory.data(24);

function powerOfNumber(): void {
  set(Y, aSign, aExponent, aSignificand, 0);
  multiply(Y, Y, LN_2);
  setArgument(Y);
  startSeries();
  for (let n = TERMS; n > 1; n--) nextFactor(n, aSign != 0);
  finishSeries(SUM);
  multiply(Y, Y, SUM);
  deliverInexact(Y);
}

/** 1 and -1; beyond them the manual promises nothing, and silicon leaves the operand as it is (-1 for -infinity). */
function beyond(): void {
  if (aKind == INFINITE) {
    if (aSign) deliver(1, 0, INTEGER_BIT, 0);
    else deliverInfinity(0);
    return;
  }
  if (aExponent == 0 && aSignificand == INTEGER_BIT) {
    deliver(aSign, -(<i32>aSign), INTEGER_BIT, 0);
  } else deliver(aSign, aExponent, aSignificand, 0);
  signalAfter(PE);
}

/** F2XM1. */
export function power(): void {
  enter();
  if (isEmpty(0)) stackUnderflow();
  else {
    takeFirst(0);
    if (!deliverNanOfFirst()) {
      if (aKind == DENORMAL) signalBefore(DE);
      if (aKind == ZERO) deliverZero(aSign);
      else if (aKind != INFINITE && aExponent < 0) powerOfNumber();
      else beyond();
    }
  }
  if (commit()) setResult(0);
}
