/**
 * The stack as instructions outside the main loop see it: its width and segment by mode, #SS(0) beyond SS's limit or the
 * canonical range.
 */
import { faulted, raise } from './fault';
import { LIMITS, REGS, RSP, SEG_SS, SLOT_SEGMENT, VECTOR_SS } from './layout';
import { isCanonical } from './paging';
import { readMemory, writeMemory } from './operands';
import { ATTR_DB, ATTR_EXPAND_DOWN, MODE_64, attributesIn, modeOf } from './segments';

/** The bits of rSP that address the stack: 64 in 64-bit mode, else by SS.B. */
export function stackMask(): u64 {
  if (modeOf() == MODE_64) return 0xffffffffffffffff;
  return attributesIn(SEG_SS) & ATTR_DB ? 0xffffffff : 0xffff;
}

export function stackPointer(): u64 {
  return load<u64>(REGS + RSP * 8) & stackMask();
}

/** Sets rSP as far as the stack is wide: 16-bit stacks leave the rest, 32-bit ones clear the upper half. */
export function setStackPointer(value: u64): void {
  if (stackMask() == 0xffff) store<u16>(REGS + RSP * 8, <u16>value);
  else store<u64>(REGS + RSP * 8, value & stackMask());
}

/** Linear address of `bytes` bytes at an offset in the stack segment; #SS(0) outside it: check faulted(). */
export function stackAddress(offset: u64, bytes: u32): u64 {
  if (modeOf() == MODE_64) {
    if (!isCanonical(offset) || !isCanonical(offset + bytes - 1)) raise(VECTOR_SS, 0);
    return offset;
  }
  const at = offset & stackMask();
  const last = at + <u64>bytes - 1;
  const limit = <u64>load<u32>(LIMITS + SEG_SS * 4);
  const outside = attributesIn(SEG_SS) & ATTR_EXPAND_DOWN ? at <= limit || last > stackMask() : last > limit;
  if (outside) raise(VECTOR_SS, 0);
  return (at + load<u64>(REGS + (SLOT_SEGMENT + SEG_SS) * 8)) & 0xffffffff;
}

/** Reads an operand of `size` (SIZE_*) `offset` bytes above the top of the stack; check faulted(). */
export function peek(offset: u64, size: u32): u64 {
  const address = stackAddress(stackPointer() + offset, 1 << size);
  return faulted() ? 0 : readMemory(address, size);
}

/** Writes an operand of `size` at an offset in the stack segment; check faulted(). */
export function poke(offset: u64, size: u32, value: u64): void {
  const address = stackAddress(offset, 1 << size);
  if (!faulted()) writeMemory(address, size, value);
}

/** Pushes an operand of `size`; nothing changes when faulted(). */
export function push(value: u64, size: u32): void {
  const top = stackPointer() - (1 << size);
  poke(top, size, value);
  if (!faulted()) setStackPointer(top);
}
