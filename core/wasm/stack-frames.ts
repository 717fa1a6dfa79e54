/** ENTER, LEAVE, PUSHA, POPA: instructions that move several operands. */
import { faulted } from './fault';
import { RBP, REGS, RSP } from './layout';
import { writable } from './memory';
import { readRegister, writeRegister } from './operands';
import { peek, poke, setStackPointer, stackAddress, stackMask, stackPointer } from './stack-access';

/** ENTER `bytes`, `level` (SDM vol. 2): pushes rBP and `level` frame pointers, then makes room for `bytes`. */
export function enter(bytes: u32, level: u32, size: u32): void {
  const width: u64 = 1 << size;
  const frame = stackPointer() - width;
  let top = frame;
  poke(top, size, readRegister(RBP * 8, size));
  if (faulted()) return;
  const display = load<u64>(REGS + RBP * 8) - stackPointer();
  for (let i: u32 = 1; i < level; i++) {
    const pointer = peek(display - <u64>i * width, size);
    if (faulted()) return;
    top -= width;
    poke(top, size, pointer);
    if (faulted()) return;
  }
  if (level) {
    top -= width;
    poke(top, size, frame & stackMask());
    if (faulted()) return;
  }
  // The stack that is made room for must be there.
  const end = stackAddress(top - bytes, <u32>width);
  if (faulted() || !writable(end, <u32>width)) return;
  writeRegister(RBP * 8, size, frame & stackMask());
  setStackPointer(top - bytes);
}

/** LEAVE: rSP = rBP, pop rBP. */
export function leave(size: u32): void {
  const base = load<u64>(REGS + RBP * 8) & stackMask();
  const value = peek(base - stackPointer(), size);
  if (faulted()) return;
  setStackPointer(base + (1 << size));
  writeRegister(RBP * 8, size, value);
}

/** PUSHA, PUSHAD: AX CX DX BX SP BP SI DI. */
export function pushAll(size: u32): void {
  const width: u64 = 1 << size;
  const top = stackPointer() - 8 * width;
  const address = stackAddress(top, <u32>(8 * width));
  if (faulted() || !writable(address, <u32>(8 * width))) return;
  for (let register: u32 = 0; register < 8; register++) {
    poke(top + <u64>(7 - register) * width, size, readRegister(register * 8, size));
  }
  setStackPointer(top);
}

/** POPA, POPAD: SP is passed over. */
export function popAll(size: u32): void {
  const width: u64 = 1 << size;
  const top = stackPointer();
  for (let register: u32 = 0; register < 8; register++) {
    peek(<u64>(7 - register) * width, size);
    if (faulted()) return;
  }
  for (let register: u32 = 0; register < 8; register++) {
    if (register == RSP) continue;
    writeRegister(register * 8, size, peek(<u64>(7 - register) * width, size));
  }
  setStackPointer(top + 8 * width);
}
