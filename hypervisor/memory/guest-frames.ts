/**
 * The one way in which Xen writes to frames that a domain can see: shared_info, vcpu_info, grant entries, event words,
 * rings, buffers of hypercalls, frames on stacks, a device's transfers. Everywhere else machine memory is for reading.
 *
 * A frame is written only while it is held as PGT_writable_page: by whoever writes (get_page_and_type, as map_guest_area
 * and get_pg_owner's callers do in Xen), because it is Xen's own and shared so, or through a writable entry of the guest's
 * own page tables, which holds the type. So nothing that Xen writes ever lands in a page table or a descriptor table.
 *
 * Addresses are machine addresses; what is written lies within one frame. A frame that is not so is a bug of Xen's.
 */
import { bug } from '../bug.ts';
import type { FrameTable } from './frame-table.ts';
import { PGT_WRITABLE_PAGE, TYPE_NAMES } from './frame-table.ts';
import { PAGE_BYTES, pageNumber } from './pages.ts';
import { getPageType, putPageType } from './page-types.ts';
import { rawMemory } from './raw-memory.ts';

/** The frame of `length` bytes at an address, which must be held as writable. */
function writableFrame(table: FrameTable, address: number, length: number): number {
  const mfn = pageNumber(address);
  if (!(address + length <= (mfn + 1) * PAGE_BYTES))
    bug(`a write of ${String(length)} bytes at ${String(address)} crosses a frame's end`);
  if (!(mfn >= 0 && mfn < table.frames) || table.typeCount[mfn] === 0)
    bug(`frame ${String(mfn)} is written, and nobody holds it`);
  if (table.type[mfn] !== PGT_WRITABLE_PAGE)
    bug(`frame ${String(mfn)} is written, and it is of type ${TYPE_NAMES[table.type[mfn]!]!}`);
  return mfn;
}

export function writeByte(table: FrameTable, address: number, value: number): void {
  const mfn = writableFrame(table, address, 1);
  rawMemory(table).bytes[address] = value;
  table.memory.wrote(mfn);
}

export function writeHalfword(table: FrameTable, address: number, value: number): void {
  const mfn = writableFrame(table, address, 2);
  const { bytes } = rawMemory(table);
  bytes[address] = value;
  bytes[address + 1] = value >>> 8;
  table.memory.wrote(mfn);
}

/** A u32 at an address that is a multiple of 4. */
export function writeWord(table: FrameTable, address: number, value: number): void {
  const mfn = writableFrame(table, address, 4);
  rawMemory(table).words[address / 4] = value;
  table.memory.wrote(mfn);
}

/** The `count` words of `source` from `from` on, at an address that is a multiple of 4. */
export function writeWords(
  table: FrameTable,
  address: number,
  source: ArrayLike<number>,
  from = 0,
  count = source.length,
): void {
  storeWords(table, writableFrame(table, address, count * 4), address, source, from, count);
}

/**
 * As `writeWords`, at an address that the processor translated for a write of the guest's. Its TLB may remember an entry
 * that is gone, as the guest's own stores would find: then the frame is not used otherwise until the TLB is flushed.
 */
export function writeTranslated(
  table: FrameTable,
  address: number,
  source: ArrayLike<number>,
  from: number,
  count: number,
): void {
  const mfn = pageNumber(address);
  const isRemembered = table.typeCount[mfn] === 0 && table.stamp[mfn] === table.tlbClock;
  const isUnused = table.isFree(mfn) || table.type[mfn] === PGT_WRITABLE_PAGE;
  if (!(isRemembered && isUnused)) writableFrame(table, address, count * 4);
  storeWords(table, mfn, address, source, from, count);
}

function storeWords(
  table: FrameTable,
  mfn: number,
  address: number,
  source: ArrayLike<number>,
  from: number,
  count: number,
): void {
  const { words } = rawMemory(table);
  const first = address / 4;
  for (let index = 0; index < count; index++) words[first + index] = source[from + index]!;
  table.memory.wrote(mfn);
}

export function writeBytes(table: FrameTable, address: number, source: Uint8Array): void {
  const mfn = writableFrame(table, address, source.length);
  rawMemory(table).bytes.set(source, address);
  table.memory.wrote(mfn);
}

/** Copies `length` bytes from anywhere in machine memory, as they were before. */
export function copyBytes(table: FrameTable, address: number, from: number, length: number): void {
  const mfn = writableFrame(table, address, length);
  rawMemory(table).bytes.copyWithin(address, from, from + length);
  table.memory.wrote(mfn);
}

/** Makes a frame all zeroes. */
export function clearFrame(table: FrameTable, mfn: number): void {
  writableFrame(table, mfn * PAGE_BYTES, PAGE_BYTES);
  table.clear(mfn);
}

/**
 * Writes for one who holds nothing yet (a device, the builder of a domain), holding each frame as writable for as long.
 * The bytes may lie in several frames; none of them may be in use as another type.
 */
export function transfer(table: FrameTable, address: number, source: Uint8Array): void {
  for (let done = 0; done < source.length;) {
    const to = address + done;
    const mfn = pageNumber(to);
    const size = Math.min(source.length - done, (mfn + 1) * PAGE_BYTES - to);
    if (getPageType(table, mfn, PGT_WRITABLE_PAGE) < 0)
      bug(`a transfer to frame ${String(mfn)}, which is of type ${TYPE_NAMES[table.type[mfn]!]!}`);
    writeBytes(table, to, source.subarray(done, done + size));
    putPageType(table, mfn, -1);
    done += size;
  }
}
