/** Shuffles by an immediate, blends, and single elements in and out of vectors. */
import { faulted } from '../fault';
import { FPR, REGS, SCRATCH, XMM } from '../layout';
import { read16, read32, read64, read8, write16, write32, write64, write8 } from '../memory';
import { SIZE_64, addressOf, imm8Of, isMemory, regOf, rmOf, sizeOf } from '../record';
import {
  enterMmx,
  mmxBlocked,
  mmxSource,
  setGeneral,
  setMmx,
  source128,
  source32,
  xmmReg,
  xmmRm,
} from './operands';

/** Where the 16 bytes of the rm operand are: the register, or a copy of the aligned memory; 0 with a fault raised. */
function place(p: u32): u32 {
  if (!isMemory(p)) return xmmRm(p);
  const value = source128(p);
  if (faulted()) return 0;
  v128.store(SCRATCH, value);
  return SCRATCH;
}

/** Two doublewords of the four at `at`, chosen by two bits each. */
// @ts-ignore: decorator
@inline
function doublewords(at: u32, control: u32): u64 {
  return (
    (<u64>load<u32>(at + ((control & 3) << 2))) | ((<u64>load<u32>(at + (((control >> 2) & 3) << 2))) << 32)
  );
}

/** Four words of the four at `at`, chosen by two bits each. */
function words(at: u32, control: u32): u64 {
  return (
    (<u64>load<u16>(at + ((control & 3) << 1))) |
    ((<u64>load<u16>(at + (((control >> 2) & 3) << 1))) << 16) |
    ((<u64>load<u16>(at + (((control >> 4) & 3) << 1))) << 32) |
    ((<u64>load<u16>(at + (((control >> 6) & 3) << 1))) << 48)
  );
}

/** Writes both halves of the XMM register in the reg field. */
// @ts-ignore: decorator
@inline
function setHalves(p: u32, low: u64, high: u64): void {
  store<u64>(xmmReg(p), low);
  store<u64>(xmmReg(p), high, 8);
}

/** PSHUFD. */
export function shuffleDoublewords(p: u32): void {
  const at = place(p);
  if (at) setHalves(p, doublewords(at, imm8Of(p)), doublewords(at, imm8Of(p) >> 4));
}

/** PSHUFLW. */
export function shuffleLowWords(p: u32): void {
  const at = place(p);
  if (at) setHalves(p, words(at, imm8Of(p)), load<u64>(at, 8));
}

/** PSHUFHW. */
export function shuffleHighWords(p: u32): void {
  const at = place(p);
  if (at) setHalves(p, load<u64>(at), words(at + 8, imm8Of(p)));
}

/** PSHUFW mm, mm/m64. */
export function shuffleWordsMmx(p: u32): void {
  if (mmxBlocked()) return;
  const value = mmxSource(p);
  if (faulted()) return;
  store<u64>(SCRATCH, value);
  setMmx(regOf(p), words(SCRATCH, imm8Of(p)));
}

/** SHUFPS: the low half from the destination, the high half from the source. */
export function shuffleSingles(p: u32): void {
  const at = place(p);
  if (at) setHalves(p, doublewords(xmmReg(p), imm8Of(p)), doublewords(at, imm8Of(p) >> 4));
}

/** SHUFPD. */
export function shuffleDoubles(p: u32): void {
  const at = place(p);
  const control = imm8Of(p);
  if (at) setHalves(p, load<u64>(xmmReg(p) + ((control & 1) << 3)), load<u64>(at + ((control & 2) << 2)));
}

/** The word PINSRW inserts; check faulted(). */
function wordOperand(p: u32): u32 {
  return isMemory(p) ? <u32>read16(addressOf(p)) : <u32>load<u16>(REGS + rmOf(p));
}

/** PINSRW xmm. */
export function insertWord(p: u32): void {
  const value = wordOperand(p);
  if (!faulted()) store<u16>(xmmReg(p) + ((imm8Of(p) & 7) << 1), value);
}

/** PINSRW mm. */
export function insertWordMmx(p: u32): void {
  if (mmxBlocked()) return;
  const value = wordOperand(p);
  if (faulted()) return;
  const shift = <u64>((imm8Of(p) & 3) << 4);
  setMmx(regOf(p), (load<u64>(FPR + regOf(p)) & ~((<u64>0xffff) << shift)) | ((<u64>value) << shift));
}

