/**
 * Access to a guest's memory by its virtual addresses, as Xen's copy_from_guest and copy_to_guest: through the page tables
 * that the vcpu runs on, never at Xen's own addresses, never above what the tables allow. All functions tell failure by
 * their result: the caller answers -EFAULT.
 */
import { entryWord } from '../../core/page-entries.ts';
import { HYPERVISOR_VIRT_END } from '../abi/arch-x86.ts';
import type { FrameTable } from './frame-table.ts';
import { PAGE_BYTES, pageOffset } from './pages.ts';
import { writeBytes } from './guest-frames.ts';
import { isPaged, missPaged } from './paged-frames.ts';
import { rawMemory } from './raw-memory.ts';
import { entryFrame, PAGE_ACCESSED, PAGE_DIRTY, PAGE_PRESENT, PAGE_PSE, PAGE_RW } from './entries.ts';

const CANONICAL_END = 0x8000_0000_0000;

/** The part of a vcpu that says which page tables it runs on. */
export interface AddressSpace {
  readonly kernelRoot: number;
  readonly userRoot: number;
  readonly guestKernelMode: boolean;
}

/** Whether an address is a guest's to name (__addr_ok): canonical, and not in Xen's slots. */
export function isGuestAddress(va: number): boolean {
  return va < CANONICAL_END && va >= HYPERVISOR_VIRT_END;
}

/** guest_handle_okay: an array at `va`. Its end need not be checked: Xen's slots are larger than any array that is read up. */
export function isGuestArray(va: number, count: number, size: number): boolean {
  return count < 2 ** 53 / size && isGuestAddress(va);
}

/** The frame of the root page table that a vcpu runs on. */
export function rootOf(space: AddressSpace): number {
  return space.guestKernelMode ? space.kernelRoot : space.userRoot;
}

/** Index in `words` of the entry of `level` (4 to 1) that maps `va` under a root, or -1 where tables above lack. */
export function walkTo(table: FrameTable, root: number, va: number, level: number): number {
  const { words } = table.memory;
  let at = entryWord(root, 4, va);
  for (let depth = 3; depth >= level; depth--) {
    const low = words[at]!;
    if ((low & (PAGE_PRESENT | PAGE_PSE)) !== PAGE_PRESENT) return -1;
    const mfn = entryFrame(low, words[at + 1]!);
    if (mfn < 0 || mfn >= table.frames) return -1;
    at = entryWord(mfn, depth, va);
  }
  return at;
}

/** The frame of the L1 table that maps `va`, or -1. */
export function l1FrameOf(table: FrameTable, space: AddressSpace, va: number): number {
  if (!isGuestAddress(va)) return -1;
  const at = walkTo(table, rootOf(space), va, 2);
  if (at < 0) return -1;
  const low = table.memory.words[at]!;
  if ((low & (PAGE_PRESENT | PAGE_PSE)) !== PAGE_PRESENT) return -1;
  return entryFrame(low, table.memory.words[at + 1]!);
}

/** Index in machine words of the L1 entry that maps `va`, or -1. */
export function l1EntryOf(table: FrameTable, space: AddressSpace, va: number): number {
  const mfn = l1FrameOf(table, space, va);
  if (mfn < 0 || mfn >= table.frames) return -1;
  return entryWord(mfn, 1, va);
}

/** The frame that an address is mapped to under a root, if what is in it is not here; else -1. */
export function pagedAt(table: FrameTable, root: number, va: number): number {
  const at = isGuestAddress(va) ? walkTo(table, root, va, 1) : -1;
  if (at < 0) return -1;
  const low = table.memory.words[at]!;
  const mfn = (low & PAGE_PRESENT) === 0 ? -1 : entryFrame(low, table.memory.words[at + 1]!);
  return mfn >= 0 && mfn < table.frames && isPaged(table, mfn) ? mfn : -1;
}

/**
 * Machine address of a guest's virtual one, or -1: as the supervisor accesses it, with the A and D bits set on the way. What is not here is
 * missed, and asked for.
 * Entries of Xen's own slots are not looked at: check `isGuestAddress` first.
 */
