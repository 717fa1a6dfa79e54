/** What goes to memory: FST(P), FIST(P), FISTTP, FBSTP. Unmasked exceptions leave memory and stack as they were. */
import { setFirst } from '../float/arithmetic';
import { deliverValue } from '../float/convert';
import { magnitude, roundToMagnitude, toInteger } from '../float/integer';
import { pack32, pack64, sign } from '../float/pack';
import { setDestination } from '../float/round';
import { TO_ZERO, setRounding } from '../float/status';
import { writable, write16, write32, write64 } from '../memory';
import { INTEGER16, INTEGER32, REAL32 } from './load';
import { isEmpty, pop, st, stackUnderflow, unpackRegister } from './stack';
import { commitStore, enter } from './status';

const DECIMAL_LIMIT: u64 = 1000000000000000000;
const EXTENDED_INDEFINITE: u64 = 0xc000000000000000;

/** FST(P) m32 and m64. */
export function storeReal(address: u64, format: u32, popping: bool): void {
  const single = format == REAL32;
  if (!writable(address, single ? 4 : 8)) return;
  enter();
  if (single) setDestination(24, 127);
  else setDestination(53, 1023);
  if (isEmpty(0)) stackUnderflow();
  else {
    unpackRegister(0);
    deliverValue(false);
  }
  if (!commitStore()) return;
  if (single) write32(address, pack32());
  else write64(address, pack64());
  if (popping) pop();
}

/** FSTP m80: the pattern as it is. */
export function storeExtended(address: u64): void {
  if (!writable(address, 10)) return;
  enter();
  const empty = isEmpty(0);
  if (empty) stackUnderflow();
  if (!commitStore()) return;
  write64(address, empty ? EXTENDED_INDEFINITE : load<u64>(st(0)));
  write16(address + 8, empty ? 0xffff : load<u16>(st(0), 8));
  pop();
}

/** FIST(P), and FISTTP when `truncate`. */
export function storeInteger(address: u64, format: u32, truncate: bool, popping: bool): void {
  const bits: u32 = format == INTEGER16 ? 16 : format == INTEGER32 ? 32 : 64;
  if (!writable(address, bits >> 3)) return;
  enter();
  if (truncate) setRounding(TO_ZERO);
  let value = (<u64>1) << (bits - 1);
  if (isEmpty(0)) stackUnderflow();
  else {
    unpackRegister(0);
    setFirst();
    value = toInteger(bits);
  }
  if (!commitStore()) return;
  if (bits == 16) write16(address, <u16>value);
  else if (bits == 32) write32(address, <u32>value);
  else write64(address, value);
  if (popping) pop();
}

/** FBSTP: 18 decimal digits; "packed BCD indefinite" where they do not suffice. */
export function storeDecimal(address: u64): void {
  if (!writable(address, 10)) return;
  enter();
  let low = EXTENDED_INDEFINITE;
  let high: u32 = 0xffff;
  if (isEmpty(0)) stackUnderflow();
  else {
    unpackRegister(0);
    setFirst();
    if (roundToMagnitude(DECIMAL_LIMIT)) {
      let rest = magnitude;
      low = 0;
      for (let digit: u32 = 0; digit < 16; digit++) {
        low |= (rest % 10) << (digit * 4);
        rest /= 10;
      }
      high = (<u32>((rest / 10) << 4)) | (<u32>(rest % 10)) | (sign << 15);
    }
  }
  if (!commitStore()) return;
  write64(address, low);
  write16(address + 8, <u16>high);
  pop();
}
