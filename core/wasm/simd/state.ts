/** 0F AE with memory: FXSAVE, FXRSTOR, LDMXCSR, STMXCSR. */
import { faulted, raise } from '../fault';
import { MXCSR, VECTOR_GP } from '../layout';
import { read32, write32 } from '../memory';
import { addressOf, imm8Of } from '../record';
import { fxrstor, fxsave } from '../x87/fxsave';

/** Bits of MXCSR that exist: DAZ among them. FXSAVE reports the same mask. */
const MXCSR_MASK: u32 = 0xffff;

export function saveOrRestore(p: u32): void {
  switch (imm8Of(p)) {
    case 0:
      fxsave(p);
      break;
    case 1:
      fxrstor(p);
      break;
    case 2:
      loadControl(addressOf(p));
      break;
    default: // STMXCSR
      write32(addressOf(p), load<u32>(MXCSR));
  }
}

/** LDMXCSR: #GP(0) for a bit that does not exist. */
function loadControl(address: u64): void {
  const value = read32(address);
  if (faulted()) return;
  if (value & ~MXCSR_MASK) raise(VECTOR_GP, 0);
  else store<u32>(MXCSR, value);
}
