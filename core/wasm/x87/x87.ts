/**
 * The x87's instructions: opcodes D8 to DF (SDM vol. 2, appendix A.5), and WAIT. A record's `sub` is the opcode's lower
 * bits (8 for WAIT), its imm8 the ModRM byte.
 */
import { faulted, raise } from '../fault';
import { FDP, FIP, FOP, VECTOR_MF } from '../layout';
import { SIZE_16, addressOf, imm8Of, isMemory, ripOf, sizeOf, subOf } from '../record';
import { executeMemory, isControlMemory } from './memory';
import { executeRegister } from './registers';
import { exceptionPending } from './status';

const WAIT: u32 = 8;

/** Executes the record at `p`. */
export function x87(p: u32): void {
  const escape = subOf(p);
  const modrm = imm8Of(p);
  const memoryForm = isMemory(p);
  if (!isNonWaiting(escape, modrm, memoryForm) && exceptionPending()) {
    raise(VECTOR_MF, 0);
    return;
  }
  if (escape == WAIT) return;
  const field = (modrm >> 3) & 7;
  if (memoryForm) {
    const address = addressOf(p);
    executeMemory(escape * 8 + field, address, sizeOf(p) != SIZE_16);
    if (faulted() || isControlMemory(escape, field)) return;
    store<u64>(FDP, address);
  } else {
    executeRegister(escape, modrm);
    if (faulted() || isControlRegister(escape, modrm)) return;
  }
  store<u64>(FIP, ripOf(p));
  store<u16>(FOP, (escape << 8) | modrm);
}

/** FNSTENV FNSTCW FNSAVE FNSTSW, and FNINIT FNCLEX FNSTSW AX. */
function isNonWaiting(escape: u32, modrm: u32, memoryForm: bool): bool {
  if (memoryForm) return (escape == 1 || escape == 5) && (modrm & 0x30) == 0x30;
  return isControlRegister(escape, modrm);
}

// @ts-ignore: decorator
@inline
function isControlRegister(escape: u32, modrm: u32): bool {
  return (escape == 3 && (modrm & 0xf8) == 0xe0) || (escape == 7 && modrm == 0xe0);
}
