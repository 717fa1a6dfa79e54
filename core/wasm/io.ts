/** I/O ports: who may use them (SDM vol. 1, 19.5). The I/O itself is the hypervisor's business. */
import { faulted, raise } from './fault';
import { hasIoPrivilege } from './flag-control';
import { EXIT_PRIVILEGED, EXIT_REASON, LIMITS, RDX, REGS, SEG_TR, TR_BASE, VECTOR_GP } from './layout';
import { supervisorRead16 } from './memory';
import { imm8Of, regOf, sizeOf } from './record';
import { ATTR_P, attributesIn } from './segments';

/** Offset in the TSS of its I/O map's offset. */
const IO_MAP_BASE: u32 = 102;

/** Whether `bytes` ports from `port` on are allowed: by IOPL, or by zeros in the TSS's map. Raises #GP(0) (or a #PF). */
export function portAllowed(port: u32, bytes: u32): bool {
  if (hasIoPrivilege()) return true;
  const limit = load<u32>(LIMITS + SEG_TR * 4);
  if (attributesIn(SEG_TR) & ATTR_P && limit >= IO_MAP_BASE + 1) {
    const map = <u32>supervisorRead16(load<u64>(TR_BASE) + IO_MAP_BASE);
    if (faulted()) return false;
    const at = map + (port >> 3);
    if (at + 1 <= limit) {
      const bits = (<u32>supervisorRead16(load<u64>(TR_BASE) + at)) >> (port & 7);
      if (faulted()) return false;
      if (!(bits & ((1 << bytes) - 1))) return true;
    }
  }
  raise(VECTOR_GP, 0);
  return false;
}

/** IN and OUT: EXIT_PRIVILEGED when allowed, at any CPL. */
export function portInstruction(p: u32): void {
  const port = regOf(p) ? <u32>load<u16>(REGS + RDX * 8) : imm8Of(p);
  if (portAllowed(port, 1 << sizeOf(p))) store<u32>(EXIT_REASON, EXIT_PRIVILEGED);
}