export function translate(table: FrameTable, root: number, va: number, write: boolean): number {
  const { words } = rawMemory(table);
  let mfn = root;
  for (let level = 4; level >= 1; level--) {
    const at = entryWord(mfn, level, va);
    const low = words[at]!;
    if (!(low & PAGE_PRESENT) || (write && !(low & PAGE_RW))) return -1;
    if (level > 1 && low & PAGE_PSE) return -1;
    mfn = entryFrame(low, words[at + 1]!);
    if (mfn < 0 || mfn >= table.frames) return -1;
    if (level === 1 && isPaged(table, mfn)) {
      missPaged(table, mfn);
      return -1;
    }
    words[at] = low | PAGE_ACCESSED | (write && level === 1 ? PAGE_DIRTY : 0);
  }
  return mfn * PAGE_BYTES + pageOffset(va);
}

/** As `copyFromGuest`, by one who only looks: no A bit tells of it. */
export function peekAtGuest(table: FrameTable, space: AddressSpace, va: number, target: Uint8Array): boolean {
  const { words, bytes } = table.memory;
  for (let done = 0; done < target.length;) {
    const from = va + done;
    const at = isGuestAddress(from) ? walkTo(table, rootOf(space), from, 1) : -1;
    if (at < 0 || (words[at]! & PAGE_PRESENT) === 0) return false;
    const mfn = entryFrame(words[at]!, words[at + 1]!);
    if (mfn < 0 || mfn >= table.frames) return false;
    const size = Math.min(target.length - done, PAGE_BYTES - pageOffset(from));
    const machine = mfn * PAGE_BYTES + pageOffset(from);
    target.set(bytes.subarray(machine, machine + size), done);
    done += size;
  }
  return true;
}

/** Copies from a guest to `target`. False where a page of it cannot be read. */
export function copyFromGuest(
  table: FrameTable,
  space: AddressSpace,
  va: number,
  target: Uint8Array,
): boolean {
  const root = rootOf(space);
  for (let done = 0; done < target.length;) {
    const from = va + done;
    const machine = isGuestAddress(from) ? translate(table, root, from, false) : -1;
    if (machine < 0) return false;
    const size = Math.min(target.length - done, PAGE_BYTES - (machine % PAGE_BYTES));
    target.set(table.memory.bytes.subarray(machine, machine + size), done);
    done += size;
  }
  return true;
}

/** Copies `source` to a guest. False where a page of it cannot be written; pages before it are written. */
export function copyToGuest(table: FrameTable, space: AddressSpace, va: number, source: Uint8Array): boolean {
  const root = rootOf(space);
  for (let done = 0; done < source.length;) {
    const to = va + done;
    const machine = isGuestAddress(to) ? translate(table, root, to, true) : -1;
    if (machine < 0) return false;
    const size = Math.min(source.length - done, PAGE_BYTES - (machine % PAGE_BYTES));
    writeBytes(table, machine, source.subarray(done, done + size));
    done += size;
  }
  return true;
}

/** Reads `target.length` little-endian 32-bit words. False where they cannot be read. Words may cross pages. */
export function readGuestWords(
  table: FrameTable,
  space: AddressSpace,
  va: number,
  target: Uint32Array,
): boolean {
  const bytes = target.length * 4;
  const offset = pageOffset(va);
  if (offset % 4 !== 0 || offset + bytes > PAGE_BYTES)
    return copyFromGuest(table, space, va, new Uint8Array(target.buffer, target.byteOffset, bytes));
  const machine = isGuestAddress(va) ? translate(table, rootOf(space), va, false) : -1;
  if (machine < 0) return false;
  const first = machine / 4;
  for (let i = 0; i < target.length; i++) target[i] = table.memory.words[first + i]!;
  return true;
}

/** Writes little-endian 32-bit words. False where they cannot be written. */
export function writeGuestWords(
  table: FrameTable,
  space: AddressSpace,
  va: number,
  source: Uint32Array,
): boolean {
  return copyToGuest(table, space, va, new Uint8Array(source.buffer, source.byteOffset, source.length * 4));
}
