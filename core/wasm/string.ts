/**
 * String instructions (SDM vol. 2: MOVS CMPS STOS LODS SCAS INS OUTS, REP), restartable: after a fault rCX, rSI and rDI
 * stand at the iteration that failed.
 *
 * One execution of a repeated instruction does the iterations up to the next page boundary of its source or destination
 * (an element that crosses one goes alone), as told by the addresses and nothing else, so that the count of retired
 * instructions never depends on what is cached. When iterations are left it sets STRING_AGAIN: the main loop executes the
 * record again, and each execution retires one instruction.
 */
import { debugArmed } from './debug';
import { faulted, raise } from './fault';
import { zero } from './flags';
import { portAllowed } from './io';
import {
  DF,
  EXIT_PRIVILEGED,
  EXIT_REASON,
  LIMITS,
  RCX,
  RDI,
  RDX,
  REGS,
  RSI,
  SEG_ES,
  SEG_FS,
  SEG_SS,
  SLOT_SEGMENT,
  STRING_AGAIN,
  SYSTEM_FLAGS,
  TF,
  VECTOR_GP,
  VECTOR_SS,
} from './layout';
import { addressSizeOf, prefixOf, segmentOf, sizeOf, subOf } from './record';
import { compareRun, fillRun, loadRun, moveRun, scanRun } from './runs';
import {
  ATTR_CODE,
  ATTR_DB,
  ATTR_EXPAND_DOWN,
  ATTR_P,
  ATTR_RW,
  MODE_64,
  attributesIn,
  modeOf,
} from './segments';

/** Opcodes of the byte forms; bit 0 makes the wider ones. */
const MOVS: u32 = 0xa4;
const CMPS: u32 = 0xa6;
const STOS: u32 = 0xaa;
const LODS: u32 = 0xac;
const SCAS: u32 = 0xae;
const OUTS: u32 = 0x6e;

const PREFIX_REPE: u32 = 1;

// @ts-ignore: decorator
@inline
function maskOf(addressSize: u32): u64 {
  if (addressSize == 0) return 0xffffffffffffffff;
  return addressSize == 1 ? 0xffffffff : 0xffff;
}

/** Adds to rCX, rSI or rDI of the address size: 32-bit writes clear the upper half, 16-bit ones leave the rest. */
function advance(register: u32, by: i64, addressSize: u32): void {
  const at = REGS + register * 8;
  const value = load<u64>(at) + <u64>by;
  if (addressSize == 0) store<u64>(at, value);
  else if (addressSize == 1) store<u64>(at, value & 0xffffffff);
  else store<u16>(at, value);
}

/** How many elements of `1 << size` bytes follow one another inside the page of `address`, at least 1. */
function elementsInPage(address: u64, size: u32, down: bool): u32 {
  const offset = (<u32>address) & 0xfff;
  if (offset + (1 << size) > 0x1000) return 1;
  return down ? (offset >> size) + 1 : (0x1000 - offset) >> size;
}

/** Base of a string operand's segment: ES, DS, SS and CS have none in 64-bit mode. */
// @ts-ignore: decorator
@inline
function baseOf(segment: u32, long: bool): u64 {
  return long && segment < <u32>SEG_FS ? 0 : load<u64>(REGS + (<u32>SLOT_SEGMENT + segment) * 8);
}

/** Outside 64-bit mode: whether `bytes` bytes at `offset` may be accessed through `segment`. */
function insideSegment(segment: u32, offset: u64, bytes: u32, write: bool): bool {
  const attributes = attributesIn(segment);
  if (!(attributes & ATTR_P)) return false;
  const last = offset + bytes - 1;
  const limit = <u64>load<u32>(LIMITS + segment * 4);
  if (attributes & ATTR_CODE) return !write && (attributes & ATTR_RW) != 0 && last <= limit;
  if (write && !(attributes & ATTR_RW)) return false;
  if (!(attributes & ATTR_EXPAND_DOWN)) return last <= limit;
  return offset > limit && last <= (attributes & ATTR_DB ? <u64>0xffffffff : <u64>0xffff);
}

