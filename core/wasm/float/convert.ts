/** Between the formats: shared by SSE and x87. */
import {
  DENORMAL,
  INFINITE,
  SIGNALLING,
  UNSUPPORTED,
  ZERO,
  exponent,
  kind,
  sign,
  significand,
  QUIET,
} from './pack';
import { deliver, deliverDefaultNan, deliverInfinity, deliverNan, deliverZero } from './round';
import { DE, IE, signalBefore } from './status';

/** Delivers the value taken apart last to the destination chosen; a denormal is DE if `denormalSignals`. */
export function deliverValue(denormalSignals: bool): void {
  switch (kind) {
    case ZERO:
      deliverZero(sign);
      break;
    case INFINITE:
      deliverInfinity(sign);
      break;
    case UNSUPPORTED:
      signalBefore(IE);
      deliverDefaultNan();
      break;
    case SIGNALLING:
      signalBefore(IE);
      deliverNan(sign, significand);
      break;
    case QUIET:
      deliverNan(sign, significand);
      break;
    default:
      if (denormalSignals && kind == DENORMAL) signalBefore(DE);
      deliver(sign, exponent, significand, 0);
  }
}
