/** Bit instructions (SDM vol. 2: BT BTS BTR BTC, BSF, BSR, POPCNT, BSWAP, CRC32). */
import { faulted } from './fault';
import { CC_LOGIC, replaceFlags, setFlags, writeStatusFlags } from './flags';
import { CF, SEG_CS, ZF } from './layout';
import { writable } from './memory';
import { signExtend } from './multiply';
import { readMemory, readReg, readRegister, readRm, writeMemory, writeReg, writeRegister } from './operands';
import { SIZE_16, SIZE_32, SIZE_64, addressOf, imm8Of, isMemory, regOf, rmOf, sizeOf } from './record';
import { ATTR_L, attributesIn } from './segments';

/** The reflected CRC-32C polynomial (SDM vol. 2, CRC32: 0x11EDC6F41). */
const CRC32C: u32 = 0x82f63b78;

/** Wraps a linear address that an instruction has added to: 32 bits outside 64-bit mode. */
// @ts-ignore: decorator
@inline
export function wrapLinear(address: u64): u64 {
  return attributesIn(SEG_CS) & ATTR_L ? address : address & 0xffffffff;
}

/** `value` with `bit` set, reset or complemented (kinds 1, 2, 3 as in ModRM.reg & 3; 0 leaves it). */
// @ts-ignore: decorator
@inline
function changeBit(kind: u32, value: u64, bit: u64): u64 {
  if (kind == 1) return value | bit;
  if (kind == 2) return value & ~bit;
  return kind == 3 ? value ^ bit : value;
}

/** BT and its kin on the rm operand and bit `index` of it; only CF changes. */
function testBit(p: u32, kind: u32, address: u64, index: u32): void {
  const size = sizeOf(p);
  const at = index & ((8 << size) - 1);
  if (!isMemory(p)) {
    const value = readRegister(rmOf(p), size);
    if (kind) writeRegister(rmOf(p), size, changeBit(kind, value, (<u64>1) << at));
    replaceFlags(CF, (<u32>(value >> at)) & CF);
    return;
  }
  if (kind && !writable(address, 1 << size)) return;
  const value = readMemory(address, size);
  if (faulted()) return;
  if (kind) writeMemory(address, size, changeBit(kind, value, (<u64>1) << at));
  replaceFlags(CF, (<u32>(value >> at)) & CF);
}

/** BT rm, imm8. */
export function testBitImmediate(p: u32, kind: u32): void {
  testBit(p, kind, isMemory(p) ? addressOf(p) : 0, imm8Of(p));
}

/** BT rm, reg: in memory, the signed bit index reaches beyond the operand, in steps of its size. */
export function testBitRegister(p: u32, kind: u32): void {
  const index = readReg(p);
  let address: u64 = 0;
  if (isMemory(p)) {
    const size = sizeOf(p);
    const offset = (signExtend(index, size) >> (3 + <i64>size)) << (<i64>size);
    address = wrapLinear(addressOf(p) + <u64>offset);
  }
  testBit(p, kind, address, <u32>index);
}

/** BSF or BSR. A source of 0 sets ZF and leaves the destination alone, upper half included, as all processors do. */
export function scanBit(p: u32, reverse: bool): void {
  const source = readRm(p);
  if (faulted()) return;
  if (source == 0) {
    setFlags(CC_LOGIC, 0, 0, 0);
    return;
  }
  const index = reverse ? 63 - clz<u64>(source) : ctz<u64>(source);
  writeReg(p, index);
  // ZF is clear and PF, undefined in the manual, that of the index: a result that is not 0 but ends in it.
  setFlags(CC_LOGIC, 0, index | 0x100, 0);
}

export function populationCount(p: u32): void {
  const source = readRm(p);
  if (faulted()) return;
  writeReg(p, popcnt<u64>(source));
  writeStatusFlags(source == 0 ? ZF : 0);
}

/** The bytes of an operand of `size` in reverse order. */
export function reverseBytes(value: u64, size: u32): u64 {
  return bswap<u64>(value) >> (64 - ((<u64>8) << size));
}

/** BSWAP; 16 bits are undefined: processors clear them. */
export function byteSwap(p: u32): void {
  const size = sizeOf(p);
  writeRegister(rmOf(p), size, size == SIZE_16 ? 0 : reverseBytes(readRegister(rmOf(p), size), size));
}

/** CRC-32C of `bytes` bytes of `data`, going on from `crc`. */
export function crc32c(crc: u32, data: u64, bytes: u32): u32 {
  for (let i: u32 = 0; i < bytes; i++) {
    crc ^= (<u32>(data >> (i * 8))) & 0xff;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (CRC32C & (0 - (crc & 1)));
  }
  return crc;
}

/** CRC32 reg, rm: reg has 32 bits, or 64 with imm8 1 (the upper half is cleared either way). */
export function checksum(p: u32): void {
  const data = readRm(p);
  if (faulted()) return;
  const crc = crc32c(<u32>readRegister(regOf(p), SIZE_32), data, 1 << sizeOf(p));
  writeRegister(regOf(p), SIZE_64, crc);
}
