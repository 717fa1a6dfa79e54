/** 0F AE with memory: FXSAVE, FXRSTOR, LDMXCSR, STMXCSR. */
import { faulted, raise } from '../fault';
import { MXCSR, VECTOR_GP } from '../layout';
import { read32, write32 } from '../memory';
import { SIZE_64, addressOf, imm8Of, sizeOf } from '../record';
import { MXCSR_MASK, fxrstor, fxsave } from '../x87/fxsave';

export function saveOrRestore(p: u32): void {
  switch (imm8Of(p)) {
    case 0:
      fxsave(addressOf(p), sizeOf(p) == SIZE_64);
      break;
    case 1:
      fxrstor(addressOf(p), sizeOf(p) == SIZE_64);
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
