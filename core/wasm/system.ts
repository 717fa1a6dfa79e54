/** Instructions about the processor itself that any ring may execute (UMIP is not implemented). */
import { adjustRpl, bound, flushLine } from './checks';
import { cpuid } from './cpuid';
import { lar, lsl, verify } from './descriptor-queries';
import {
  SYS_ARPL,
  SYS_BOUND,
  SYS_CLFLUSH,
  SYS_CPUID,
  SYS_FENCE,
  SYS_LAR,
  SYS_MOV_FROM_SEG,
  SYS_RANDOM,
  SYS_RDPMC,
  SYS_RDTSC,
  SYS_RDTSCP,
  SYS_SGDT,
  SYS_SLDT,
  SYS_SMSW,
  SYS_VERR,
} from './families';
import { raise } from './fault';
import {
  CPL,
  CPUID_FAULTING,
  CPUID_RESULT,
  CR0,
  CR4,
  GDT_BASE,
  GDT_LIMIT,
  IDT_BASE,
  IDT_LIMIT,
  RAX,
  RBX,
  RCX,
  RDX,
  REGS,
  RETIRED,
  SEG_LDTR,
  SEG_TR,
  TSC_AUX,
  TSC_OFFSET,
  VECTOR_GP,
} from './layout';
import { writable, write16 } from './memory';
import { writeMemory, writeRm } from './operands';
import { addressOf, imm8Of, sizeOf, subOf } from './record';
import { random } from './random';
import { selectorIn } from './segments';

const CR4_TSD: u32 = 0x4;

/** Executes a record of OP_SYSTEM. */
export function system(p: u32): void {
  const sub = subOf(p);
  switch (sub) {
    case SYS_SGDT:
      storeTable(p, GDT_LIMIT, GDT_BASE);
      break;
    case SYS_SGDT + 1:
      storeTable(p, IDT_LIMIT, IDT_BASE);
      break;
    case SYS_SLDT:
      writeRm(p, selectorIn(SEG_LDTR));
      break;
    case SYS_SLDT + 1:
      writeRm(p, selectorIn(SEG_TR));
      break;
    case SYS_SMSW:
      writeRm(p, load<u64>(CR0));
      break;
    case SYS_MOV_FROM_SEG:
      writeRm(p, selectorIn(imm8Of(p)));
      break;
    case SYS_VERR:
    case SYS_VERR + 1:
      verify(p, sub != SYS_VERR);
      break;
    case SYS_LAR:
      lar(p);
      break;
    case SYS_LAR + 1:
      lsl(p);
      break;
    case SYS_RDTSC:
      readTimeStamp();
      break;
    case SYS_RDTSCP:
      if (readTimeStamp()) store<u64>(REGS + RCX * 8, load<u32>(TSC_AUX));
      break;
    case SYS_CPUID:
      identify();
      break;
    case SYS_RDPMC:
      // There are no counters: every index is out of range.
      raise(VECTOR_GP, 0);
      break;
    case SYS_RANDOM:
      random(p);
      break;
    case SYS_FENCE:
      break;
    case SYS_CLFLUSH:
      flushLine(p);
      break;
    case SYS_BOUND:
      bound(p);
      break;
    case SYS_ARPL:
      adjustRpl(p);
      break;
    default:
      unreachable();
  }
}

/** SGDT, SIDT: 16 bits of limit, then the base in 32 bits, or 64 in 64-bit mode. */
function storeTable(p: u32, limit: u32, base: u32): void {
  const address = addressOf(p);
  const size = sizeOf(p);
  if (!writable(address, 2 + (1 << size))) return;
  write16(address, load<u16>(limit));
  writeMemory(address + 2, size, load<u64>(base));
}

/** EDX:EAX = time stamp. #GP(0) above ring 0 with CR4.TSD. */
function readTimeStamp(): bool {
  if (load<u32>(CR4) & CR4_TSD && load<u32>(CPL) != 0) {
    raise(VECTOR_GP, 0);
    return false;
  }
  const ticks = load<u64>(RETIRED) + load<u64>(TSC_OFFSET);
  store<u64>(REGS + RAX * 8, ticks & 0xffffffff);
  store<u64>(REGS + RDX * 8, ticks >> 32);
  return true;
}

/** CPUID of EAX, ECX. #GP(0) above ring 0 when the hypervisor asked for it. */
function identify(): void {
  if (load<u32>(CPUID_FAULTING) && load<u32>(CPL) != 0) {
    raise(VECTOR_GP, 0);
    return;
  }
  cpuid(load<u32>(REGS + RAX * 8), load<u32>(REGS + RCX * 8));
  store<u64>(REGS + RAX * 8, load<u32>(CPUID_RESULT));
  store<u64>(REGS + RBX * 8, load<u32>(CPUID_RESULT, 4));
  store<u64>(REGS + RCX * 8, load<u32>(CPUID_RESULT, 8));
  store<u64>(REGS + RDX * 8, load<u32>(CPUID_RESULT, 12));
}
