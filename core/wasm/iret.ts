/** IRET (SDM vol. 2, IRET): back to the same or an outer ring; in 64-bit mode SS:rSP are always popped too. */
import { faulted, raise } from './fault';
import { flagsAllowed, mergeFlags } from './flag-control';
import { dropInnerSegments, returnTarget } from './far';
import { CPL, NT, RF, SYSTEM_FLAGS, VECTOR_GP } from './layout';
import {
  ATTR_L,
  MODE_64,
  attributesOf,
  cacheStackSegment,
  checkStackSegment,
  markAccessed,
  modeOf,
} from './segments';
import { peek, setStackPointer, stackPointer } from './stack-access';
import { enterCode, validTarget } from './transfer';

/** IRET with operands of `size`. NT asks for a task switch, which long mode does not have: #GP(0). */
export function interruptReturn(size: u32): void {
  if (load<u32>(SYSTEM_FLAGS) & NT) {
    raise(VECTOR_GP, 0);
    return;
  }
  const width: u64 = 1 << size;
  const rip = peek(0, size);
  if (faulted()) return;
  const selector = (<u32>peek(width, size)) & 0xffff;
  if (faulted()) return;
  const flags = <u32>peek(2 * width, size);
  if (faulted()) return;
  const descriptor = returnTarget(selector);
  if (faulted()) return;
  if (modeOf() == MODE_64 || (selector & 3) != load<u32>(CPL))
    returnWithStack(selector, descriptor, rip, flags, size);
  else if (validTarget(descriptor, rip)) {
    markAccessed(selector, descriptor);
    if (faulted()) return;
    setStackPointer(stackPointer() + 3 * width);
    loadFlags(flags, size);
    enterCode(selector, descriptor, selector & 3, rip);
  }
}

function returnWithStack(selector: u32, descriptor: u64, rip: u64, flags: u32, size: u32): void {
  const width: u64 = 1 << size;
  const rsp = peek(3 * width, size);
  if (faulted()) return;
  const stackSelector = (<u32>peek(4 * width, size)) & 0xffff;
  if (faulted()) return;
  const ring = selector & 3;
  const outward = ring != load<u32>(CPL);
  const is64 = (attributesOf(descriptor) & ATTR_L) != 0;
  const stack = checkStackSegment(stackSelector, ring, is64 && ring != 3, VECTOR_GP);
  if (faulted() || !validTarget(descriptor, rip)) return;
  markAccessed(selector, descriptor);
  if (faulted()) return;
  loadFlags(flags, size);
  enterCode(selector, descriptor, ring, rip);
  cacheStackSegment(stackSelector, stack);
  setStackPointer(rsp);
  if (outward) dropInnerSegments();
}

/** Flags as the ring that executes IRET may change them. Unlike POPF, IRET can set RF. */
function loadFlags(flags: u32, size: u32): void {
  mergeFlags(flags, flagsAllowed(size) | (size == 1 ? 0 : RF));
}
