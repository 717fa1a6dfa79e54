/**
 * Far jumps, calls and returns (SDM vol. 2, JMP, CALL, RET; vol. 3, 5.8): to code segments of the same privilege, through
 * 64-bit call gates, and back to outer rings. There are no task switches in long mode.
 */
import { faulted, raise } from './fault';
import {
  CPL,
  LIMITS,
  REGS,
  RSP,
  SEG_CS,
  SEG_ES,
  SEG_GS,
  SEG_SS,
  SEG_TR,
  SELECTORS,
  TR_BASE,
  VECTOR_GP,
  VECTOR_NP,
  VECTOR_SS,
  VECTOR_TS,
} from './layout';
import { supervisorRead64, writable } from './memory';
import { isCanonical } from './paging';
import { writeMemory } from './operands';
import { nextRip } from './record';
import {
  ATTR_CODE,
  ATTR_CONFORMING,
  ATTR_DB,
  ATTR_L,
  ATTR_P,
  ATTR_S,
  ATTR_TYPE,
  attributesIn,
  attributesOf,
  cacheNull,
  cacheStackSegment,
  checkStackSegment,
  descriptorAddress,
  dplOf,
  errorOf,
  inTable,
  isNull,
  markAccessed,
  selectorIn,
} from './segments';
import { peek, setStackPointer, stackAddress, stackPointer } from './stack-access';
import { enterCode, fetchTarget, isCode, refuse, setPrivilege, usableCode, validTarget } from './transfer';

const CALL_GATE: u32 = 12;

/**
 * The size of a far pointer's offset: AMD's processors have none of 64 bits, REX.W or not (APM vol. 3, CALL far, LSS; as
 * measured), unlike Intel's.
 */
export function farOffsetSize(size: u32): u32 {
  return min(size, 2);
}

/** Truncates an instruction pointer to an operand size. */
export function truncate(rip: u64, size: u32): u64 {
  return size == 3 ? rip : rip & (size == 2 ? 0xffffffff : 0xffff);
}

/** JMP to selector:offset; `size` is that of the offset. */
export function farJump(selector: u32, offset: u64, size: u32): void {
  const descriptor = fetchTarget(selector);
  if (faulted()) return;
  const attributes = attributesOf(descriptor);
  if (isCallGate(attributes)) {
    throughGate(selector, descriptor, false);
    return;
  }
  const rip = truncate(offset, size);
  if (!directTarget(selector, attributes) || !validTarget(descriptor, rip)) return;
  markAccessed(selector, descriptor);
  if (!faulted()) enterCode(selector, descriptor, load<u32>(CPL), rip);
}

/** CALL to selector:offset. */
export function farCall(selector: u32, offset: u64, size: u32): void {
  const descriptor = fetchTarget(selector);
  if (faulted()) return;
  const attributes = attributesOf(descriptor);
  if (isCallGate(attributes)) {
    throughGate(selector, descriptor, true);
    return;
  }
  const rip = truncate(offset, size);
  if (!directTarget(selector, attributes)) return;
  const frame = reserve(2, size);
  if (faulted() || !validTarget(descriptor, rip)) return;
  markAccessed(selector, descriptor);
  if (faulted()) return;
  fill(frame, size);
  enterCode(selector, descriptor, load<u32>(CPL), rip);
}

/** Whether JMP and CALL may go to a segment directly: conforming code of inner rings, other code of this ring. */
function directTarget(selector: u32, attributes: u32): bool {
  const cpl = load<u32>(CPL);
  const allowed =
    attributes & ATTR_CONFORMING
      ? dplOf(attributes) <= cpl
      : (selector & 3) <= cpl && dplOf(attributes) == cpl;
  if (!isCode(attributes) || !allowed) return refuse(VECTOR_GP, selector);
  return usableCode(selector, attributes);
}

/** Makes room for `count` operands on the current stack; returns its linear address. Check faulted(). */
function reserve(count: u32, size: u32): u64 {
  const bytes = count << size;
  const address = stackAddress(stackPointer() - bytes, bytes);
  if (!faulted()) writable(address, bytes);
  return address;
}

/** Writes the return address (CS above RIP) to what `reserve` gave, and moves the stack pointer. */
function fill(frame: u64, size: u32): void {
  writeMemory(frame, size, nextRip());
  writeMemory(frame + (1 << size), size, selectorIn(SEG_CS));
  setStackPointer(stackPointer() - (2 << size));
}

function isCallGate(attributes: u32): bool {
  return (attributes & (ATTR_S | ATTR_TYPE)) == CALL_GATE;
}

/** JMP or CALL through a 64-bit call gate: 16 bytes in the table, target in 64-bit code. */
function throughGate(gate: u32, low: u64, isCall: bool): void {
  const attributes = attributesOf(low);
  const cpl = load<u32>(CPL);
  if (dplOf(attributes) < cpl || dplOf(attributes) < (gate & 3) || !inTable(gate, 16)) {
    refuse(VECTOR_GP, gate);
    return;
  }
  const high = supervisorRead64(descriptorAddress(gate) + 8);
  if (faulted()) return;
  if ((<u32>(high >> 40)) & 0x1f) refuse(VECTOR_GP, gate);
  else if (!(attributes & ATTR_P)) refuse(VECTOR_NP, gate);
  else
    gateTarget(
      (<u32>(low >> 16)) & 0xfffc,
      (low & 0xffff) | ((low >> 32) & 0xffff0000) | (high << 32),
      isCall,
    );
}

