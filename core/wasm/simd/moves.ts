/** Moves between XMM registers, general registers and memory. */
import { faulted } from '../fault';
import { ATTRIBUTES, FPR, RDI, REGS, SEG_CS, SEG_FS, SLOT_SEGMENT } from '../layout';
import { read32, read64, writable, write32, write64, write8 } from '../memory';
import { SIZE_64, addressOf, addressSizeOf, isMemory, regOf, rmOf, segmentOf, sizeOf } from '../record';
import {
  enterMmx,
  mmxBlocked,
  read128,
  readAligned,
  setMmx,
  source128,
  source64,
  write128,
  writeAligned,
  xmmReg,
  xmmRm,
} from './operands';

/** MOVDQU from memory. */
// @ts-ignore: decorator
@inline
export function loadUnaligned(p: u32): void {
  const value = read128(addressOf(p));
  if (!faulted()) v128.store(xmmReg(p), value);
}

/** MOVDQU to memory or a register. */
// @ts-ignore: decorator
@inline
export function storeUnaligned(p: u32): void {
  if (isMemory(p)) write128(addressOf(p), v128.load(xmmReg(p)));
  else v128.store(xmmRm(p), v128.load(xmmReg(p)));
}

/** MOVDQA from memory. */
// @ts-ignore: decorator
@inline
export function loadAligned(p: u32): void {
  const value = readAligned(addressOf(p));
  if (!faulted()) v128.store(xmmReg(p), value);
}

/** MOVDQA to memory or a register. */
// @ts-ignore: decorator
@inline
export function storeAligned(p: u32): void {
  if (isMemory(p)) writeAligned(addressOf(p), v128.load(xmmReg(p)));
  else v128.store(xmmRm(p), v128.load(xmmReg(p)));
}

/** MOVD, MOVQ xmm, r/m. */
export function loadGeneral(p: u32): void {
  const value = sourceGeneral(p);
  if (!faulted()) v128.store(xmmReg(p), i64x2(<i64>value, 0));
}

/** The general register or memory in rm, 4 or 8 bytes by REX.W. */
export function sourceGeneral(p: u32): u64 {
  if (sizeOf(p) == SIZE_64) return isMemory(p) ? read64(addressOf(p)) : load<u64>(REGS + rmOf(p));
  return <u64>(isMemory(p) ? read32(addressOf(p)) : load<u32>(REGS + rmOf(p)));
}

/** MOVD, MOVQ r/m, xmm or mm; also MOVNTI: writes 4 or 8 bytes by REX.W. */
export function storeGeneral(p: u32, value: u64): void {
  const wide = sizeOf(p) == SIZE_64;
  if (!isMemory(p)) store<u64>(REGS + rmOf(p), wide ? value : value & 0xffffffff);
  else if (wide) write64(addressOf(p), value);
  else write32(addressOf(p), <u32>value);
}

/** MOVLPS, MOVLPD, MOVHLPS: into the low half, from memory or a register's high half. */
export function loadLow(p: u32): void {
  const value = isMemory(p) ? read64(addressOf(p)) : load<u64>(xmmRm(p), 8);
  if (!faulted()) store<u64>(xmmReg(p), value);
}

/** MOVHPS, MOVHPD, MOVLHPS: into the high half, from memory or a register's low half. */
export function loadHigh(p: u32): void {
  const value = source64(p);
  if (!faulted()) store<u64>(xmmReg(p), value, 8);
}

/** MOVHPS, MOVHPD to memory. */
export function storeHigh(p: u32): void {
  write64(addressOf(p), load<u64>(xmmReg(p), 8));
}

/** MOVSLDUP, MOVSHDUP. */
export function duplicateSingles(p: u32, high: bool): void {
  const value = source128(p);
  if (faulted()) return;
  v128.store(
    xmmReg(p),
    high ? i32x4.shuffle(value, value, 1, 1, 3, 3) : i32x4.shuffle(value, value, 0, 0, 2, 2),
  );
}

/** MOVDDUP. */
export function duplicateDouble(p: u32): void {
  const value = source64(p);
  if (!faulted()) v128.store(xmmReg(p), i64x2.splat(<i64>value));
}

/** MOVQ2DQ xmm, mm. */
export function moveFromMmx(p: u32): void {
  if (mmxBlocked()) return;
  enterMmx();
  v128.store(xmmReg(p), i64x2(<i64>load<u64>(FPR + rmOf(p)), 0));
}

/** MOVDQ2Q mm, xmm. */
export function moveToMmx(p: u32): void {
  if (!mmxBlocked()) setMmx(regOf(p), load<u64>(xmmRm(p)));
}

/** Linear address of DS:rDI, or another segment's by a prefix. Outside FS and GS 64-bit mode has no bases. */
function maskedDestination(p: u32): u64 {
  const offset = load<u64>(REGS + RDI * 8);
  const long = (load<u32>(ATTRIBUTES + SEG_CS * 4) & 0x2000) != 0;
  const segment = segmentOf(p);
  const base = long && segment < <u32>SEG_FS ? 0 : load<u64>(REGS + (SLOT_SEGMENT + segment) * 8);
  switch (addressSizeOf(p)) {
    case 0:
      return base + offset;
    case 1:
      return long ? base + (offset & 0xffffffff) : (base + offset) & 0xffffffff;
    default:
      return (base + (offset & 0xffff)) & 0xffffffff;
  }
}

/** Stores at DS:rDI the bytes of `data` whose bit in `mask` is set: all of them or none. */
function storeMasked(p: u32, data: u32, mask: u32): bool {
  const address = maskedDestination(p);
  for (let rest = mask; rest; rest &= rest - 1) {
    if (!writable(address + ctz(rest), 1)) return false;
  }
  for (let rest = mask; rest; rest &= rest - 1) write8(address + ctz(rest), load<u8>(data + ctz(rest)));
  return true;
}

/** MASKMOVDQU xmm, xmm. */
export function maskedStore(p: u32): void {
  storeMasked(p, xmmReg(p), <u32>i8x16.bitmask(v128.load(xmmRm(p))));
}

/** MASKMOVQ mm, mm. */
export function maskedStoreMmx(p: u32): void {
  if (mmxBlocked()) return;
  const mask = <u32>i8x16.bitmask(v128.load64_zero(FPR + rmOf(p)));
  if (storeMasked(p, FPR + regOf(p), mask)) enterMmx();
}
