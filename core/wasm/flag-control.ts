/** RFLAGS as instructions change them: what a ring may touch (SDM vol. 1, 3.4.3; vol. 2, POPF). */
import { faulted, raise } from './fault';
import { readFlags, writeFlags } from './flags';
import { AC, CPL, DF, ID, IF, IOPL, NT, RF, STATUS_FLAGS, SYSTEM_FLAGS, TF, VECTOR_GP } from './layout';
import { peek, push, setStackPointer, stackPointer } from './stack-access';

/** Whether CPL is privileged enough for what IOPL guards: IF and I/O. */
export function hasIoPrivilege(): bool {
  return load<u32>(CPL) <= (load<u32>(SYSTEM_FLAGS) & IOPL) >> 12;
}

/** The flags that POPF and IRET change at the current CPL, with operands of `size`. */
export function flagsAllowed(size: u32): u32 {
  let allowed: u32 = STATUS_FLAGS | TF | DF | NT;
  if (size != 1) allowed |= AC | ID;
  if (hasIoPrivilege()) allowed |= IF;
  if (load<u32>(CPL) == 0) allowed |= IOPL;
  return allowed;
}

/** Replaces the `allowed` flags by those of `flags`. */
export function mergeFlags(flags: u32, allowed: u32): void {
  writeFlags((readFlags() & ~allowed) | (flags & allowed));
}

/** PUSHF: RF reads 0. */
export function pushFlags(size: u32): void {
  push(readFlags() & ~RF, size);
}

/** POPF: clears RF. A TF it sets traps behind the next instruction. */
export function popFlags(size: u32): void {
  const flags = <u32>peek(0, size);
  if (faulted()) return;
  setStackPointer(stackPointer() + (1 << size));
  mergeFlags(flags & ~RF, flagsAllowed(size) | (size == 1 ? 0 : RF));
}

/** CLI, STI: #GP(0) without I/O privilege. */
export function setInterruptFlag(enabled: bool): void {
  if (hasIoPrivilege()) mergeFlags(enabled ? IF : 0, IF);
  else raise(VECTOR_GP, 0);
}
