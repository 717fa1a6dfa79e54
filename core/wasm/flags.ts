/**
 * Status flags, computed lazily: an instruction leaves its result and second operand, shifted to the top of a 64-bit
 * word so that every operand size is the same case, and the kind of the operation. Whoever needs a flag computes it.
 */
import { AF, CC_KIND, CC_RESULT, CC_SOURCE, CF, OF, PF, SF, STATUS_FLAGS, SYSTEM_FLAGS, ZF } from './layout';

/** result = destination + source. The kinds carry `64 - operand bits` in bits 8 and up. */
export const CC_ADD: u32 = 0;
/** result = destination - source. */
export const CC_SUB: u32 = 1;
/** CF, OF and AF are 0; the rest from the result. */
export const CC_LOGIC: u32 = 2;
/** CF, OF and AF are bits of the source word; the rest from the result. */
export const CC_BITS: u32 = 3;
/** All six flags are bits of the source word. */
export const CC_EXPLICIT: u32 = 4;

// @ts-ignore: decorator
@inline
export function setFlags(kind: u32, shift: u32, result: u64, source: u64): void {
  store<u32>(CC_KIND, kind | (shift << 8));
  store<u64>(CC_RESULT, result);
  store<u64>(CC_SOURCE, source);
}

/** Sets ZF, SF, PF from `result` (shifted to the top) and CF, OF, AF from `bits`. */
// @ts-ignore: decorator
@inline
export function setResultAndBits(shift: u32, result: u64, bits: u32): void {
  setFlags(CC_BITS, shift, result, <u64>bits);
}

/** Sets all six status flags from RFLAGS bits. */
export function writeStatusFlags(bits: u32): void {
  setFlags(CC_EXPLICIT, 0, 0, <u64>(bits & STATUS_FLAGS));
}

export function carry(): bool {
  const kind = load<u32>(CC_KIND) & 0xff;
  const source = load<u64>(CC_SOURCE);
  if (kind >= CC_BITS) return (source & CF) != 0;
  if (kind == CC_LOGIC) return false;
  const result = load<u64>(CC_RESULT);
  return kind == CC_ADD ? result < source : result + source < source;
}

export function zero(): bool {
  if ((load<u32>(CC_KIND) & 0xff) == CC_EXPLICIT) return (load<u64>(CC_SOURCE) & ZF) != 0;
  return load<u64>(CC_RESULT) == 0;
}

export function sign(): bool {
  if ((load<u32>(CC_KIND) & 0xff) == CC_EXPLICIT) return (load<u64>(CC_SOURCE) & SF) != 0;
  return <i64>load<u64>(CC_RESULT) < 0;
}

export function overflow(): bool {
  const kind = load<u32>(CC_KIND) & 0xff;
  const source = load<u64>(CC_SOURCE);
  if (kind >= CC_BITS) return (source & OF) != 0;
  if (kind == CC_LOGIC) return false;
  const result = load<u64>(CC_RESULT);
  if (kind == CC_ADD) return <i64>((result - source) ^ result) < 0 && <i64>(source ^ result) < 0;
  const destination = result + source;
  return <i64>((destination ^ source) & (destination ^ result)) < 0;
}

export function parity(): bool {
  const kind = load<u32>(CC_KIND);
  if ((kind & 0xff) == CC_EXPLICIT) return (load<u64>(CC_SOURCE) & PF) != 0;
  return (popcnt<u32>(<u32>((load<u64>(CC_RESULT) >> (kind >> 8)) & 0xff)) & 1) == 0;
}

export function adjust(): bool {
  const word = load<u32>(CC_KIND);
  const kind = word & 0xff;
  const source = load<u64>(CC_SOURCE);
  if (kind >= CC_BITS) return (source & AF) != 0;
  if (kind == CC_LOGIC) return false;
  const result = load<u64>(CC_RESULT);
  const destination = kind == CC_ADD ? result - source : result + source;
  return (((destination ^ source ^ result) >> (word >> 8)) & AF) != 0;
}

/** Replaces the flags in `mask` (of CF, OF, AF) by those in `bits`; the others stay as they are. */
export function replaceFlags(mask: u32, bits: u32): void {
  const word = load<u32>(CC_KIND);
  const kind = word & 0xff;
  let source = load<u64>(CC_SOURCE);
  if (kind < CC_BITS) {
    source = 0;
    if (kind != CC_LOGIC) {
      if (!(mask & CF) && carry()) source |= CF;
      if (!(mask & OF) && overflow()) source |= OF;
      if (!(mask & AF) && adjust()) source |= AF;
    }
    store<u32>(CC_KIND, CC_BITS | (word & ~0xff));
  }
  store<u64>(CC_SOURCE, (source & ~(<u64>mask)) | (<u64>bits));
}

/** The six status flags as RFLAGS bits. */
export function statusFlags(): u32 {
  if ((load<u32>(CC_KIND) & 0xff) == CC_EXPLICIT) return <u32>load<u64>(CC_SOURCE);
  return (
    (carry() ? CF : 0) |
    (parity() ? PF : 0) |
    (adjust() ? AF : 0) |
    (zero() ? ZF : 0) |
    (sign() ? SF : 0) |
    (overflow() ? OF : 0)
  );
}

/** All of RFLAGS. */
export function readFlags(): u32 {
  return statusFlags() | load<u32>(SYSTEM_FLAGS) | 2;
}

/** Replaces all of RFLAGS; the caller has masked what may not change. */
export function writeFlags(flags: u32): void {
  writeStatusFlags(flags);
  store<u32>(SYSTEM_FLAGS, flags & ~STATUS_FLAGS);
}

/** Condition `code` of Jcc, SETcc, CMOVcc (SDM vol. 2, B.1.4.7). */
export function condition(code: u32): bool {
  let value: bool;
  switch (code >> 1) {
    case 0:
      value = overflow();
      break;
    case 1:
      value = carry();
      break;
    case 2:
      value = zero();
      break;
    case 3:
      value = carry() || zero();
      break;
    case 4:
      value = sign();
      break;
    case 5:
      value = parity();
      break;
    case 6:
      value = sign() != overflow();
      break;
    default:
      value = zero() || sign() != overflow();
  }
  return value != <bool>(code & 1);
}
