/** The ways out of the main loop, and the checks in front of the families: small functions it calls. */
import { BLOCK_COUNT, BLOCK_RECORDS } from './block-header';
import { currentMode } from './code-segment';
import { modeChanged } from './blocks';
import { raise } from './fault';
import { OP_CALL, OP_LEAVE, OP_PUSH_R, OP_RET, OP_SSE_0F } from './generated/operations';
import { zero } from './flags';
import {
  ATTRIBUTES,
  CR0,
  CR4,
  EXIT_EXCEPTION,
  EXIT_PRIVILEGED,
  EXIT_REASON,
  EXIT_VECTOR,
  LIMITS,
  NON_CANONICAL,
  RBP,
  RCX,
  REGS,
  RETIRED,
  RF,
  RIP,
  RSP,
  SEG_SS,
  SLOT_ADDRESS,
  SLOT_PAGE,
  SLOT_SEGMENT,
  SYSTEM_FLAGS,
  VECTOR_GP,
  VECTOR_NM,
  VECTOR_SS,
  VECTOR_UD,
} from './layout';
import { currentSpace, selectBank } from './paging';
import { RECORD_BYTES, addressOf, imm8Of, immOf, regOf, ripOf, rmOf, subOf } from './record';

/** RETIRED when the current run's budget is used up. */
let limit: u64 = 0;

export function setLimit(retired: u64): void {
  limit = retired;
}

// @ts-ignore: decorator
@inline
export function pageBase(): u64 {
  return load<u64>(REGS + SLOT_PAGE * 8);
}

/** Instructions of `block` that are not retired when the record at `p` does not complete. */
function unretired(p: u32, block: u32): i32 {
  let count = load<u32>(block, BLOCK_COUNT);
  for (let at = block + BLOCK_RECORDS; at < p; at += RECORD_BYTES) count -= load<u16>(at, 6) >> 14;
  return <i32>count;
}

/** The record at `p` has raised an exit: RIP is its instruction, it and what follows in the block are not retired. */
export function abort(p: u32, block: u32, remaining: i32): i32 {
  store<u64>(RIP, ripOf(p));
  if (load<u32>(NON_CANONICAL) && usesStack(p)) store<u32>(EXIT_VECTOR, VECTOR_SS);
  return remaining + unretired(p, block);
}

/** Whether the memory operand of the record at `p` is relative to rSP or rBP: SS is its segment. */
function usesStack(p: u32): bool {
  const operation = <u32>load<u16>(p);
  if (operation >= OP_PUSH_R && operation <= OP_LEAVE) return true;
  if (operation >= OP_CALL && operation <= OP_RET) return true;
  const base = <u32>load<u8>(p, 4);
  const index = <u32>load<u8>(p, 5);
  return (base == RSP * 8 || base == RBP * 8) && index < <u32>(SLOT_SEGMENT * 8);
}

/** The code ahead was overwritten: go on at the record's instruction, decoded afresh. */
export function stopped(p: u32, block: u32, remaining: i32): i32 {
  store<u64>(RIP, ripOf(p));
  return remaining + unretired(p, block);
}

/**
 * The budget ends in the middle of a repeated string instruction: the iterations done count as one instruction. Whoever
 * interrupts it finds RF set (SDM vol. 3, 17.3.1.1).
 */
export function again(p: u32, block: u32): i32 {
  store<u64>(RIP, ripOf(p));
  store<u32>(SYSTEM_FLAGS, load<u32>(SYSTEM_FLAGS) | RF);
  return unretired(p, block) - 1;
}

/** The budget ends inside `next`. */
export function leave(next: u32, remaining: i32): i32 {
  store<u64>(RIP, pageBase() + <u64>(load<u32>(next) & 0xfff));
  return remaining;
}

/** The budget is used up in front of `rip`. */
export function stopAt(rip: u64): i32 {
  const mode = currentMode();
  store<u64>(RIP, mode ? rip & (mode == 1 ? 0xffffffff : 0xffff) : rip);
  return 0;
}

/** A control instruction has raised an exit: a fault, or one that is retired (SYSCALL, INT n). */
export function leaveControl(p: u32, block: u32, remaining: i32): i32 {
  afterControl();
  const reason = load<u32>(EXIT_REASON);
  return reason == EXIT_EXCEPTION || reason == EXIT_PRIVILEGED ? abort(p, block, remaining) : remaining;
}

/** CS, CPL may have changed. */
export function afterControl(): void {
  modeChanged();
  selectBank(currentSpace());
}

