/** Register and memory operands of the families that are called out of line. */
import { faulted } from './fault';
import { REGS } from './layout';
import { read16, read32, read64, read8, write16, write32, write64, write8 } from './memory';
import { addressOf, isMemory, regOf, rmOf, sizeOf } from './record';

/** Reads a general register at a byte offset, zero-extended from `size`. */
export function readRegister(offset: u32, size: u32): u64 {
  switch (size) {
    case 0:
      return load<u8>(REGS + offset);
    case 1:
      return load<u16>(REGS + offset);
    case 2:
      return load<u32>(REGS + offset);
    default:
      return load<u64>(REGS + offset);
  }
}

/** Writes a general register as x86 does: 32-bit writes clear the upper half, narrower ones leave the rest. */
export function writeRegister(offset: u32, size: u32, value: u64): void {
  switch (size) {
    case 0:
      store<u8>(REGS + offset, value);
      break;
    case 1:
      store<u16>(REGS + offset, value);
      break;
    case 2:
      store<u64>(REGS + offset, value & 0xffffffff);
      break;
    default:
      store<u64>(REGS + offset, value);
  }
}

/** Reads memory of `size`, zero-extended; check faulted(). */
export function readMemory(address: u64, size: u32): u64 {
  switch (size) {
    case 0:
      return read8(address);
    case 1:
      return read16(address);
    case 2:
      return read32(address);
    default:
      return read64(address);
  }
}

/** Writes memory of `size`; check faulted(). */
export function writeMemory(address: u64, size: u32, value: u64): void {
  switch (size) {
    case 0:
      write8(address, <u8>value);
      break;
    case 1:
      write16(address, <u16>value);
      break;
    case 2:
      write32(address, <u32>value);
      break;
    default:
      write64(address, value);
  }
}

/** The rm operand, zero-extended from sizeOf(p); check faulted(). */
export function readRm(p: u32): u64 {
  return isMemory(p) ? readMemory(addressOf(p), sizeOf(p)) : readRegister(rmOf(p), sizeOf(p));
}

/** Writes the rm operand; check faulted(). */
export function writeRm(p: u32, value: u64): void {
  if (isMemory(p)) writeMemory(addressOf(p), sizeOf(p), value);
  else writeRegister(rmOf(p), sizeOf(p), value);
}

/** The reg operand, zero-extended from sizeOf(p). */
export function readReg(p: u32): u64 {
  return readRegister(regOf(p), sizeOf(p));
}

/** Writes the reg operand. */
export function writeReg(p: u32, value: u64): void {
  writeRegister(regOf(p), sizeOf(p), value);
}

/** Whether a read of rm failed: families return at once then. */
export { faulted };
