/**
 * Stack instructions that are not in the main loop: all of them outside 64-bit mode, the 16-bit and rare ones inside.
 * Nothing but memory below the stack pointer has changed when they fault.
 */
import { enter, leave, popAll, pushAll } from './stack-frames';
import {
  STK_CALL,
  STK_CALL_RM,
  STK_ENTER,
  STK_JMP_RM,
  STK_LEAVE,
  STK_POP,
  STK_POPA,
  STK_PUSH,
  STK_PUSHA,
  STK_PUSH_IMM,
  STK_PUSH_SEG,
  STK_RET,
} from './families';
import { faulted, raise } from './fault';
import { LIMITS, REGS, RIP, RSP, SEG_CS, SLOT_ADDRESS, SLOT_PAGE, VECTOR_GP } from './layout';
import { isCanonical } from './paging';
import { readRm, writeMemory, writeRegister } from './operands';
import { RECORD_BYTES, addressOf, dispOf, imm8Of, isMemory, nextRip, rmOf, sizeOf, subOf } from './record';
import { MODE_64, modeOf, selectorIn } from './segments';
import { peek, push, setStackPointer, stackPointer } from './stack-access';

/** Executes a record of OP_STACK. */
export function stack(p: u32): void {
  const size = sizeOf(p);
  switch (subOf(p)) {
    case STK_PUSH: {
      const value = readRm(p);
      if (!faulted()) push(value, size);
      break;
    }
    case STK_PUSH_IMM:
      push(<u64>(<i64>dispOf(p)), size);
      break;
    case STK_POP:
      pop(p, size);
      break;
    case STK_ENTER:
      enter((<u32>dispOf(p)) & 0xffff, imm8Of(p) & 31, size);
      break;
    case STK_LEAVE:
      leave(size);
      break;
    case STK_PUSHA:
      pushAll(size);
      break;
    case STK_POPA:
      popAll(size);
      break;
    case STK_PUSH_SEG:
      push(selectorIn(imm8Of(p)), size);
      break;
    default:
      unreachable();
  }
}

/** POP to a register or to memory, whose address counts the increment when it is relative to rSP. */
function pop(p: u32, size: u32): void {
  const value = peek(0, size);
  if (faulted()) return;
  const rsp = load<u64>(REGS + RSP * 8);
  if (!isMemory(p)) {
    setStackPointer(stackPointer() + (1 << size));
    writeRegister(rmOf(p), size, value);
    return;
  }
  const computed = load<u8>(p, 4) == SLOT_ADDRESS * 8 && load<u8>(p - RECORD_BYTES, 4) == RSP * 8;
  setStackPointer(stackPointer() + (1 << size));
  writeMemory(addressOf(p) + (computed ? 1 << size : 0), size, value);
  if (faulted()) store<u64>(REGS + RSP * 8, rsp);
}

/** Executes a record of OP_STACK_CONTROL: near CALL, RET and indirect JMP. In 64-bit mode their operands have 64 bits. */
export function stackControl(p: u32): void {
  const size: u32 = modeOf() == MODE_64 ? 3 : sizeOf(p);
  switch (subOf(p)) {
    case STK_CALL:
      nearCall(load<u64>(REGS + SLOT_PAGE * 8) + <u64>(<i64>dispOf(p)), size);
      break;
    case STK_CALL_RM: {
      const target = readRm(p);
      if (!faulted()) nearCall(target, size);
      break;
    }
    case STK_JMP_RM: {
      const target = readRm(p);
      if (!faulted()) nearJump(target, size);
      break;
    }
    case STK_RET: {
      const target = peek(0, size);
      if (faulted() || !nearJump(target, size)) return;
      setStackPointer(stackPointer() + (1 << size) + ((<u32>dispOf(p)) & 0xffff));
      break;
    }
    default:
      unreachable();
  }
}

function nearCall(target: u64, size: u32): void {
  if (!nearJump(target, size)) return;
  push(nextRip(), size);
}

/** Sets RIP; #GP(0) outside CS's limit or the canonical range. */
function nearJump(target: u64, size: u32): bool {
  const rip = size == 3 ? target : target & (size == 2 ? 0xffffffff : 0xffff);
  const inside = modeOf() == MODE_64 ? isCanonical(rip) : rip <= <u64>load<u32>(LIMITS + SEG_CS * 4);
  if (inside) store<u64>(RIP, rip);
  else raise(VECTOR_GP, 0);
  return inside;
}
