/**
 * A decoded instruction: 16 bytes.
 *
 * | at | what |
 * |---|---|
 * | 0 | u16 operation (operations.ts) |
 * | 2 | u8 `reg`: the register operand: byte offset into REGS (high-byte registers: +1), or number × 16 for XMM, MM |
 * | 3 | u8 `rm`: the other operand when it is a register, same units |
 * | 4 | u8 base: byte offset into REGS of the address's base, or NO_BASE when `rm` is a register |
 * | 5 | u8 index: byte offset into REGS |
 * | 6 | u16: bits 0..11 the instruction's offset in its page, 12..13 scale, 14..15 instructions this record retires |
 * | 8 | i32 displacement |
 * | 12 | i32 immediate; in the families that are called out of line: see `sub` to `segment` below |
 *
 * Addresses are linear: segment bases, address-size and limits are resolved by the decoder, by naming a segment's base
 * as index or by a micro-operation before the record that leaves the address in SLOT_ADDRESS.
 */
import { CURRENT_BLOCK, REGS, SLOT_PAGE } from './layout';

export const RECORD_BYTES: u32 = 16;
export const NO_BASE: u32 = 0xff;

/** Operand sizes as the families see them. */
export const SIZE_8: u32 = 0;
export const SIZE_16: u32 = 1;
export const SIZE_32: u32 = 2;
export const SIZE_64: u32 = 3;

// @ts-ignore: decorator
@inline
export function regOf(p: u32): u32 {
  return load<u8>(p, 2);
}
// @ts-ignore: decorator
@inline
export function rmOf(p: u32): u32 {
  return load<u8>(p, 3);
}
// @ts-ignore: decorator
@inline
export function isMemory(p: u32): bool {
  return load<u8>(p, 4) != NO_BASE;
}
/** The memory operand's linear address. */
// @ts-ignore: decorator
@inline
export function addressOf(p: u32): u64 {
  return (
    load<u64>(REGS + <u32>load<u8>(p, 4)) +
    (load<u64>(REGS + <u32>load<u8>(p, 5)) << ((load<u16>(p, 6) >> 12) & 3)) +
    <u64>(<i64>load<i32>(p, 8))
  );
}
// @ts-ignore: decorator
@inline
export function dispOf(p: u32): i32 {
  return load<i32>(p, 8);
}
// @ts-ignore: decorator
@inline
export function immOf(p: u32): i32 {
  return load<i32>(p, 12);
}

/** Families called out of line pack their `imm` so: sub-operation. */
// @ts-ignore: decorator
@inline
export function subOf(p: u32): u32 {
  return load<u8>(p, 12);
}
/** The instruction's 8-bit immediate (x87: the ModRM byte). */
// @ts-ignore: decorator
@inline
export function imm8Of(p: u32): u32 {
  return load<u8>(p, 13);
}
/** Operand size: SIZE_*. */
// @ts-ignore: decorator
@inline
export function sizeOf(p: u32): u32 {
  return load<u8>(p, 14) & 3;
}
/** Mandatory or repeat prefix: 0 none, 1 F3, 2 F2; for SIMD 3 is 66. */
// @ts-ignore: decorator
@inline
export function prefixOf(p: u32): u32 {
  return (load<u8>(p, 14) >> 2) & 3;
}
/** Address size of string instructions and of whatever looks at RCX: 0 64-bit, 1 32-bit, 2 16-bit. */
// @ts-ignore: decorator
@inline
export function addressSizeOf(p: u32): u32 {
  return (load<u8>(p, 14) >> 4) & 3;
}
/** Segment of the source operand of string instructions (SEG_*), overrides applied. */
// @ts-ignore: decorator
@inline
export function segmentOf(p: u32): u32 {
  return load<u8>(p, 15);
}

/** RIP of the instruction in this record. */
// @ts-ignore: decorator
@inline
export function ripOf(p: u32): u64 {
  return load<u64>(REGS + SLOT_PAGE * 8) + <u64>(load<u16>(p, 6) & 0xfff);
}
/** RIP behind the instruction that ends the current block (only in operations that end a block). */
// @ts-ignore: decorator
@inline
export function nextRip(): u64 {
  return load<u64>(REGS + SLOT_PAGE * 8) + <u64>load<u16>(load<u32>(CURRENT_BLOCK), 16);
}
