/**
 * Runs of string elements. A run lies inside one page of its source and one of its destination, or is a single element.
 * Each function does up to `count` elements of `1 << size` bytes from the given linear addresses on, upwards or `down`, and
 * returns how many are complete; 0 with a fault raised.
 */
import { compareFlags } from './alu';
import { faulted } from './fault';
import { RAX } from './layout';
import { accessesWatched, translateRead, translateWrite } from './paging';
import { noteWatched } from './watch';
import { readMemory, readRegister, writeMemory, writeRegister } from './operands';

const ACCUMULATOR: u32 = RAX * 8;
/** From here on the engine's bulk operations are faster than a loop. */
const BULK_BYTES: u32 = 64;

/** Whether an element must go through the checked accesses: it crosses a page, or each is looked at. */
// @ts-ignore: decorator
@inline
function apart(address: u64, size: u32): bool {
  return ((<u32>address) & 0xfff) + (1 << size) > 0x1000 || accessesWatched();
}

// @ts-ignore: decorator
@inline
function loadElement(pointer: u32, size: u32): u64 {
  if (size == 0) return load<u8>(pointer);
  if (size == 1) return load<u16>(pointer);
  return size == 2 ? load<u32>(pointer) : load<u64>(pointer);
}

// @ts-ignore: decorator
@inline
function storeElement(pointer: u32, size: u32, value: u64): void {
  if (size == 0) store<u8>(pointer, value);
  else if (size == 1) store<u16>(pointer, value);
  else if (size == 2) store<u32>(pointer, value);
  else store<u64>(pointer, value);
}

/** Bytes from one element to the next. */
// @ts-ignore: decorator
@inline
function stepOf(size: u32, down: bool): u32 {
  return down ? 0 - (1 << size) : 1 << size;
}

export function moveRun(source: u64, destination: u64, size: u32, count: u32, down: bool): u32 {
  if (apart(source, size) || apart(destination, size)) {
    const value = readMemory(source, size);
    if (faulted()) return 0;
    writeMemory(destination, size, value);
    return faulted() ? 0 : 1;
  }
  let from = translateRead(source);
  if (!from) return 0;
  let to = translateWrite(destination);
  if (!to) return 0;
  const bytes = count << size;
  noteWatched(down ? to + (1 << size) - bytes : to, bytes);
  // Elements that were written are read again when the destination follows the source closely: one by one then.
  const replicates = down ? to < from && from - to < bytes : to > from && to - from < bytes;
  if (replicates || bytes < BULK_BYTES) {
    const step = stepOf(size, down);
    for (let i: u32 = 0; i < count; i++) {
      storeElement(to, size, loadElement(from, size));
      from += step;
      to += step;
    }
  } else {
    const back = down ? (count - 1) << size : 0;
    memory.copy(to - back, from - back, bytes);
  }
  return count;
}

export function fillRun(destination: u64, size: u32, count: u32, down: bool): u32 {
  const value = readRegister(ACCUMULATOR, size);
  if (apart(destination, size)) {
    writeMemory(destination, size, value);
    return faulted() ? 0 : 1;
  }
  let to = translateWrite(destination);
  if (!to) return 0;
  if (down) to -= (count - 1) << size;
  const bytes = count << size;
  noteWatched(to, bytes);
  if (bytes >= BULK_BYTES && sameBytes(value, size)) {
    memory.fill(to, <u8>value, bytes);
  } else {
    for (const end = to + bytes; to < end; to += 1 << size) storeElement(to, size, value);
  }
  return count;
}

/** Whether all bytes of an element are equal. */
function sameBytes(value: u64, size: u32): bool {
  if (size == 0) return true;
  const pattern = (value & 0xff) * 0x0101010101010101;
  return pattern << (64 - ((<u64>8) << size)) == value << (64 - ((<u64>8) << size));
}

/** LODS: only the last element stays. */
export function loadRun(source: u64, size: u32, count: u32, down: bool): u32 {
  let value: u64;
  if (apart(source, size)) {
    value = readMemory(source, size);
    if (faulted()) return 0;
  } else {
    const from = translateRead(source);
    if (!from) return 0;
    value = loadElement(from + (count - 1) * stepOf(size, down), size);
  }
  writeRegister(ACCUMULATOR, size, value);
  return count;
}

/** CMPS: goes on while the elements are equal, or while they differ; leaves the flags of the last comparison. */
export function compareRun(
  source: u64,
  destination: u64,
  size: u32,
  count: u32,
  down: bool,
  whileEqual: bool,
): u32 {
  if (apart(source, size) || apart(destination, size)) {
    const a = readMemory(source, size);
    if (faulted()) return 0;
    const b = readMemory(destination, size);
    if (faulted()) return 0;
    compareElements(a, b, size);
    return 1;
  }
  const from = translateRead(source);
  if (!from) return 0;
  const to = translateRead(destination);
  if (!to) return 0;
  const step = stepOf(size, down);
  if (size == 0) return compareLoop<u8>(from, to, step, count, whileEqual);
  if (size == 1) return compareLoop<u16>(from, to, step, count, whileEqual);
  return size == 2
    ? compareLoop<u32>(from, to, step, count, whileEqual)
    : compareLoop<u64>(from, to, step, count, whileEqual);
}

// @ts-ignore: decorator
@inline
function compareElements(a: u64, b: u64, size: u32): void {
  const shift: u32 = 64 - (8 << size);
  compareFlags(a << shift, b << shift, shift);
}

function compareLoop<T>(from: u32, to: u32, step: u32, count: u32, whileEqual: bool): u32 {
  let done: u32 = 0;
  let a: T;
  let b: T;
  do {
    a = load<T>(from);
    b = load<T>(to);
    from += step;
    to += step;
    done++;
  } while (done < count && (a == b) == whileEqual);
  compareElements(<u64>a, <u64>b, alignof<T>());
  return done;
}

/** SCAS: the accumulator against memory, otherwise as CMPS. */
export function scanRun(destination: u64, size: u32, count: u32, down: bool, whileEqual: bool): u32 {
  const wanted = readRegister(ACCUMULATOR, size);
  if (apart(destination, size)) {
    const value = readMemory(destination, size);
    if (faulted()) return 0;
    compareElements(wanted, value, size);
    return 1;
  }
  const to = translateRead(destination);
  if (!to) return 0;
  const step = stepOf(size, down);
  if (size == 0) return scanLoop<u8>(<u8>wanted, to, step, count, whileEqual);
  if (size == 1) return scanLoop<u16>(<u16>wanted, to, step, count, whileEqual);
  return size == 2
    ? scanLoop<u32>(<u32>wanted, to, step, count, whileEqual)
    : scanLoop<u64>(wanted, to, step, count, whileEqual);
}

function scanLoop<T>(wanted: T, to: u32, step: u32, count: u32, whileEqual: bool): u32 {
  let done: u32 = 0;
  let value: T;
  do {
    value = load<T>(to);
    to += step;
    done++;
  } while (done < count && (wanted == value) == whileEqual);
  compareElements(<u64>wanted, <u64>value, alignof<T>());
  return done;
}
