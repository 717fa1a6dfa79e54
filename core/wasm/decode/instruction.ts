/**
 * The instruction being decoded: its bytes, prefixes, ModRM and the records it becomes. One at a time, in globals.
 */
import { insideSegment } from '../code-segment';
import { raise } from '../fault';
import {
  FETCH_BUFFER,
  SEG_DS,
  SEG_FS,
  SEG_SS,
  SLOT_ADDRESS,
  SLOT_PAGE,
  SLOT_SEGMENT,
  SLOT_ZERO,
  VECTOR_GP,
  VECTOR_UD,
} from '../layout';
import { PAGE_MASK, translateExecute } from '../paging';
import {
  OP_ADDRESS_32,
  OP_ADDRESS_64,
  OP_ADDRESS_ABSOLUTE,
  OP_ADDRESS_COMPATIBILITY,
  OP_BAD,
} from '../generated/operations';
import { NO_BASE, RECORD_BYTES } from '../record';

/** Mode: 0 64-bit, 1 32-bit, 2 16-bit code. */
export let mode: u32 = 0;

let cursor: u32 = 0;
let available: u32 = 0;
let length: u32 = 0;
let start: u64 = 0;
let crossed: bool = false;
/** The instruction needs bytes that are not there, or is too long: nothing more is read, zeros are. */
let cut: bool = false;
let tooLong: bool = false;

/** Prefixes. */
export let operand16: bool = false;
export let addressOverride: bool = false;
export let rex: u32 = 0;
/** 0 none, 1 F3, 2 F2. */
export let repeat: u32 = 0;
export let lock: bool = false;
/** Segment segmentOverride, or -1. */
let segmentOverride: i32 = -1;
let lockable: bool = false;

/** ModRM. */
export let modrm: u32 = 0;
export let inMemory: bool = false;
let base: u32 = 0;
let index: u32 = 0;
let scale: u32 = 0;
let disp: i32 = 0;
let defaultSegment: u32 = 0;

/** Where records go. */
let out: u32 = 0;
let first: u32 = 0;

/** Starts at `rip`, whose bytes are at `pointer`; records go to `to`. */
export function begin(rip: u64, pointer: u32, to: u32, codeMode: u32): void {
  mode = codeMode;
  start = rip;
  cursor = pointer;
  available = 0x1000 - ((<u32>rip) & 0xfff);
  length = 0;
  crossed = false;
  cut = false;
  tooLong = false;
  operand16 = codeMode == 2;
  addressOverride = false;
  rex = 0;
  repeat = 0;
  lock = false;
  segmentOverride = -1;
  lockable = false;
  inMemory = false;
  out = to;
  first = to;
}

/** Whether the instruction reaches into the next page. */
export function crossesPage(): bool {
  return crossed;
}
/** Whether its bytes could not all be fetched (a fault is raised when the next page was asked for). */
export function isCut(): bool {
  return cut;
}
export function instructionLength(): u32 {
  return length;
}
/** Behind the last record. */
export function recordsEnd(): u32 {
  return out;
}

/** Whether the next page may be fetched from: only for the first instruction of a block. */
let mayCross: bool = false;
export function allowCrossing(allowed: bool): void {
  mayCross = allowed;
}

/** The page behind an instruction's first. Where CS ends with that, or 32-bit addresses do, #GP(0) comes before a page fault. */
function fetchNext(page: u64): u32 {
  if (!mode || (!(page >> 32) && insideSegment(page))) return translateExecute(page);
  raise(VECTOR_GP, 0);
  return 0;
}

function refill(): void {
  crossed = true;
  const next = mayCross ? fetchNext((start & PAGE_MASK) + 0x1000) : 0;
  if (!next) {
    cut = true;
    return;
  }
  // What is left of the first page was read through `cursor` already.
  v128.store(FETCH_BUFFER, v128.load(next));
  cursor = FETCH_BUFFER;
  available = 16;
}

export function next8(): u32 {
  if (cut) return 0;
  if (length == 15) {
    cut = true;
    tooLong = true;
    return 0;
  }
  if (!available) {
    refill();
    if (cut) return 0;
  }
  available--;
  length++;
  return load<u8>(cursor++);
}
export function next16(): u32 {
  if (available >= 2 && length <= 13) {
    const value = <u32>load<u16>(cursor);
    cursor += 2;
    available -= 2;
    length += 2;
    return value;
  }
  const low = next8();
  return low | (next8() << 8);
}
export function next32(): u32 {
  if (available >= 4 && length <= 11) {
    const value = load<u32>(cursor);
    cursor += 4;
    available -= 4;
    length += 4;
    return value;
  }
  const low = next16();
  return low | (next16() << 16);
}
export function next64(): u64 {
  const low = next32();
  return (<u64>low) | ((<u64>next32()) << 32);
}
/** Sign-extended 8-bit immediate. */
export function nextSigned8(): i32 {
  return <i32>(<i8>next8());
}
/** Immediate of the operand size, 32 bits at most, sign-extended. */
export function nextImmediate(size: u32): i32 {
  if (size == 0) return nextSigned8();
  return size == 1 ? <i32>(<i16>next16()) : <i32>next32();
}

