/**
 * Multiplication and division (SDM vol. 2: MUL, IMUL, DIV, IDIV), 128 bits included.
 *
 * Flags the manual leaves undefined are as AMD's processors leave them: multiplication changes CF and OF alone, division sets
 * AF and clears SF, ZF and PF.
 */
import { multiplyHigh, multiplyHighSigned } from './alu';
import { faulted, raise } from './fault';
import { CC_BITS, carry, overflow, replaceFlags, setFlags } from './flags';
import { AF, CF, OF, RAX, RDX, REGS, VECTOR_DE } from './layout';
import { readReg, readRegister, readRm, writeReg, writeRegister } from './operands';
import { SIZE_16, SIZE_32, SIZE_8, imm8Of, segmentOf, sizeOf } from './record';

const A: u32 = RAX * 8;
const D: u32 = RDX * 8;
const MIN64: i64 = i64.MIN_VALUE;

/** Sign-extends an operand of `size`. */
// @ts-ignore: decorator
@inline
export function signExtend(value: u64, size: u32): i64 {
  const shift = 64 - ((<i64>8) << size);
  return ((<i64>value) << shift) >> shift;
}

// @ts-ignore: decorator
@inline
function setWide(wide: bool): void {
  replaceFlags(CF | OF, wide ? CF | OF : 0);
}

/** Writes a double-width result: AX, DX:AX, EDX:EAX. `product` has at most 64 bits. */
function writePair(size: u32, product: u64): void {
  if (size == SIZE_8) {
    store<u16>(REGS + A, product);
    return;
  }
  writeRegister(A, size, product);
  writeRegister(D, size, product >> (8 << size));
}

/** MUL: RDX:RAX <- RAX * rm. CF and OF: the upper half is not 0. */
export function multiply(p: u32): void {
  const size = sizeOf(p);
  const b = readRm(p);
  if (faulted()) return;
  const a = readRegister(A, size);
  if (size <= SIZE_32) {
    const product = a * b;
    writePair(size, product);
    setWide(product >> (8 << size) != 0);
    return;
  }
  const high = multiplyHigh(a, b);
  store<u64>(REGS + A, a * b);
  store<u64>(REGS + D, high);
  setWide(high != 0);
}

/** IMUL, one operand. CF and OF: the upper half is not the sign of the lower one. */
export function multiplySigned(p: u32): void {
  const size = sizeOf(p);
  const b = readRm(p);
  if (faulted()) return;
  const a = readRegister(A, size);
  if (size <= SIZE_32) {
    const product = signExtend(a, size) * signExtend(b, size);
    writePair(size, <u64>product);
    setWide(signExtend(<u64>product, size) != product);
    return;
  }
  const high = multiplyHighSigned(<i64>a, <i64>b);
  const low = a * b;
  store<u64>(REGS + A, low);
  store<i64>(REGS + D, high);
  setWide(high != (<i64>low) >> 63);
}

/** The product of IMUL's two- and three-operand forms. */
export function multiplyTruncated(a: u64, b: u64, size: u32): u64 {
  if (size <= SIZE_32) {
    const product = signExtend(a, size) * signExtend(b, size);
    setWide(signExtend(<u64>product, size) != product);
    return <u64>product;
  }
  const low = a * b;
  setWide(multiplyHighSigned(<i64>a, <i64>b) != (<i64>low) >> 63);
  return low;
}

/** IMUL reg, rm. */
export function multiplyReg(p: u32): void {
  const b = readRm(p);
  if (!faulted()) writeReg(p, multiplyTruncated(readReg(p), b, sizeOf(p)));
}

/** IMUL reg, rm, immediate in 16 bits: the decoder leaves its upper byte where other families keep a segment. */
export function multiplyImmediate(p: u32): void {
  const a = readRm(p);
  const immediate = <u64>(<i64>(<i16>(imm8Of(p) | (segmentOf(p) << 8))));
  if (!faulted()) writeReg(p, multiplyTruncated(a, immediate, sizeOf(p)));
}

/** The quotient of `high:low / divisor`, high < divisor (Knuth, The Art of Computer Programming vol. 2, 4.3.1 D). */
export function divide128(high: u64, low: u64, divisor: u64): u64 {
  const shift = clz<u64>(divisor);
  const d = divisor << shift;
  const d1 = d >> 32;
  const d0 = d & 0xffffffff;
  const n2 = shift ? (high << shift) | (low >> (64 - shift)) : high;
  const n10 = low << shift;
  const q1 = digit(n2, n10 >> 32, d1, d0);
  const rest = ((n2 << 32) | (n10 >> 32)) - q1 * d;
  const q0 = digit(rest, n10 & 0xffffffff, d1, d0);
  return (q1 << 32) + q0;
}

