/** Instructions that end a block and are not near branches: transfers, segment loads, flags, what only ring 0 may do. */
import { DEBUG_INHIBIT } from './debug';
import {
  CTL_CLI,
  CTL_FAR_CALL,
  CTL_FAR_CALL_IMM,
  CTL_FAR_JMP,
  CTL_FAR_JMP_IMM,
  CTL_INT,
  CTL_INT1,
  CTL_INT3,
  CTL_INTO,
  CTL_IO,
  CTL_IRET,
  CTL_LOAD_FAR,
  CTL_MOV_TO_SEG,
  CTL_POPF,
  CTL_POP_SEG,
  CTL_PRIVILEGED,
  CTL_PUSHF,
  CTL_RETF,
  CTL_STI,
  CTL_SYSCALL,
  CTL_SYSRET,
  CTL_WRFSBASE,
} from './families';
import { farCall, farJump, farOffsetSize, farReturn } from './far';
import { systemCall, systemReturn } from './fast-syscall';
import { faulted, raise, raisePrivileged } from './fault';
import { popFlags, pushFlags, setInterruptFlag } from './flag-control';
import { portInstruction } from './io';
import { interruptReturn } from './iret';
import {
  CR4,
  DEBUG_PENDING,
  REGS,
  RIP,
  RSP,
  SEG_CS,
  SEG_FS,
  SEG_GS,
  SEG_SS,
  SLOT_SEGMENT,
  VECTOR_BP,
  VECTOR_DB,
  VECTOR_GP,
  VECTOR_UD,
} from './layout';
import { read16, readable } from './memory';
import { isCanonical } from './paging';
import { readMemory, readRegister, writeRegister } from './operands';
import { addressOf, dispOf, imm8Of, isMemory, nextRip, regOf, rmOf, sizeOf, subOf } from './record';
import { MODE_64, loadSegment, modeOf } from './segments';
import { interruptOnOverflow, softwareInterrupt } from './software-interrupt';
import { peek, setStackPointer, stackPointer } from './stack-access';

const CR4_FSGSBASE: u32 = 0x10000;

/** Executes the record at `p`: RIP is behind it, unless it goes elsewhere. */
export function control(p: u32): void {
  store<u64>(RIP, nextRip());
  const sub = subOf(p);
  switch (sub) {
    case CTL_FAR_JMP:
    case CTL_FAR_CALL:
      farIndirect(p, sub == CTL_FAR_CALL);
      break;
    case CTL_FAR_JMP_IMM:
      farJump(load<u16>(p, 2), <u64>load<u32>(p, 8), sizeOf(p));
      break;
    case CTL_FAR_CALL_IMM:
      farCall(load<u16>(p, 2), <u64>load<u32>(p, 8), sizeOf(p));
      break;
    case CTL_RETF:
      farReturn(sizeOf(p), <u32>dispOf(p));
      break;
    case CTL_IRET:
      interruptReturn(sizeOf(p));
      break;
    case CTL_SYSCALL:
      systemCall();
      break;
    case CTL_SYSRET:
      systemReturn(sizeOf(p) == 3);
      break;
    case CTL_INT:
      softwareInterrupt(p, imm8Of(p));
      break;
    case CTL_INT3:
      softwareInterrupt(p, VECTOR_BP);
      break;
    case CTL_INT1:
      softwareInterrupt(p, VECTOR_DB);
      break;
    case CTL_INTO:
      interruptOnOverflow(p);
      break;
    default:
      controlState(p, sub);
  }
}

/** What goes on behind itself. */
function controlState(p: u32, sub: u32): void {
  switch (sub) {
    case CTL_MOV_TO_SEG:
      moveToSegment(p);
      break;
    case CTL_POP_SEG:
      popSegment(p);
      break;
    case CTL_LOAD_FAR:
      loadFar(p);
      break;
    case CTL_POPF:
      popFlags(sizeOf(p));
      break;
    case CTL_PUSHF:
      pushFlags(sizeOf(p));
      break;
    case CTL_CLI:
    case CTL_STI:
      setInterruptFlag(sub == CTL_STI);
      break;
    case CTL_PRIVILEGED:
      raisePrivileged();
      break;
    case CTL_IO:
      portInstruction(p);
      break;
    default:
      if (sub >= CTL_WRFSBASE && sub < CTL_WRFSBASE + 4) segmentBase(p, sub - CTL_WRFSBASE);
      else raise(VECTOR_UD, 0);
  }
}

/** JMP and CALL through m16:16 and m16:32; what a call pushes has the operand's size, be it 64 bits. */
function farIndirect(p: u32, isCall: bool): void {
  const size = sizeOf(p);
  const offsetSize = farOffsetSize(size);
  const address = addressOf(p);
  if (!readable(address, (1 << offsetSize) + 2)) return;
  const offset = readMemory(address, offsetSize);
  const selector = <u32>read16(address + (1 << offsetSize));
  if (isCall) farCall(selector, offset, size);
  else farJump(selector, offset, size);
}

/** MOV to ES SS DS FS GS; CS is #UD. */
function moveToSegment(p: u32): void {
  const segment = imm8Of(p);
  if (segment == <u32>SEG_CS || segment > <u32>SEG_GS) {
    raise(VECTOR_UD, 0);
    return;
  }
  const selector = <u32>(isMemory(p) ? read16(addressOf(p)) : load<u16>(REGS + rmOf(p)));
  if (faulted()) return;
  loadSegment(segment, selector);
  inhibitStep(segment);
}

/** MOV SS and POP SS come with the instruction that loads rSP: no single-step trap between the two. */
function inhibitStep(segment: u32): void {
  if (segment == SEG_SS) store<u32>(DEBUG_PENDING, load<u32>(DEBUG_PENDING) | DEBUG_INHIBIT);
}

function popSegment(p: u32): void {
  const size = sizeOf(p);
  const selector = (<u32>peek(0, size)) & 0xffff;
  if (faulted()) return;
  // Before SS is loaded: the stack's width is that of the old SS.
  const rsp = load<u64>(REGS + RSP * 8);
  setStackPointer(stackPointer() + (1 << size));
  loadSegment(imm8Of(p), selector);
  if (faulted()) store<u64>(REGS + RSP * 8, rsp);
  else inhibitStep(imm8Of(p));
}

/** LDS LES LFS LGS LSS: offset to `reg`, then the selector behind it to the segment. */
function loadFar(p: u32): void {
  const size = farOffsetSize(sizeOf(p));
  const address = addressOf(p);
  if (!readable(address, (1 << size) + 2)) return;
  const offset = readMemory(address, size);
  loadSegment(imm8Of(p), <u32>read16(address + (1 << size)));
  if (!faulted()) writeRegister(regOf(p), size, offset);
}

/** RDFSBASE, RDGSBASE, WRFSBASE, WRGSBASE (0..3): #UD without CR4.FSGSBASE and outside 64-bit mode. */
function segmentBase(p: u32, kind: u32): void {
  if (!(load<u32>(CR4) & CR4_FSGSBASE) || modeOf() != MODE_64) {
    raise(VECTOR_UD, 0);
    return;
  }
  const slot = REGS + (SLOT_SEGMENT + (kind & 1 ? SEG_GS : SEG_FS)) * 8;
  if (kind < 2) {
    writeRegister(rmOf(p), sizeOf(p), load<u64>(slot));
    return;
  }
  const base = readRegister(rmOf(p), sizeOf(p));
  if (isCanonical(base)) store<u64>(slot, base);
  else raise(VECTOR_GP, 0);
}
