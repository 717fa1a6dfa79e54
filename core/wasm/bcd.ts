/** Decimal adjustment, which exists outside 64-bit mode only (SDM vol. 2: AAA AAS DAA DAS AAM AAD). */
import { raise } from './fault';
import { CC_BITS, adjust, carry, setFlags } from './flags';
import { AF, CF, RAX, REGS, VECTOR_DE } from './layout';

const AL: u32 = REGS + RAX * 8;
const AH: u32 = AL + 1;

/** AL's flags: ZF, SF and PF of the result, CF and AF as given, OF clear. */
function setAdjusted(bits: u32): void {
  setFlags(CC_BITS, 56, load<u64>(AL) << 56, <u64>bits);
}

/** AAA (step 1) and AAS (step -1): an unpacked digit in AL, its carry into AH. */
export function adjustUnpacked(step: i32): void {
  const correct = (load<u8>(AL) & 15) > 9 || adjust();
  if (correct) {
    // The correction carries from AL into AH before AH is adjusted: 16 bits at once.
    store<u16>(AL, <u16>(<i32>load<u16>(AL) + step * 0x106));
  }
  store<u8>(AL, load<u8>(AL) & 15);
  setAdjusted(correct ? AF | CF : 0);
}

/** DAA (step 1) and DAS (step -1): two packed digits in AL. */
export function adjustPacked(step: i32): void {
  const old = load<u8>(AL);
  const oldCarry = carry();
  let bits: u32 = 0;
  let value = <i32>old;
  if ((old & 15) > 9 || adjust()) {
    value += step * 6;
    bits = AF | (oldCarry || <u32>value > 0xff ? CF : 0);
  }
  if (old > 0x99 || oldCarry) {
    value += step * 0x60;
    bits |= CF;
  } else if (step > 0) bits &= ~CF;
  store<u8>(AL, <u8>value);
  setAdjusted(bits);
}

/** AAM: AL in two unpacked digits of base `base`; #DE for base 0. */
export function splitDigits(base: u32): void {
  if (base == 0) {
    raise(VECTOR_DE, 0);
    return;
  }
  const value = <u32>load<u8>(AL);
  store<u8>(AH, value / base);
  store<u8>(AL, value % base);
  setAdjusted(0);
}

/** AAD: two unpacked digits of base `base` in one binary number. */
export function joinDigits(base: u32): void {
  store<u16>(AL, (<u32>load<u8>(AL) + <u32>load<u8>(AH) * base) & 0xff);
  setAdjusted(0);
}
