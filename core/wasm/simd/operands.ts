/** Operands of MMX and SSE instructions. Readers return 0 with a fault raised: check faulted() before changing anything. */
import { ADDEND, WRITE_TAG } from '../tlb-entry';
import { faulted, raise } from '../fault';
import { sseException } from '../float/sse';
import { CR4, FPR, FSW, FTW, REGS, VECTOR_GP, VECTOR_MF, VECTOR_UD, VECTOR_XM, XMM } from '../layout';
import { read16, read32, read64, writable, write64 } from '../memory';
import { PAGE_MASK, leavesCanonical, tlbEntry } from '../paging';
import { addressOf, isMemory, regOf, rmOf } from '../record';

const CR4_OSXMMEXCPT: u32 = 0x400;

// @ts-ignore: decorator
@inline
export function zero128(): v128 {
  return i64x2.splat(0);
}

/** Two 64-bit halves as a vector. */
// @ts-ignore: decorator
@inline
export function join64(low: u64, high: u64): v128 {
  return i64x2.replace_lane(i64x2.splat(<i64>low), 1, <i64>high);
}

// @ts-ignore: decorator
@inline
export function low64(value: v128): u64 {
  return <u64>i64x2.extract_lane(value, 0);
}

// @ts-ignore: decorator
@inline
export function high64(value: v128): u64 {
  return <u64>i64x2.extract_lane(value, 1);
}

/** Address in the module's memory of the XMM register in the reg field. */
// @ts-ignore: decorator
@inline
export function xmmReg(p: u32): u32 {
  return XMM + regOf(p);
}

/** The same for the rm field. */
// @ts-ignore: decorator
@inline
export function xmmRm(p: u32): u32 {
  return XMM + rmOf(p);
}

/** 16 bytes of memory at any alignment. */
// @ts-ignore: decorator
@inline
export function read128(address: u64): v128 {
  const e = tlbEntry(address);
  if (load<u64>(e) == ((address + 15) & PAGE_MASK)) return v128.load(<u32>address + load<u32>(e, ADDEND));
  return read128Slow(address);
}

function read128Slow(address: u64): v128 {
  if (leavesCanonical(address, 16)) return zero128();
  const low = read64(address);
  if (faulted()) return zero128();
  return join64(low, read64(address + 8));
}

// @ts-ignore: decorator
@inline
export function write128(address: u64, value: v128): void {
  const e = tlbEntry(address);
  if (load<u64>(e, WRITE_TAG) == ((address + 15) & PAGE_MASK)) {
    v128.store(<u32>address + load<u32>(e, ADDEND), value);
  } else write128Slow(address, value);
}

function write128Slow(address: u64, value: v128): void {
  if (!writable(address, 16)) return;
  write64(address, low64(value));
  write64(address + 8, high64(value));
}

/** 16 bytes of memory that must be aligned: #GP(0) otherwise (SDM vol. 1, 4.8.2.2). */
export function readAligned(address: u64): v128 {
  if (address & 15) {
    raise(VECTOR_GP, 0);
    return zero128();
  }
  return read128(address);
}

export function writeAligned(address: u64, value: v128): void {
  if (address & 15) raise(VECTOR_GP, 0);
  else write128(address, value);
}

/** The rm operand: an XMM register or 16 aligned bytes. */
// @ts-ignore: decorator
@inline
export function source128(p: u32): v128 {
  return isMemory(p) ? readAligned(addressOf(p)) : v128.load(xmmRm(p));
}

/** The low half of an XMM register, or 8 bytes of memory. */
// @ts-ignore: decorator
@inline
export function source64(p: u32): u64 {
  return isMemory(p) ? read64(addressOf(p)) : load<u64>(xmmRm(p));
}

/** The low quarter of an XMM register, or 4 bytes of memory. */
// @ts-ignore: decorator
@inline
export function source32(p: u32): u32 {
  return isMemory(p) ? read32(addressOf(p)) : load<u32>(xmmRm(p));
}

/** The low 16 bits of an XMM register, or 2 bytes of memory. */
// @ts-ignore: decorator
@inline
export function source16(p: u32): u32 {
  return isMemory(p) ? <u32>read16(addressOf(p)) : <u32>load<u16>(xmmRm(p));
}

/** Writes the general register in the reg field, zero-extended. */
// @ts-ignore: decorator
@inline
export function setGeneral(p: u32, value: u64): void {
  store<u64>(REGS + regOf(p), value);
}

/** Raises #MF when an unmasked x87 exception is pending: every MMX instruction begins so (SDM vol. 3, 12.5). */
export function mmxBlocked(): bool {
  if (!(load<u16>(FSW) & 0x80)) return false;
  raise(VECTOR_MF, 0);
  return true;
}

/** What every MMX instruction but EMMS leaves: TOP 0, all registers in use (SDM vol. 3, 12.2). */
export function enterMmx(): void {
  store<u16>(FSW, load<u16>(FSW) & ~0x3800);
  store<u8>(FTW, 0xff);
}

/** The MMX register or 8 bytes of memory in the rm field. */
// @ts-ignore: decorator
@inline
export function mmxSource(p: u32): u64 {
  return isMemory(p) ? read64(addressOf(p)) : load<u64>(FPR + rmOf(p));
}

/** Writes the MMX register at `offset` (number × 16); the register's exponent becomes all ones. */
export function setMmx(offset: u32, value: u64): void {
  enterMmx();
  store<u64>(FPR + offset, value);
  store<u16>(FPR + offset, 0xffff, 8);
}

/** Ends a floating-point instruction, before it writes: true when an unmasked exception was raised. */
export function simdException(): bool {
  return sseException() && raiseSimdException();
}

/** #XM, or #UD while the system does not say it handles #XM (SDM vol. 1, 11.5.1). */
function raiseSimdException(): bool {
  raise(load<u32>(CR4) & CR4_OSXMMEXCPT ? VECTOR_XM : VECTOR_UD, 0);
  return true;
}