/** Makes RETIRED exact for an instruction that reads the clock. */
export function countRetired(p: u32, block: u32, remaining: i32): void {
  store<u64>(RETIRED, limit - <u64>(remaining + unretired(p, block)));
}

const CR0_MP: u32 = 0x2;
const CR0_EM: u32 = 0x4;
const CR0_TS: u32 = 0x8;
const CR4_OSFXSR: u32 = 0x200;
/** Sub-operations that the checks know: FWAIT (of OP_X87), FXSAVE and FXRSTOR, MOVNTI (of OP_SSE_0F). */
const SUB_FWAIT: u32 = 8;
const SUB_FXSAVE: u32 = 0xae;
const SUB_MOVNTI: u32 = 0xc3;

/** CR0.EM and CR0.TS: #NM for x87. FWAIT minds TS only with MP, and not EM. */
export function fpuAvailable(p: u32): bool {
  const cr0 = load<u32>(CR0);
  if (!(cr0 & (CR0_EM | CR0_TS))) return true;
  if (subOf(p) == SUB_FWAIT && (cr0 & (CR0_MP | CR0_TS)) != (CR0_MP | CR0_TS)) return true;
  raise(VECTOR_NM, 0);
  return false;
}

/** CR0.EM, CR4.OSFXSR: #UD; CR0.TS: #NM, for MMX and SSE. FXSAVE counts as x87, MOVNTI as neither. */
// @ts-ignore: decorator
@inline
export function sseAvailable(p: u32): bool {
  return (!(load<u32>(CR0) & (CR0_EM | CR0_TS)) && (load<u32>(CR4) & CR4_OSFXSR) != 0) || sseExempt(p);
}

function sseExempt(p: u32): bool {
  const cr0 = load<u32>(CR0);
  if (load<u16>(p) == OP_SSE_0F) {
    if (subOf(p) == SUB_MOVNTI) return true;
    if (subOf(p) == SUB_FXSAVE && imm8Of(p) < 2) return fpuAvailable(p);
  }
  if (cr0 & CR0_EM || !(load<u32>(CR4) & CR4_OSFXSR)) raise(VECTOR_UD, 0);
  else raise(VECTOR_NM, 0);
  return false;
}

/** LOOP, LOOPE, LOOPNE, JrCXZ: `rm` is the kind (0 NE, 1 E, 2 plain, 3 CXZ), `reg` the address size (0 64, 1 32, 2 16). */
export function loopTaken(p: u32): bool {
  const kind = rmOf(p);
  const size = regOf(p);
  const mask: u64 = size == 0 ? 0xffffffffffffffff : size == 1 ? 0xffffffff : 0xffff;
  const rcx = load<u64>(REGS + RCX * 8);
  if (kind == 3) return (rcx & mask) == 0;
  const count = (rcx - 1) & mask;
  store<u64>(REGS + RCX * 8, size == 2 ? (rcx & ~mask) | count : count);
  if (kind == 2) return count != 0;
  return count != 0 && zero() == (kind == 1);
}

/**
 * An address in compatibility mode: offset of `rm`'s segment, checked against its limit and rights; the linear address
 * goes to SLOT_ADDRESS. imm: bytes accessed, bit 8 for a write, bit 9 for 16-bit addressing, bit 10 for no check (LEA).
 */
export function compatibilityAddress(p: u32): void {
  const access = <u32>immOf(p);
  let offset = addressOf(p) & 0xffffffff;
  if (access & 0x200) offset &= 0xffff;
  if (access & 0x400) {
    store<u64>(REGS + SLOT_ADDRESS * 8, offset);
    return;
  }
  const segment = rmOf(p);
  const attributes = load<u32>(ATTRIBUTES + segment * 4);
  const last = offset + <u64>(access & 0xff) - 1;
  const segmentLimit = <u64>load<u32>(LIMITS + segment * 4);
  const code = (attributes & 8) != 0;
  const forbidden = access & 0x100 ? code || !(attributes & 2) : code && !(attributes & 2);
  const expandDown = !code && (attributes & 4) != 0;
  const top: u64 = attributes & 0x4000 ? 0xffffffff : 0xffff;
  const outside = expandDown ? offset <= segmentLimit || last > top : last > segmentLimit;
  if (!(attributes & 0x80) || forbidden || outside) {
    raise(segment == SEG_SS ? VECTOR_SS : VECTOR_GP, 0);
    return;
  }
  store<u64>(REGS + SLOT_ADDRESS * 8, (offset + load<u64>(REGS + (SLOT_SEGMENT + segment) * 8)) & 0xffffffff);
}
