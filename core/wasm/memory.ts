/** Reading and writing linear memory: through the TLB where it hits (paging.ts), with every fault that x86 has where it does not. */
import { invalidateFrame } from './code-frames';
import { ADDEND, WRITE_TAG } from './tlb-entry';
import { debugArmed, watchHit } from './debug';
import { noteWatched } from './watch';
import { DEBUG_PENDING, MEMORY } from './layout';
import {
  ACCESS_READ,
  ACCESS_SUPERVISOR,
  ACCESS_WRITE,
  PAGE_MASK,
  leavesCanonical,
  misaligned,
  tlbEntry,
  translateRead,
  translateWrite,
  walk,
} from './paging';

/** Whether all `bytes` at `address` (at most a page) can be read; raises the fault if not. */
export function readable(address: u64, bytes: u32): bool {
  if (leavesCanonical(address, bytes) || !translateRead(address)) return false;
  const last = address + bytes - 1;
  if ((address & PAGE_MASK) != (last & PAGE_MASK) && !translateRead(last & PAGE_MASK)) return false;
  return !misaligned(address, bytes);
}

/** Whether all `bytes` at `address` (at most a page) can be written; raises the fault if not. */
export function writable(address: u64, bytes: u32): bool {
  if (leavesCanonical(address, bytes) || !translateWrite(address)) return false;
  const last = address + bytes - 1;
  if ((address & PAGE_MASK) != (last & PAGE_MASK) && !translateWrite(last & PAGE_MASK)) return false;
  return !misaligned(address, bytes);
}

/** Keeps the watchpoints that an access touches, for who comes to memory by a pointer: the others here do it themselves. */
export function noteAccess(address: u64, bytes: u32, isWrite: bool): void {
  if (!debugArmed()) return;
  store<u32>(DEBUG_PENDING, load<u32>(DEBUG_PENDING) | watchHit(address, bytes, isWrite));
}

/** Reads 1 to 8 bytes that missed the TLB or cross a page; 0 with a fault raised. */
export function readSlow(address: u64, bytes: u32): u64 {
  if (leavesCanonical(address, bytes)) return 0;
  const first = translateRead(address);
  if (!first) return 0;
  const last = address + bytes - 1;
  let value: u64 = 0;
  if (misaligned(address, bytes)) return 0;
  if ((address & PAGE_MASK) == (last & PAGE_MASK)) {
    value = loadBytes(first, bytes);
  } else {
    const second = translateRead(last & PAGE_MASK);
    if (!second) return 0;
    const inFirst = 0x1000 - ((<u32>address) & 0xfff);
    value = loadBytes(first, inFirst) | (loadBytes(second, bytes - inFirst) << (inFirst * 8));
  }
  noteAccess(address, bytes, false);
  return value;
}

/** Writes 1 to 8 bytes that missed the TLB or cross a page; nothing is written when a fault is raised. */
export function writeSlow(address: u64, bytes: u32, value: u64): void {
  if (leavesCanonical(address, bytes)) return;
  const first = translateWrite(address);
  if (!first) return;
  const last = address + bytes - 1;
  if (misaligned(address, bytes)) return;
  if ((address & PAGE_MASK) == (last & PAGE_MASK)) {
    storeBytes(first, bytes, value);
    noteWatched(first, bytes);
  } else {
    const second = translateWrite(last & PAGE_MASK);
    if (!second) return;
    const inFirst = 0x1000 - ((<u32>address) & 0xfff);
    storeBytes(first, inFirst, value);
    storeBytes(second, bytes - inFirst, value >> (inFirst * 8));
    noteWatched(first, inFirst);
    noteWatched(second, bytes - inFirst);
  }
  noteAccess(address, bytes, true);
}

function loadBytes(pointer: u32, bytes: u32): u64 {
  switch (bytes) {
    case 1:
      return load<u8>(pointer);
    case 2:
      return load<u16>(pointer);
    case 4:
      return load<u32>(pointer);
    case 8:
      return load<u64>(pointer);
    default: {
      let value: u64 = 0;
      for (let i: u32 = 0; i < bytes; i++) value |= (<u64>load<u8>(pointer + i)) << (i * 8);
      return value;
    }
  }
}

function storeBytes(pointer: u32, bytes: u32, value: u64): void {
  switch (bytes) {
    case 1:
      store<u8>(pointer, value);
      break;
    case 2:
      store<u16>(pointer, value);
      break;
    case 4:
      store<u32>(pointer, value);
      break;
    case 8:
      store<u64>(pointer, value);
      break;
    default:
      for (let i: u32 = 0; i < bytes; i++) store<u8>(pointer + i, value >> (i * 8));
  }
}

// @ts-ignore: decorator
@inline
function readFast<T>(address: u64): T {
  const e = tlbEntry(address);
  if (load<u64>(e) == ((address + <u64>(sizeof<T>() - 1)) & PAGE_MASK))
    return load<T>(<u32>address + load<u32>(e, ADDEND));
  return <T>readSlow(address, sizeof<T>());
}

// @ts-ignore: decorator
@inline
function writeFast<T>(address: u64, value: T): void {
  const e = tlbEntry(address);
  if (load<u64>(e, WRITE_TAG) == ((address + <u64>(sizeof<T>() - 1)) & PAGE_MASK)) {
    store<T>(<u32>address + load<u32>(e, ADDEND), value);
  } else writeSlow(address, sizeof<T>(), <u64>value);
}

export function read8(address: u64): u8 {
  return readFast<u8>(address);
}
export function read16(address: u64): u16 {
  return readFast<u16>(address);
}
export function read32(address: u64): u32 {
  return readFast<u32>(address);
}
export function read64(address: u64): u64 {
  return readFast<u64>(address);
}
export function write8(address: u64, value: u8): void {
  writeFast<u8>(address, value);
}
export function write16(address: u64, value: u16): void {
  writeFast<u16>(address, value);
}
export function write32(address: u64, value: u32): void {
  writeFast<u32>(address, value);
}
export function write64(address: u64, value: u64): void {
  writeFast<u64>(address, value);
}

/** Reads `bytes` (1 to 8) as CPL 0 does; 0 with a fault raised. */
export function supervisorRead(address: u64, bytes: u32): u64 {
  const first = walk(address, ACCESS_READ | ACCESS_SUPERVISOR);
  if (!first) return 0;
  const last = address + bytes - 1;
  if ((address & PAGE_MASK) == (last & PAGE_MASK)) return loadBytes(first, bytes);
  const second = walk(last & PAGE_MASK, ACCESS_READ | ACCESS_SUPERVISOR);
  if (!second) return 0;
  const inFirst = 0x1000 - ((<u32>address) & 0xfff);
  return loadBytes(first, inFirst) | (loadBytes(second, bytes - inFirst) << (inFirst * 8));
}

export function supervisorRead16(address: u64): u16 {
  return <u16>supervisorRead(address, 2);
}
export function supervisorRead64(address: u64): u64 {
  return supervisorRead(address, 8);
}

/** Writes `bytes` (1 to 8, not across a page) as CPL 0 does; check faulted(). */
export function supervisorWrite(address: u64, bytes: u32, value: u64): void {
  const pointer = walk(address, ACCESS_WRITE | ACCESS_SUPERVISOR);
  if (!pointer) return;
  storeBytes(pointer, bytes, value);
  noteWatched(pointer, bytes);
  if (pointer >= <u32>MEMORY) invalidateFrame((pointer - MEMORY) >> 12);
}