/** Reads the prefixes; returns the first opcode byte. A REX prefix only counts right in front of it. */
export function readPrefixes(): u32 {
  while (true) {
    const byte = next8();
    if (mode == 0 && (byte & 0xf0) == 0x40) {
      rex = byte;
    } else if (isLegacyPrefix(byte) && !cut) {
      rex = 0;
      applyPrefix(byte);
    } else {
      return byte;
    }
  }
}

function isLegacyPrefix(byte: u32): bool {
  if (byte < 0x64) return (byte & 0xe7) == 0x26;
  return (byte >= 0x64 && byte <= 0x67) || byte == 0xf0 || byte == 0xf2 || byte == 0xf3;
}

function applyPrefix(byte: u32): void {
  if (byte == 0x66) operand16 = mode != 2;
  else if (byte == 0x67) addressOverride = true;
  else if (byte == 0xf0) lock = true;
  else if (byte == 0xf3) repeat = 1;
  else if (byte == 0xf2) repeat = 2;
  else if (byte >= 0x64) segmentOverride = <i32>(byte - 0x64) + SEG_FS;
  else if (mode != 0) segmentOverride = <i32>((byte - 0x26) >> 3);
}

/** Whether prefix 66 was given (in 16-bit code the default is the other way round). */
export function has66(): bool {
  return operand16 == (mode != 2);
}

/** Operand size of most instructions: SIZE_16, SIZE_32 or SIZE_64. */
export function operandSize(): u32 {
  if (rex & 8) return 3;
  return operand16 ? 1 : 2;
}
/** Operand size of stack and near branch instructions: 64 unless 66 in 64-bit mode. */
export function stackSize(): u32 {
  if (mode == 0) return operand16 ? 1 : 3;
  return operand16 ? 1 : 2;
}
/** 0 64-bit, 1 32-bit, 2 16-bit addresses. */
export function addressSize(): u32 {
  if (mode == 0) return addressOverride ? 1 : 0;
  return (mode == 1) == addressOverride ? 2 : 1;
}
export function segmentOr(otherwise: u32): u32 {
  return segmentOverride >= 0 ? <u32>segmentOverride : otherwise;
}

/** Numbers of the ModRM fields with REX. */
export function regNumber(): u32 {
  return ((modrm >> 3) & 7) | ((rex & 4) << 1);
}
export function rmNumber(): u32 {
  return (modrm & 7) | ((rex & 1) << 3);
}
export function group(): u32 {
  return (modrm >> 3) & 7;
}
/** Byte offset into REGS of register `number` for an operand of `size`. */
export function registerOffset(number: u32, size: u32): u32 {
  return size == 0 && !rex && number >= 4 && number < 8 ? (number - 4) * 8 + 1 : number * 8;
}

/** Reads ModRM, SIB and displacement. */
export function readModrm(): void {
  modrm = next8();
  inMemory = modrm < 0xc0;
  if (!inMemory) return;
  base = SLOT_ZERO;
  index = SLOT_ZERO;
  scale = 0;
  disp = 0;
  defaultSegment = SEG_DS;
  if (addressSize() == 2) readModrm16();
  else readModrm32();
}

function readModrm32(): void {
  const mod = modrm >> 6;
  let rm = modrm & 7;
  if (rm == 4) {
    const sib = next8();
    const sibIndex = ((sib >> 3) & 7) | ((rex & 2) << 2);
    if (sibIndex != 4) {
      index = sibIndex;
      scale = sib >> 6;
    }
    rm = sib & 7;
    if (rm == 5 && mod == 0) {
      disp = <i32>next32();
      return;
    }
  } else if (rm == 5 && mod == 0) {
    disp = <i32>next32();
    if (mode == 0) base = SLOT_PAGE;
    return;
  }
  base = rm | ((rex & 1) << 3);
  if (base == 4 || base == 5) defaultSegment = SEG_SS;
  if (mod == 1) disp = nextSigned8();
  else if (mod == 2) disp = <i32>next32();
}

const BASES_16 = memory.data<u8>([3, 3, 5, 5, 6, 7, 5, 3]);
const INDEXES_16 = memory.data<u8>([6, 7, 6, 7, 16, 16, 16, 16]);

function readModrm16(): void {
  const mod = modrm >> 6;
  const rm = modrm & 7;
  if (rm == 6 && mod == 0) {
    disp = <i32>next16();
    return;
  }
  base = load<u8>(<usize>BASES_16 + rm);
  index = load<u8>(<usize>INDEXES_16 + rm);
  if (base == 5) defaultSegment = SEG_SS;
  if (mod == 1) disp = nextSigned8();
  else if (mod == 2) disp = <i32>(<i16>next16());
}

/** Starts a record: no operands, it retires one instruction. */
export function emit(operation: u32): u32 {
  const p = out;
  out += RECORD_BYTES;
  store<u64>(p, 0);
  store<u64>(p, 0, 8);
  store<u16>(p, operation);
  store<u8>(p, NO_BASE, 4);
  store<u8>(p, SLOT_ZERO * 8, 5);
  store<u16>(p, ((<u32>start) & 0xfff) | 0x4000, 6);
  return p;
}