/** PEXTRW r, xmm (the SSE2 form). */
export function extractWordToReg(p: u32): void {
  setGeneral(p, load<u16>(xmmRm(p) + ((imm8Of(p) & 7) << 1)));
}

/** PEXTRW r, mm. */
export function extractWordMmx(p: u32): void {
  if (mmxBlocked()) return;
  enterMmx();
  setGeneral(p, load<u16>(FPR + rmOf(p) + ((imm8Of(p) & 3) << 1)));
}

/** PINSRB. */
export function insertByte(p: u32): void {
  const value = isMemory(p) ? read8(addressOf(p)) : load<u8>(REGS + rmOf(p));
  if (!faulted()) store<u8>(xmmReg(p) + (imm8Of(p) & 15), value);
}

/** PINSRD, PINSRQ. */
export function insertGeneral(p: u32): void {
  if (sizeOf(p) == SIZE_64) {
    const value = isMemory(p) ? read64(addressOf(p)) : load<u64>(REGS + rmOf(p));
    if (!faulted()) store<u64>(xmmReg(p) + ((imm8Of(p) & 1) << 3), value);
  } else {
    const value = isMemory(p) ? read32(addressOf(p)) : load<u32>(REGS + rmOf(p));
    if (!faulted()) store<u32>(xmmReg(p) + ((imm8Of(p) & 3) << 2), value);
  }
}

/** PEXTRB. */
export function extractByte(p: u32): void {
  const value = load<u8>(xmmReg(p) + (imm8Of(p) & 15));
  if (isMemory(p)) write8(addressOf(p), value);
  else store<u64>(REGS + rmOf(p), value);
}

/** PEXTRW r/m16, xmm (the SSE4.1 form). */
export function extractWord(p: u32): void {
  const value = load<u16>(xmmReg(p) + ((imm8Of(p) & 7) << 1));
  if (isMemory(p)) write16(addressOf(p), value);
  else store<u64>(REGS + rmOf(p), value);
}

/** PEXTRD, EXTRACTPS. */
export function extractDoubleword(p: u32): void {
  const value = load<u32>(xmmReg(p) + ((imm8Of(p) & 3) << 2));
  if (isMemory(p)) write32(addressOf(p), value);
  else store<u64>(REGS + rmOf(p), value);
}

/** PEXTRQ. */
export function extractQuadword(p: u32): void {
  const value = load<u64>(xmmReg(p) + ((imm8Of(p) & 1) << 3));
  if (isMemory(p)) write64(addressOf(p), value);
  else store<u64>(REGS + rmOf(p), value);
}

/** INSERTPS: a single from the source, then zeros where the immediate says so. */
export function insertSingle(p: u32): void {
  const control = imm8Of(p);
  const value = isMemory(p) ? source32(p) : load<u32>(XMM + rmOf(p) + ((control >> 6) << 2));
  if (faulted()) return;
  const at = xmmReg(p);
  store<u32>(at + (((control >> 4) & 3) << 2), value);
  for (let i: u32 = 0; i < 4; i++) {
    if ((control >> i) & 1) store<u32>(at + (i << 2), 0);
  }
}

/** BLENDPS, BLENDPD, PBLENDW: elements of the source where the immediate's bit is set. `opcode` of 0F 3A. */
export function blend(opcode: u32, a: v128, b: v128, control: u32): v128 {
  return v128.bitselect(b, a, blendMask(opcode, control));
}

function blendMask(opcode: u32, control: u32): v128 {
  if (opcode == 0x0c) {
    const bits = i32x4(1, 2, 4, 8);
    return i32x4.eq(v128.and(i32x4.splat(control), bits), bits);
  }
  if (opcode == 0x0d) {
    const bits = i64x2(1, 2);
    return i64x2.eq(v128.and(i64x2.splat(control), bits), bits);
  }
  const bits = i16x8(1, 2, 4, 8, 16, 32, 64, 128);
  return i16x8.eq(v128.and(i16x8.splat(<i16>control), bits), bits);
}
