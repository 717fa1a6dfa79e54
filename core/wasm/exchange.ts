/**
 * Exchanges (SDM vol. 2: XCHG, XADD, CMPXCHG, CMPXCHG8B/16B). Memory is checked for writing first, so that a fault leaves
 * everything as it was; LOCK needs nothing here: instructions are never interleaved.
 */
import { raise } from './fault';
import { CC_ADD, CC_SUB, setFlags, statusFlags, writeStatusFlags } from './flags';
import { RAX, RBX, RCX, RDX, REGS, VECTOR_GP, ZF } from './layout';
import { read64, writable, write64 } from './memory';
import { readMemory, readReg, readRegister, writeMemory, writeReg, writeRegister } from './operands';
import { SIZE_64, addressOf, isMemory, rmOf, sizeOf } from './record';

export function exchange(p: u32): void {
  const size = sizeOf(p);
  const reg = readReg(p);
  if (!isMemory(p)) {
    writeReg(p, readRegister(rmOf(p), size));
    writeRegister(rmOf(p), size, reg);
    return;
  }
  const address = addressOf(p);
  if (!writable(address, 1 << size)) return;
  writeReg(p, readMemory(address, size));
  writeMemory(address, size, reg);
}

/** XADD: rm <- rm + reg, reg <- the old rm. */
export function exchangeAdd(p: u32): void {
  const size = sizeOf(p);
  const reg = readReg(p);
  const shift: u32 = 64 - (8 << size);
  let old: u64;
  if (isMemory(p)) {
    const address = addressOf(p);
    if (!writable(address, 1 << size)) return;
    old = readMemory(address, size);
    writeMemory(address, size, old + reg);
    writeReg(p, old);
  } else {
    old = readRegister(rmOf(p), size);
    writeReg(p, old);
    writeRegister(rmOf(p), size, old + reg);
  }
  setFlags(CC_ADD, shift, (old + reg) << shift, reg << shift);
}

/** CMPXCHG: rm <- reg if rAX equals rm, else rAX <- rm. */
export function compareExchange(p: u32): void {
  const size = sizeOf(p);
  const accumulator = readRegister(RAX * 8, size);
  const shift: u32 = 64 - (8 << size);
  let old: u64;
  if (isMemory(p)) {
    const address = addressOf(p);
    if (!writable(address, 1 << size)) return;
    old = readMemory(address, size);
    if (old == accumulator) writeMemory(address, size, readReg(p));
  } else {
    old = readRegister(rmOf(p), size);
    if (old == accumulator) writeRegister(rmOf(p), size, readReg(p));
  }
  if (old != accumulator) writeRegister(RAX * 8, size, old);
  setFlags(CC_SUB, shift, (accumulator - old) << shift, old << shift);
}

// @ts-ignore: decorator
@inline
function setZero(equal: bool): void {
  writeStatusFlags((statusFlags() & ~ZF) | (equal ? ZF : 0));
}

/** CMPXCHG8B and, with a size of 64, CMPXCHG16B, which wants an aligned operand. Of the flags only ZF changes. */
export function compareExchangePair(p: u32): void {
  const address = addressOf(p);
  if (sizeOf(p) == SIZE_64) compareExchange16(address);
  else compareExchange8(address);
}

function compareExchange8(address: u64): void {
  if (!writable(address, 8)) return;
  const old = read64(address);
  const expected = load<u32>(REGS + RAX * 8) | (load<u64>(REGS + RDX * 8) << 32);
  if (old == expected) {
    write64(address, load<u32>(REGS + RBX * 8) | (load<u64>(REGS + RCX * 8) << 32));
  } else {
    store<u64>(REGS + RAX * 8, old & 0xffffffff);
    store<u64>(REGS + RDX * 8, old >> 32);
  }
  setZero(old == expected);
}

function compareExchange16(address: u64): void {
  if (address & 15) {
    raise(VECTOR_GP, 0);
    return;
  }
  if (!writable(address, 16)) return;
  const low = read64(address);
  const high = read64(address + 8);
  const equal = low == load<u64>(REGS + RAX * 8) && high == load<u64>(REGS + RDX * 8);
  if (equal) {
    write64(address, load<u64>(REGS + RBX * 8));
    write64(address + 8, load<u64>(REGS + RCX * 8));
  } else {
    store<u64>(REGS + RAX * 8, low);
    store<u64>(REGS + RDX * 8, high);
  }
  setZero(equal);
}
