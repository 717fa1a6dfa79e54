/** LAR, LSL, VERR, VERW: what a selector would give, told in ZF instead of a fault (SDM vol. 2). */
import { faulted } from './fault';
import { statusFlags, writeStatusFlags } from './flags';
import { CPL, REGS, ZF } from './layout';
import { read16, supervisorRead64 } from './memory';
import { writeReg } from './operands';
import { addressOf, isMemory, rmOf } from './record';
import {
  ATTR_S,
  ATTR_TYPE,
  attributesOf,
  descriptorAddress,
  dplOf,
  inTable,
  isNull,
  isReadable,
  isWritableData,
  limitOf,
  mayAccess,
} from './segments';

/** System descriptors that LSL knows in long mode: LDT, available and busy TSS. LAR knows call gates too. */
const LSL_TYPES: u32 = (1 << 2) | (1 << 9) | (1 << 11);
const LAR_TYPES: u32 = LSL_TYPES | (1 << 12);

function setZero(value: bool): void {
  writeStatusFlags((statusFlags() & ~ZF) | (value ? ZF : 0));
}

/** The selector operand: 16 bits of register or memory. */
function selectorOperand(p: u32): u32 {
  return isMemory(p) ? read16(addressOf(p)) : load<u16>(REGS + rmOf(p));
}

/** Reads the descriptor of `selector`; 0 when there is none. Check faulted(): the table may be unmapped. */
function lookUp(selector: u32): u64 {
  if (isNull(selector) || !inTable(selector, 8)) return 0;
  return supervisorRead64(descriptorAddress(selector));
}

/** Whether a descriptor is visible from CPL through a selector, with `types` the system types that count. */
function isVisible(descriptor: u64, rpl: u32, types: u32): bool {
  const attributes = attributesOf(descriptor);
  if (attributes & ATTR_S) return mayAccess(attributes, rpl, load<u32>(CPL));
  if (!((types >> (attributes & ATTR_TYPE)) & 1)) return false;
  return dplOf(attributes) >= rpl && dplOf(attributes) >= load<u32>(CPL);
}

/**
 * LAR reg, selector: bits 40..55 of the descriptor, in place. The limit among them is undefined on paper,
 * there on silicon.
 */
export function lar(p: u32): void {
  const selector = selectorOperand(p);
  if (faulted()) return;
  const descriptor = lookUp(selector);
  if (faulted()) return;
  const visible = isVisible(descriptor, selector & 3, LAR_TYPES);
  if (visible) writeReg(p, (descriptor >> 32) & 0xffff00);
  setZero(visible);
}

/** LSL reg, selector: the limit in bytes. */
export function lsl(p: u32): void {
  const selector = selectorOperand(p);
  if (faulted()) return;
  const descriptor = lookUp(selector);
  if (faulted()) return;
  const visible = isVisible(descriptor, selector & 3, LSL_TYPES);
  if (visible) writeReg(p, limitOf(descriptor));
  setZero(visible);
}

/** VERR, VERW: whether the segment could be read, or written. */
export function verify(p: u32, forWriting: bool): void {
  const selector = selectorOperand(p);
  if (faulted()) return;
  const attributes = attributesOf(lookUp(selector));
  if (faulted()) return;
  const kind = forWriting ? isWritableData(attributes) : isReadable(attributes);
  setZero(kind && mayAccess(attributes, selector & 3, load<u32>(CPL)));
}
