/** Which NaN the x87 gives (SDM vol. 1, table 4-7). */
import { aKind, aSign, aSignificand, bKind, bSign, bSignificand } from '../float/arithmetic';
import { QUIET, SIGNALLING, UNSUPPORTED } from '../float/pack';
import { deliverDefaultNan, deliverNan } from '../float/round';
import { IE, signalBefore } from '../float/status';

// @ts-ignore: decorator
@inline
function isNan(kind: u32): bool {
  return kind >= QUIET;
}

/** Delivers the NaN of an operation on both operands, if either is a NaN or unsupported. */
export function deliverNanOfBoth(): bool {
  if (!isNan(aKind) && !isNan(bKind)) return false;
  if (aKind == UNSUPPORTED || bKind == UNSUPPORTED) {
    signalBefore(IE);
    deliverDefaultNan();
    return true;
  }
  if (aKind == SIGNALLING || bKind == SIGNALLING) signalBefore(IE);
  if (firstWins()) deliverNan(aSign, aSignificand);
  else deliverNan(bSign, bSignificand);
  return true;
}

/** A quiet NaN before a signalling one; of two alike the greater significand, then the positive one. */
function firstWins(): bool {
  if (!isNan(bKind)) return true;
  if (!isNan(aKind)) return false;
  if (aKind != bKind) return aKind == QUIET;
  if (aSignificand != bSignificand) return aSignificand > bSignificand;
  return aSign <= bSign;
}

/** Delivers the NaN of an operation on the first operand alone, if it is a NaN or unsupported. */
export function deliverNanOfFirst(): bool {
  if (!isNan(aKind)) return false;
  if (aKind != QUIET) signalBefore(IE);
  if (aKind == UNSUPPORTED) deliverDefaultNan();
  else deliverNan(aSign, aSignificand);
  return true;
}
