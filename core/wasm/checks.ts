/** BOUND and ARPL, which exist outside 64-bit mode only, and CLFLUSH's look at its address (SDM vol. 2). */
import { faulted, raise } from './fault';
import { statusFlags, writeStatusFlags } from './flags';
import { REGS, VECTOR_BR, ZF } from './layout';
import { read16, read8, writable, write16 } from './memory';
import { readMemory, readReg } from './operands';
import { addressOf, isMemory, rmOf, sizeOf } from './record';

const RPL: u32 = 3;

/** BOUND reg, [lower, upper]: #BR where the signed index is below the one or above the other. */
export function bound(p: u32): void {
  const size = sizeOf(p);
  const address = addressOf(p);
  const lower = readMemory(address, size);
  if (faulted()) return;
  const upper = readMemory(address + (1 << size), size);
  if (faulted()) return;
  const shift = <u64>(64 - (8 << size));
  const index = <i64>(readReg(p) << shift);
  if (index < <i64>(lower << shift) || index > <i64>(upper << shift)) raise(VECTOR_BR, 0);
}

/** ARPL rm16, reg: raises the selector's RPL to that of the register, and says in ZF whether it had to. */
export function adjustRpl(p: u32): void {
  const inMemory = isMemory(p);
  const address = inMemory ? addressOf(p) : 0;
  if (inMemory && !writable(address, 2)) return;
  const selector = inMemory ? <u32>read16(address) : <u32>load<u16>(REGS + rmOf(p));
  if (faulted()) return;
  const wanted = (<u32>readReg(p)) & RPL;
  const raises = (selector & RPL) < wanted;
  if (raises) {
    const raised = <u16>((selector & ~RPL) | wanted);
    if (inMemory) write16(address, raised);
    else store<u16>(REGS + rmOf(p), raised);
  }
  writeStatusFlags((statusFlags() & ~ZF) | (raises ? ZF : 0));
}

/** CLFLUSH: there is no cache to flush, but the address must be readable. */
export function flushLine(p: u32): void {
  read8(addressOf(p));
}