/** The elements of a run that lie inside the segment: all of them or the first. 0 with the fault raised. */
function elementsInSegment(segment: u32, offset: u64, size: u32, count: u32, down: bool, write: bool): u32 {
  const lowest = down ? offset - <u64>((count - 1) << size) : offset;
  if (insideSegment(segment, lowest, count << size, write)) return count;
  if (insideSegment(segment, offset, 1 << size, write)) return 1;
  raise(segment == SEG_SS ? VECTOR_SS : VECTOR_GP, 0);
  return 0;
}

// @ts-ignore: decorator
@inline
function usesSource(kind: u32): bool {
  return kind == MOVS || kind == CMPS || kind == LODS || kind == OUTS;
}

// @ts-ignore: decorator
@inline
function usesDestination(kind: u32): bool {
  return kind != LODS && kind != OUTS;
}

/** Does `count` iterations, or fewer when the condition of CMPS and SCAS ends them: returns how many are complete. */
function iterate(
  kind: u32,
  source: u64,
  destination: u64,
  size: u32,
  count: u32,
  down: bool,
  whileEqual: bool,
): u32 {
  switch (kind) {
    case MOVS:
      return moveRun(source, destination, size, count, down);
    case CMPS:
      return compareRun(source, destination, size, count, down, whileEqual);
    case STOS:
      return fillRun(destination, size, count, down);
    case LODS:
      return loadRun(source, size, count, down);
    case SCAS:
      return scanRun(destination, size, count, down, whileEqual);
    default:
      accessPort(1 << size);
      return 0;
  }
}

/** INS and OUTS: the hypervisor's business when the port in DX is allowed. */
function accessPort(bytes: u32): void {
  if (portAllowed(<u32>load<u16>(REGS + RDX * 8), min(bytes, 4))) store<u32>(EXIT_REASON, EXIT_PRIVILEGED);
}

export function string(p: u32): void {
  const opcode = subOf(p);
  const kind = opcode & 0xfe;
  const size = opcode & 1 ? sizeOf(p) : 0;
  const addressSize = addressSizeOf(p);
  const mask = maskOf(addressSize);
  const prefix = prefixOf(p);
  const remaining: u64 = prefix ? load<u64>(REGS + RCX * 8) & mask : 1;
  if (remaining == 0) return;

  const flags = load<u32>(SYSTEM_FLAGS);
  const down = (flags & DF) != 0;
  const long = modeOf() == MODE_64;
  const segment = segmentOf(p);
  const fromOffset = load<u64>(REGS + RSI * 8) & mask;
  const toOffset = load<u64>(REGS + RDI * 8) & mask;
  let from = baseOf(segment, long) + fromOffset;
  let to = baseOf(SEG_ES, long) + toOffset;
  let count: u32 = 1;
  if (prefix && !(flags & TF) && !debugArmed()) {
    count = 4096;
    // The offsets count too: they wrap at a page boundary of the segment, wherever its base is.
    if (usesSource(kind))
      count = min(count, min(elementsInPage(from, size, down), elementsInPage(fromOffset, size, down)));
    if (usesDestination(kind))
      count = min(count, min(elementsInPage(to, size, down), elementsInPage(toOffset, size, down)));
    if (remaining < <u64>count) count = <u32>remaining;
  }
  if (!long) {
    from &= 0xffffffff;
    to &= 0xffffffff;
    if (usesSource(kind)) count = elementsInSegment(segment, fromOffset, size, count, down, false);
    if (count && usesDestination(kind)) {
      count = elementsInSegment(SEG_ES, toOffset, size, count, down, kind != CMPS && kind != SCAS);
    }
    if (count == 0) return;
  }

  const done = iterate(kind, from, to, size, count, down, prefix == PREFIX_REPE);
  const step = (down ? -(<i64>done) : <i64>done) << size;
  if (done) {
    if (usesSource(kind)) advance(RSI, step, addressSize);
    if (usesDestination(kind)) advance(RDI, step, addressSize);
    if (prefix) advance(RCX, -(<i64>done), addressSize);
  }
  if (!prefix || faulted()) return;
  const ended = (kind == CMPS || kind == SCAS) && zero() != (prefix == PREFIX_REPE);
  if (remaining != <u64>done && !ended) store<u32>(STRING_AGAIN, 1);
}
