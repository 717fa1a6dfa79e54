/**
 * SYSCALL and SYSRET as AMD has them (APM vol. 3): also from compatibility mode. SYSCALL only leaves RCX and R11 behind
 * and exits: entering ring 0 is the hypervisor's business.
 */
import { raise } from './fault';
import { readFlags, writeFlags } from './flags';
import {
  ATTRIBUTES,
  CPL,
  EFER,
  EXIT_REASON,
  EXIT_SYSCALL,
  LIMITS,
  RCX,
  REGS,
  RF,
  SEG_SS,
  SELECTORS,
  SLOT_SEGMENT,
  STAR,
  VECTOR_GP,
  VECTOR_UD,
} from './layout';
import { isCanonical } from './paging';
import { nextRip } from './record';
import { enterCode } from './transfer';

const EFER_SCE: u32 = 1;
const R11: u32 = 11;
/** What SYSRET takes from R11: everything but RF, VM and reserved bits. */
const SYSRET_FLAGS: u32 = 0x3c7fd7;

/** Flat descriptors of ring 3: 64-bit code, 32-bit code. */
const CODE_64: u64 = 0x00affb000000ffff;
const CODE_32: u64 = 0x00cffb000000ffff;
/** Cached attributes of a flat data segment of ring 3. */
const DATA_ATTRIBUTES: u32 = 0xc0f3;

/** RCX = next RIP, R11 = RFLAGS; #UD unless EFER.SCE. */
export function systemCall(): void {
  if (!(load<u32>(EFER) & EFER_SCE)) {
    raise(VECTOR_UD, 0);
    return;
  }
  store<u64>(REGS + RCX * 8, nextRip());
  store<u64>(REGS + R11 * 8, <u64>(readFlags() & ~RF));
  store<u32>(EXIT_REASON, EXIT_SYSCALL);
}

/** Returns to ring 3: 64-bit code when `wide` (REX.W), else 32-bit code. SYSRET does not read descriptors. */
export function systemReturn(wide: bool): void {
  if (!(load<u32>(EFER) & EFER_SCE)) {
    raise(VECTOR_UD, 0);
    return;
  }
  const rip = load<u64>(REGS + RCX * 8);
  if (load<u32>(CPL) != 0 || (wide && !isCanonical(rip))) {
    raise(VECTOR_GP, 0);
    return;
  }
  const selectors = <u32>(load<u64>(STAR) >> 48);
  writeFlags((load<u32>(REGS + R11 * 8) & SYSRET_FLAGS) | 2);
  store<u16>(SELECTORS + SEG_SS * 2, (selectors + 8) | 3);
  store<u32>(ATTRIBUTES + SEG_SS * 4, DATA_ATTRIBUTES);
  store<u32>(LIMITS + SEG_SS * 4, 0xffffffff);
  store<u64>(REGS + (SLOT_SEGMENT + SEG_SS) * 8, 0);
  if (wide) enterCode(selectors + 16, CODE_64, 3, rip);
  else enterCode(selectors, CODE_32, 3, rip & 0xffffffff);
}
