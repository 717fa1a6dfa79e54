/** INT n, INT3, INTO, INT1: retired, and the hypervisor's business; it checks the gate's DPL. */
import { raise } from './fault';
import { overflow } from './flags';
import {
  EXIT_ERROR,
  EXIT_REASON,
  EXIT_SOFTWARE_INTERRUPT,
  EXIT_VECTOR,
  VECTOR_OF,
  VECTOR_UD,
} from './layout';
import { nextRip, ripOf } from './record';
import { MODE_64, modeOf } from './segments';

/** Leaves with EXIT_SOFTWARE_INTERRUPT for the instruction at `p`; EXIT_ERROR is its length. */
export function softwareInterrupt(p: u32, vector: u32): void {
  store<u32>(EXIT_REASON, EXIT_SOFTWARE_INTERRUPT);
  store<u32>(EXIT_VECTOR, vector);
  store<u32>(EXIT_ERROR, <u32>(nextRip() - ripOf(p)));
}

/** INTO: #UD in 64-bit mode, nothing unless OF. */
export function interruptOnOverflow(p: u32): void {
  if (modeOf() == MODE_64) raise(VECTOR_UD, 0);
  else if (overflow()) softwareInterrupt(p, VECTOR_OF);
}
