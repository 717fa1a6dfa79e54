/**
 * PCMPESTRM, PCMPESTRI, PCMPISTRM, PCMPISTRI (SDM vol. 2, 4.1): compares the elements of two short strings by the rule in
 * the immediate: bits 0..1 the elements' type, 2..3 the comparison, 4..5 the polarity, 6 the kind of answer.
 */
import { faulted } from '../fault';
import { writeStatusFlags } from '../flags';
import { CF, OF, RAX, RCX, RDX, REGS, SCRATCH, SF, XMM, ZF } from '../layout';
import { SIZE_64, addressOf, imm8Of, isMemory, sizeOf } from '../record';
import { read128, xmmReg, xmmRm } from './operands';

const WORDS: u32 = 1;
const SIGNED: u32 = 2;
const MASKED: u32 = 0x20;
const NEGATIVE: u32 = 0x10;
/** The index is of the last match; the mask is expanded to elements. */
const LAST_OR_EXPANDED: u32 = 0x40;

/** Element `i` of the string at `at`, widened by its type. */
function element(at: u32, i: u32, type: u32): i32 {
  if (type & WORDS) return type & SIGNED ? <i32>load<i16>(at + i * 2) : <i32>load<u16>(at + i * 2);
  return type & SIGNED ? <i32>load<i8>(at + i) : <i32>load<u8>(at + i);
}

/** How many elements stand before the first that is 0. */
function implicitLength(at: u32, type: u32): u32 {
  const value = v128.load(at);
  const zero = i64x2.splat(0);
  if (type & WORDS) return ctz<u32>(i16x8.bitmask(i16x8.eq(value, zero)) | 0x100);
  return ctz<u32>(i8x16.bitmask(i8x16.eq(value, zero)) | 0x10000);
}

/** The magnitude of a length register, at most `elements`. */
function explicitLength(p: u32, register: u32, elements: u32): u32 {
  const at = REGS + register * 8;
  const value = sizeOf(p) == SIZE_64 ? load<i64>(at) : <i64>load<i32>(at);
  const magnitude = <u64>(value < 0 ? -value : value);
  return <u32>min<u64>(magnitude, elements);
}

/** Equal any: whether `value` is one of the first string's elements. */
function isAny(first: u32, length: u32, value: i32, type: u32): bool {
  for (let i: u32 = 0; i < length; i++) {
    if (element(first, i, type) == value) return true;
  }
  return false;
}

/** Ranges: whether `value` lies between two neighbours of the first string. A half range is none. */
function isInRanges(first: u32, length: u32, value: i32, type: u32): bool {
  for (let i: u32 = 0; i + 1 < length; i += 2) {
    if (element(first, i, type) <= value && value <= element(first, i + 1, type)) return true;
  }
  return false;
}

/** Equal ordered: whether the first string stands in the second at `start`, as far as the register shows. */
function isAt(first: u32, firstLength: u32, second: u32, secondLength: u32, start: u32, type: u32): bool {
  const elements: u32 = type & WORDS ? 8 : 16;
  for (let i: u32 = 0; i < firstLength && start + i < elements; i++) {
    if (start + i >= secondLength) return false;
    if (element(first, i, type) != element(second, start + i, type)) return false;
  }
  return true;
}

/** One bit for each element of the second string (the manual's IntRes1). */
function matches(first: u32, firstLength: u32, second: u32, secondLength: u32, control: u32): u32 {
  const type = control & 3;
  const elements: u32 = type & WORDS ? 8 : 16;
  let bits: u32 = 0;
  for (let j: u32 = 0; j < elements; j++) {
    let match = false;
    const valid = j < secondLength;
    switch ((control >> 2) & 3) {
      case 0:
        match = valid && isAny(first, firstLength, element(second, j, type), type);
        break;
      case 1:
        match = valid && isInRanges(first, firstLength, element(second, j, type), type);
        break;
      case 2: // equal each: elements behind both ends are equal
        match = valid == j < firstLength && (!valid || element(first, j, type) == element(second, j, type));
        break;
      default:
        match = isAt(first, firstLength, second, secondLength, j, type);
    }
    if (match) bits |= 1 << j;
  }
  return bits;
}

/** Applies the polarity (IntRes2). */
function polarised(bits: u32, secondLength: u32, elements: u32, control: u32): u32 {
  if (!(control & NEGATIVE)) return bits;
  return bits ^ ((1 << (control & MASKED ? secondLength : elements)) - 1);
}

/** Writes XMM0: the bits themselves, or elements of ones. */
function answerMask(bits: u32, control: u32): void {
  if (!(control & LAST_OR_EXPANDED)) {
    v128.store(XMM, i64x2(<i64>bits, 0));
  } else if (control & WORDS) {
    const lanes = i16x8(1, 2, 4, 8, 16, 32, 64, 128);
    v128.store(XMM, i16x8.eq(v128.and(i16x8.splat(<i16>bits), lanes), lanes));
  } else {
    const lanes = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
    const halves = i8x16.shuffle(
      i16x8.splat(<i16>bits),
      i64x2.splat(0),
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      1,
      1,
      1,
      1,
      1,
      1,
      1,
      1,
    );
    v128.store(XMM, i8x16.eq(v128.and(halves, lanes), lanes));
  }
}

/** Writes RCX: the first or last match, or the number of elements. */
function answerIndex(bits: u32, elements: u32, control: u32): void {
  let index = elements;
  if (bits) index = control & LAST_OR_EXPANDED ? 31 - clz<u32>(bits) : ctz<u32>(bits);
  store<u64>(REGS + RCX * 8, index);
}

/** 0F 3A 60..63. The memory operand need not be aligned. */
export function compareStrings(p: u32, isExplicit: bool, wantsIndex: bool): void {
  const control = imm8Of(p);
  const elements: u32 = control & WORDS ? 8 : 16;
  const first = xmmReg(p);
  let second = xmmRm(p);
  if (isMemory(p)) {
    const value = read128(addressOf(p));
    if (faulted()) return;
    v128.store(SCRATCH, value);
    second = SCRATCH;
  }
  const firstLength = isExplicit ? explicitLength(p, RAX, elements) : implicitLength(first, control);
  const secondLength = isExplicit ? explicitLength(p, RDX, elements) : implicitLength(second, control);
  const found = matches(first, firstLength, second, secondLength, control);
  const bits = polarised(found, secondLength, elements, control);
  if (wantsIndex) answerIndex(bits, elements, control);
  else answerMask(bits, control);
  writeStatusFlags(
    (bits ? CF : 0) |
      (secondLength < elements ? ZF : 0) |
      (firstLength < elements ? SF : 0) |
      (bits & 1 ? OF : 0),
  );
}