function gateTarget(selector: u32, rip: u64, isCall: bool): void {
  const descriptor = fetchTarget(selector);
  if (faulted()) return;
  const attributes = attributesOf(descriptor);
  const cpl = load<u32>(CPL);
  const conforming = (attributes & ATTR_CONFORMING) != 0;
  const reachable = isCall || conforming ? dplOf(attributes) <= cpl : dplOf(attributes) == cpl;
  if (!isCode(attributes) || !reachable || (attributes & (ATTR_L | ATTR_DB)) != ATTR_L) {
    refuse(VECTOR_GP, selector);
    return;
  }
  if (!usableCode(selector, attributes)) return;
  const inward = isCall && !conforming && dplOf(attributes) < cpl;
  const frame = inward ? 0 : isCall ? reserve(2, 3) : 0;
  if (faulted() || !validTarget(descriptor, rip)) return;
  markAccessed(selector, descriptor);
  if (faulted()) return;
  if (inward) {
    callInward(selector, descriptor, dplOf(attributes), rip);
    return;
  }
  if (isCall) fill(frame, 3);
  enterCode(selector, descriptor, cpl, rip);
}

/** A call to an inner ring: its stack comes from the TSS, SS becomes a null selector of that ring. */
function callInward(selector: u32, descriptor: u64, ring: u32, rip: u64): void {
  const at: u32 = 4 + ring * 8;
  if (at + 7 > load<u32>(LIMITS + SEG_TR * 4) || !(attributesIn(SEG_TR) & ATTR_P)) {
    raise(VECTOR_TS, errorOf(selectorIn(SEG_TR)));
    return;
  }
  const stack = supervisorRead64(load<u64>(TR_BASE) + at);
  if (faulted()) return;
  const frame = stack - 32;
  if (!isCanonical(frame) || !isCanonical(stack - 1)) {
    raise(VECTOR_SS, 0);
    return;
  }
  const outer = load<u32>(CPL);
  setPrivilege(ring);
  if (!writable(frame, 32)) {
    setPrivilege(outer);
    return;
  }
  writeMemory(frame, 3, nextRip());
  writeMemory(frame + 8, 3, selectorIn(SEG_CS));
  writeMemory(frame + 16, 3, load<u64>(REGS + RSP * 8));
  writeMemory(frame + 24, 3, selectorIn(SEG_SS));
  cacheNull(SEG_SS, ring);
  store<u64>(REGS + RSP * 8, frame);
  enterCode(selector, descriptor, ring, rip);
}

/** RETF, releasing `bytes` more from the stack (from both stacks on the way to an outer ring). */
export function farReturn(size: u32, bytes: u32): void {
  const rip = peek(0, size);
  if (faulted()) return;
  const selector = (<u32>peek(1 << size, size)) & 0xffff;
  if (faulted()) return;
  const descriptor = returnTarget(selector);
  if (faulted()) return;
  const released: u64 = (2 << size) + bytes;
  const ring = selector & 3;
  if (ring != load<u32>(CPL)) {
    returnOutward(selector, descriptor, rip, released, size, bytes);
    return;
  }
  if (!validTarget(descriptor, rip)) return;
  markAccessed(selector, descriptor);
  if (faulted()) return;
  setStackPointer(stackPointer() + released);
  enterCode(selector, descriptor, ring, rip);
}

/** The descriptor of a selector that RETF or IRET returns to, checked: never to an inner ring. Check faulted(). */
export function returnTarget(selector: u32): u64 {
  const descriptor = fetchTarget(selector);
  if (faulted()) return 0;
  const attributes = attributesOf(descriptor);
  const ring = selector & 3;
  const allowed = attributes & ATTR_CONFORMING ? dplOf(attributes) <= ring : dplOf(attributes) == ring;
  if (!isCode(attributes) || ring < load<u32>(CPL) || !allowed) refuse(VECTOR_GP, selector);
  else usableCode(selector, attributes);
  return descriptor;
}

function returnOutward(selector: u32, descriptor: u64, rip: u64, released: u64, size: u32, bytes: u32): void {
  const rsp = peek(released, size);
  if (faulted()) return;
  const stackSelector = (<u32>peek(released + (1 << size), size)) & 0xffff;
  if (faulted()) return;
  const ring = selector & 3;
  const is64 = (attributesOf(descriptor) & ATTR_L) != 0;
  const stack = checkStackSegment(stackSelector, ring, is64 && ring != 3, VECTOR_GP);
  if (faulted() || !validTarget(descriptor, rip)) return;
  markAccessed(selector, descriptor);
  if (faulted()) return;
  enterCode(selector, descriptor, ring, rip);
  cacheStackSegment(stackSelector, stack);
  setStackPointer(rsp + bytes);
  dropInnerSegments();
}

/** On a return to an outer ring, data segments that it may not use become null, and null ones lose their RPL. */
export function dropInnerSegments(): void {
  const cpl = load<u32>(CPL);
  for (let segment: u32 = SEG_ES; segment <= <u32>SEG_GS; segment++) {
    if (segment == <u32>SEG_CS || segment == <u32>SEG_SS) continue;
    if (isNull(selectorIn(segment))) {
      store<u16>(SELECTORS + segment * 2, 0);
      continue;
    }
    const attributes = attributesIn(segment);
    const conforming = (attributes & (ATTR_CODE | ATTR_CONFORMING)) == (ATTR_CODE | ATTR_CONFORMING);
    if (attributes & ATTR_P && dplOf(attributes) < cpl && !conforming) cacheNull(segment, 0);
  }
}