/** One 32-bit digit of the quotient: (n21:n0) / (d1:d0), d1 having its top bit set. */
function digit(n21: u64, n0: u64, d1: u64, d0: u64): u64 {
  let q = n21 / d1;
  let r = n21 % d1;
  while (q >> 32 || q * d0 > ((r << 32) | n0)) {
    q--;
    r += d1;
    if (r >> 32) break;
  }
  return q;
}

// @ts-ignore: decorator
@inline
function divideError(): void {
  raise(VECTOR_DE, 0);
}

/** The dividend of the 8- to 32-bit forms: AX, DX:AX, EDX:EAX, zero-extended. */
// @ts-ignore: decorator
@inline
function dividendOf(size: u32): u64 {
  if (size == SIZE_8) return load<u16>(REGS + A);
  if (size == SIZE_16) return load<u16>(REGS + A) | ((<u32>load<u16>(REGS + D)) << 16);
  return load<u32>(REGS + A) | (load<u64>(REGS + D) << 32);
}

/** Writes quotient and remainder: AL and AH, or rAX and rDX. */
function writeQuotient(size: u32, quotient: u64, remainder: u64): void {
  // A result of 1 is one that clears SF, ZF and PF.
  setFlags(CC_BITS, 0, 1, AF | (carry() ? CF : 0) | (overflow() ? OF : 0));
  if (size == SIZE_8) {
    store<u16>(REGS + A, <u16>((quotient & 0xff) | (remainder << 8)));
    return;
  }
  writeRegister(A, size, quotient);
  writeRegister(D, size, remainder);
}

/** DIV: #DE when the divisor is 0 or the quotient does not fit. */
export function divide(p: u32): void {
  const size = sizeOf(p);
  const divisor = readRm(p);
  if (faulted()) return;
  if (divisor == 0) {
    divideError();
    return;
  }
  if (size <= SIZE_32) {
    const dividend = dividendOf(size);
    const quotient = dividend / divisor;
    if (quotient >> (8 << size)) divideError();
    else writeQuotient(size, quotient, dividend - quotient * divisor);
    return;
  }
  const low = load<u64>(REGS + A);
  const high = load<u64>(REGS + D);
  if (high >= divisor) {
    divideError();
    return;
  }
  const quotient = high ? divide128(high, low, divisor) : low / divisor;
  writeQuotient(size, quotient, low - quotient * divisor);
}

/** IDIV: truncates towards zero; #DE as DIV. */
export function divideSigned(p: u32): void {
  const size = sizeOf(p);
  const value = readRm(p);
  if (faulted()) return;
  if (value == 0) {
    divideError();
    return;
  }
  const divisor = signExtend(value, size);
  if (size <= SIZE_32) {
    const dividend = size == SIZE_32 ? <i64>dividendOf(size) : signExtend(dividendOf(size), size + 1);
    if (dividend == MIN64 && divisor == -1) {
      divideError();
      return;
    }
    const quotient = dividend / divisor;
    if (signExtend(<u64>quotient, size) != quotient) divideError();
    else writeQuotient(size, <u64>quotient, <u64>(dividend - quotient * divisor));
    return;
  }
  divideSigned128(divisor);
}

function divideSigned128(divisor: i64): void {
  const low = load<u64>(REGS + A);
  const high = load<u64>(REGS + D);
  if (high == <u64>((<i64>low) >> 63) && !(divisor == -1 && <i64>low == MIN64)) {
    const quotient = <i64>low / divisor;
    writeQuotient(3, <u64>quotient, low - <u64>(quotient * divisor));
    return;
  }
  const negative = <i64>high < 0;
  const magnitudeLow = negative ? 0 - low : low;
  const magnitudeHigh = negative ? ~high + u64(low == 0) : high;
  const by = <u64>(divisor < 0 ? 0 - divisor : divisor);
  if (magnitudeHigh >= by) {
    divideError();
    return;
  }
  const unsigned = divide128(magnitudeHigh, magnitudeLow, by);
  const opposite = negative != divisor < 0;
  if (unsigned > <u64>i64.MAX_VALUE + u64(opposite)) {
    divideError();
    return;
  }
  const quotient = opposite ? 0 - unsigned : unsigned;
  writeQuotient(3, quotient, low - quotient * <u64>divisor);
}