/** Starts a record whose memory operand is the one of ModRM, `bytes` wide; `isWrite` matters in compatibility mode. */
export function emitMemory(operation: u32, bytes: u32, isWrite: bool): u32 {
  if (mode != 0) prepareCompatibility(bytes | (isWrite ? 0x100 : 0));
  else prepareAddress();
  return emitAddressed(operation);
}

/** Like `emitMemory` for LEA: no segment, no check. */
export function emitAddress(operation: u32): u32 {
  segmentOverride = -1;
  if (mode != 0) prepareCompatibility(0x400);
  else prepareAddress();
  return emitAddressed(operation);
}

function emitAddressed(operation: u32): u32 {
  const p = emit(operation);
  store<u8>(p, base * 8, 4);
  store<u8>(p, index * 8, 5);
  store<u16>(p, (<u32>load<u16>(p, 6)) | (scale << 12), 6);
  store<i32>(p, disp, 8);
  return p;
}

/** Folds FS or GS into base or index, or computes the address in a micro-operation before the record. */
function prepareAddress(): void {
  const segment = segmentOverride >= <i32>SEG_FS ? <u32>segmentOverride + SLOT_SEGMENT : SLOT_ZERO;
  if (!addressOverride) {
    if (segment == SLOT_ZERO) return;
    if (index == SLOT_ZERO) {
      index = segment;
      return;
    }
    if (base == SLOT_ZERO) {
      base = segment;
      return;
    }
  }
  microAddress(addressOverride ? OP_ADDRESS_32 : OP_ADDRESS_64, segment * 8);
}

function prepareCompatibility(access: u32): void {
  microAddress(OP_ADDRESS_COMPATIBILITY, segmentOr(defaultSegment));
  store<u32>(out - RECORD_BYTES, access | (addressSize() == 2 ? 0x200 : 0), 12);
}

function microAddress(operation: u32, rm: u32): void {
  const p = emitAddressed(operation);
  store<u8>(p, rm, 3);
  store<u16>(p, (<u32>load<u16>(p, 6)) & 0x3fff, 6);
  base = SLOT_ADDRESS;
  index = SLOT_ZERO;
  scale = 0;
  disp = 0;
}

/** Makes the absolute address of MOV moffs the memory operand. */
export function absoluteOperand(): void {
  inMemory = true;
  base = SLOT_ZERO;
  index = SLOT_ZERO;
  scale = 0;
  disp = 0;
  defaultSegment = SEG_DS;
  const size = addressSize();
  if (size) {
    disp = size == 1 ? <i32>next32() : <i32>next16();
    if (mode == 0) base = SLOT_ZERO;
    return;
  }
  const value = next64();
  if (<u64>(<i64>(<i32>value)) == value) {
    disp = <i32>value;
    return;
  }
  const segment = segmentOverride >= <i32>SEG_FS ? <u32>segmentOverride + SLOT_SEGMENT : SLOT_ZERO;
  microAddress(OP_ADDRESS_ABSOLUTE, segment * 8);
  store<u64>(out - RECORD_BYTES, value, 8);
  store<u8>(out - RECORD_BYTES, NO_BASE, 4);
  segmentOverride = -1;
  addressOverride = false;
}

/** Makes [rBX] (XLAT) the memory operand. */
export function baseOperand(number: u32): void {
  inMemory = true;
  base = number;
  index = SLOT_ZERO;
  scale = 0;
  disp = 0;
  defaultSegment = SEG_DS;
}

/** A base register and displacement alone? (The loop has shorter operations for those.) */
export function isPlainAddress(p: u32): bool {
  return load<u8>(p, 5) == SLOT_ZERO * 8;
}

/** Replaces whatever was emitted by one that raises `vector` (error code 0). */
export function bad(vector: u32): void {
  out = first;
  store<u32>(emit(OP_BAD), vector, 12);
}
export function undefinedOpcode(): void {
  bad(VECTOR_UD);
}
export function protection(): void {
  bad(VECTOR_GP);
}

/** LOCK is allowed for this instruction, if its destination is memory. */
export function allowLock(): void {
  lockable = inMemory;
}

/** Finishes: resolves RIP-relative displacements, checks LOCK and length. Returns whether the instruction is complete. */
export function finish(): bool {
  if (tooLong) {
    protection();
    return true;
  }
  if (cut) return false;
  if (lock && !lockable) undefinedOpcode();
  const after = <i32>(((<u32>start) & 0xfff) + length);
  for (let p = first; p < out; p += RECORD_BYTES) {
    if (load<u8>(p, 4) == SLOT_PAGE * 8) store<i32>(p, load<i32>(p, 8) + after, 8);
  }
  return true;
}

/** Offset from the page's start to the target of a relative branch. */
export function branchTarget(relative: i32): i32 {
  return <i32>(((<u32>start) & 0xfff) + length) + relative;
}
