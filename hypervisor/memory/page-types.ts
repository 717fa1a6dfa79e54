/**
 * Types of frames: taking one validates the contents, level by level; giving the last one back undoes that.
 * Compare get_page_type, put_page_type, promote_lN_table and demote_lN_table in Xen's arch/x86/mm.c. Unlike Xen's, one
 * table's validation is never left half-done: hypercalls are preempted between requests only, so a table is either
 * validated or not used.
 *
 * Functions give 0 or a negative errno.
 */
import { DOMID_INVALID, DOMID_IO } from '../abi/xen.ts';
import { bug } from '../bug.ts';
import { EBUSY, EINVAL, EPERM } from '../abi/errno.ts';
import {
  adjustL1High,
  adjustL1Low,
  adjustTableLow,
  entryFrame,
  FRAME_HIGH,
  isGuestL4Slot,
  l1Disallowed,
  PAGE_PRESENT,
  PAGE_RW,
  TABLE_DISALLOWED,
} from './entries.ts';
import type { FrameTable } from './frame-table.ts';
import {
  PGT_L1_PAGE_TABLE,
  PGT_L4_PAGE_TABLE,
  PGT_NONE,
  PGT_SEG_DESC_PAGE,
  PGT_VALIDATED,
  PGT_WRITABLE_PAGE,
  TYPE_NAMES,
} from './frame-table.ts';
import { PAGE_WORDS } from './pages.ts';
import { checkDescriptors } from './descriptors.ts';
import { isPaged, missPaged } from './paged-frames.ts';
import { badBits, inUse, notOwned, refuseFrame } from './refusals.ts';
import { rawMemory } from './raw-memory.ts';
import { installXenSlots } from './xen-slots.ts';

const ENTRIES = 512;
const TYPE_COUNT_MAX = 0x7fff_ffff;
const LINEAR_MAX = 0x7fff;
/** Frames that the frame bits of an entry's lower half tell apart. */
const FRAMES_BY_LOW_HALF = 2 ** 20;

/** Takes a type reference. The caller holds a reference to the frame. -EINVAL if it is in use as another type, or invalid. */
export function getPageType(table: FrameTable, mfn: number, type: number): number {
  const count = table.typeCount[mfn]!;
  if (table.count[mfn] === 0) bug(`frame ${String(mfn)} gets a type without a reference`);
  if (type !== PGT_WRITABLE_PAGE && isPaged(table, mfn)) return missPaged(table, mfn);
  if (count !== 0) {
    if (table.type[mfn] !== type || count >= TYPE_COUNT_MAX) return inUse(table, mfn, type);
    table.typeCount[mfn] = count + 1;
    return 0;
  }
  if (table.type[mfn] !== type) {
    // A TLB may still hold a writable translation of what becomes a page table, or the reverse.
    if (table.stamp[mfn] === table.tlbClock) table.flushTlb();
    if (table.trace.on) traceType(table, mfn, type);
    table.type[mfn] = type;
    table.flags[mfn]! &= ~PGT_VALIDATED;
  }
  table.typeCount[mfn] = 1;
  if (table.flags[mfn]! & PGT_VALIDATED) return 0;
  table.linear[mfn] = 0;
  const { trace } = table;
  const span =
    trace.on && type <= PGT_L4_PAGE_TABLE ? trace.begin({ kind: 'validate', mfn, level: type }) : null;
  const result = validate(table, mfn, type);
  if (span) trace.end(span);
  if (result < 0) {
    table.type[mfn] = PGT_NONE;
    table.typeCount[mfn] = 0;
    return result;
  }
  table.flags[mfn]! |= PGT_VALIDATED;
  noteTable(table, mfn, type);
  return 0;
}

/**
 * A page that becomes a page table, or is one no more, is dirty, though nobody has written to it (_get_page_type, arch/x86/mm.c):
 * whoever copies the domain has it under another type.
 */
function noteTable(table: FrameTable, mfn: number, type: number): void {
  if (type >= PGT_L1_PAGE_TABLE && type <= PGT_L4_PAGE_TABLE) table.memory.wrote(mfn);
}

/**
 * Gives a type reference back; a page table that loses its last one gives back all it names. `fromTable` is the frame
 * of the page table whose entry held the reference, or -1.
 */
export function putPageType(table: FrameTable, mfn: number, fromTable: number): void {
  const count = table.typeCount[mfn]!;
  const type = table.type[mfn]!;
  if (count === 0) bug(`a type reference to frame ${String(mfn)} is given back that nobody holds`);
  if (table.count[mfn] === 0) bug(`frame ${String(mfn)} is of a type, and nobody refers to it`);
  if (!(table.flags[mfn]! & PGT_VALIDATED))
    bug(`frame ${String(mfn)} is in use as ${TYPE_NAMES[type]!} and was not validated`);
  if (count === 1) {
    if (type >= PGT_L1_PAGE_TABLE && type <= PGT_L4_PAGE_TABLE) {
      const { trace } = table;
      const span = trace.on ? trace.begin({ kind: 'invalidate', mfn, level: type }) : null;
      table.flags[mfn]! &= ~PGT_VALIDATED;
      demote(table, mfn, type);
      noteTable(table, mfn, type);
      if (span) trace.end(span);
    }
    table.stamp[mfn] = table.tlbClock;
  }
  table.typeCount[mfn] = count - 1;
  if (fromTable >= 0 && table.type[fromTable] === type) {
    table.linear[mfn]!++;
    table.linear[fromTable]!--;
  }
}

/** Takes a reference and a type reference to a frame of a domain, for what is in it. -EINVAL if it cannot; -ENOENT: it is not here. */
export function getPageAndType(table: FrameTable, mfn: number, domain: number, type: number): number {
  if (!table.getPage(mfn, domain)) return notOwned(table, mfn, domain);
  if (isPaged(table, mfn)) {
    table.putPage(mfn);
    return missPaged(table, mfn);
  }
  const result = getPageType(table, mfn, type);
  if (result < 0) table.putPage(mfn);
  return result;
}

/** Gives back what `getPageAndType` took. */
export function putPageAndType(table: FrameTable, mfn: number): void {
  putPageType(table, mfn, -1);
  table.putPage(mfn);
}

/** What does not count its uses: memory of devices, and all that lies beyond RAM. */
function isDeviceFrame(table: FrameTable, mfn: number): boolean {
  return mfn < 0 || mfn >= table.frames || table.owner[mfn] === DOMID_IO;
}

/**
 * Takes the references of a present L1 entry in a table of `l1Owner`, to a frame that `pageOwner` should own.
 * -EINVAL bad flags; -EPERM a device's memory that is not theirs to map; -EBUSY another's frame, or not to be mapped writable;
 * -ENOENT what is in another's frame is not here.
 */
export function getPageFromL1Entry(
  table: FrameTable,
  low: number,
  high: number,
  l1Owner: number,
  pageOwner: number,
): number {
  const domain = table.owners.get(l1Owner);
  const bits = low & l1Disallowed(domain?.hasDevices === true);
  if (bits) return badBits(table, bits);
  const mfn = entryFrame(low, high);
  if (isDeviceFrame(table, mfn)) return mapDevice(table, low, high, [l1Owner, pageOwner]);
  const owner = table.owner[mfn]!;
  if (table.getOwnerAndReference(mfn) === DOMID_INVALID)
    return refuseFrame(table, -EBUSY, mfn, 'is nobody’s to map');
  const foreign = owner !== pageOwner;
  if (foreign && (pageOwner === l1Owner || !table.owners.get(pageOwner)?.isPrivileged)) {
    table.putPage(mfn);
    notOwned(table, mfn, pageOwner);
    return -EBUSY;
  }
  if (owner !== l1Owner && isPaged(table, mfn)) {
    table.putPage(mfn);
    return missPaged(table, mfn);
  }
  if (low & PAGE_RW && getPageType(table, mfn, PGT_WRITABLE_PAGE) < 0) {
    table.putPage(mfn);
    return -EBUSY;
  }
  return 0;
}

/**
 * Both who names a device's frame and whose table it is must have been given it; DOMID_IO stands for the former. Nothing is
 * counted: it stays mapped when it is taken from them.
 */
function mapDevice(table: FrameTable, low: number, high: number, domains: readonly number[]): number {
  const mfn = (high & FRAME_HIGH) * FRAMES_BY_LOW_HALF + (low >>> 12);
  const may = (id: number): boolean => id === DOMID_IO || table.owners.get(id)?.mayMapDevice(mfn) === true;
  if (domains.every(may)) return 0;
  const error = isInvalidMfn(low, high) ? -EINVAL : -EPERM;
  return refuseFrame(table, error, mfn, 'is no RAM, and no device’s that this domain was given');
}

/** Gives back the references of an L1 entry. */
export function putPageFromL1Entry(table: FrameTable, low: number, high: number): void {
  if (!(low & PAGE_PRESENT)) return;
  const mfn = entryFrame(low, high);
  if (isDeviceFrame(table, mfn)) return;
  if (low & PAGE_RW) putPageType(table, mfn, -1);
  table.putPage(mfn);
}

/** Takes the references of a present entry of the L2, L3 or L4 table `tableFrame`, which `domain` owns. */
export function getPageFromTableEntry(
  table: FrameTable,
  level: number,
  low: number,
  high: number,
  tableFrame: number,
  domain: number,
): number {
  if (low & TABLE_DISALLOWED) return badBits(table, low & TABLE_DISALLOWED);
  const mfn = entryFrame(low, high);
  if (mfn < 0) return notOwned(table, mfn, domain);
  const result = getPageAndType(table, mfn, domain, level - 1);
  if (result === -EINVAL && getLinear(table, level, low, mfn, tableFrame, domain)) return 0;
  return result;
}

/** Gives back the references of an entry of an L2, L3 or L4 table. */
export function putPageFromTableEntry(
  table: FrameTable,
  low: number,
  high: number,
  tableFrame: number,
): void {
  if (!(low & PAGE_PRESENT)) return;
  const mfn = entryFrame(low, high);
  if (mfn === tableFrame) return;
  putPageType(table, mfn, tableFrame);
  table.putPage(mfn);
}

/**
 * A linear page table: an entry that names a table of its own level, itself or another. It must be read-only. To keep
 * chains short, a table that is so named names no other, and the reverse.
 */
function getLinear(
  table: FrameTable,
  level: number,
  low: number,
  mfn: number,
  tableFrame: number,
  domain: number,
): boolean {
  if (low & PAGE_RW) return false;
  if (mfn === tableFrame) return true;
  if (table.owner[tableFrame] !== domain || !table.getPage(mfn, domain)) return false;
  const entries = table.linear[tableFrame]!;
  const uses = table.linear[mfn]!;
  const count = table.typeCount[mfn]!;
  if (
    table.usedAs(mfn) !== level ||
    entries < 0 ||
    entries >= LINEAR_MAX ||
    uses > 0 ||
    uses <= -LINEAR_MAX ||
    count >= TYPE_COUNT_MAX
  ) {
    table.putPage(mfn);
    return false;
  }
  table.linear[tableFrame] = entries + 1;
  table.linear[mfn] = uses - 1;
  table.typeCount[mfn] = count + 1;
  return true;
}

function traceType(table: FrameTable, mfn: number, to: number): void {
  const from = TYPE_NAMES[table.type[mfn]!]!;
  table.trace.emit({ kind: 'page_type', mfn, from, to: TYPE_NAMES[to]! });
}

function validate(table: FrameTable, mfn: number, type: number): number {
  if (type === PGT_WRITABLE_PAGE) return 0;
  if (type === PGT_SEG_DESC_PAGE) {
    const allowed = checkDescriptors(rawMemory(table).words, mfn * PAGE_WORDS);
    table.memory.wrote(mfn);
    return allowed ? 0 : refuseFrame(table, -EINVAL, mfn, 'holds a descriptor that is not allowed');
  }
  return type === PGT_L1_PAGE_TABLE ? promoteL1(table, mfn) : promoteTable(table, mfn, type);
}

function promoteL1(table: FrameTable, mfn: number): number {
  const { words } = rawMemory(table);
  const owner = table.owner[mfn]!;
  const first = mfn * PAGE_WORDS;
  for (let at = first; at < first + PAGE_WORDS; at += 2) {
    const low = words[at]!;
    if (!(low & PAGE_PRESENT)) continue;
    const high = words[at + 1]!;
    const result = getPageFromL1Entry(table, low, high, owner, owner);
    if (result < 0) {
      while ((at -= 2) >= first) putPageFromL1Entry(table, words[at]!, words[at + 1]!);
      return result;
    }
    words[at] = adjustL1Low(low, high);
    words[at + 1] = adjustL1High(low, high);
  }
  table.memory.wrote(mfn);
  return 0;
}

function promoteTable(table: FrameTable, mfn: number, level: number): number {
  const { words } = rawMemory(table);
  const owner = table.owner[mfn]!;
  for (let slot = 0; slot < ENTRIES; slot++) {
    if (level === 4 && !isGuestL4Slot(slot)) continue;
    const at = mfn * PAGE_WORDS + slot * 2;
    const low = words[at]!;
    if (!(low & PAGE_PRESENT)) continue;
    const result = getPageFromTableEntry(table, level, low, words[at + 1]!, mfn, owner);
    if (result < 0) {
      putTableEntries(table, mfn, level, slot);
      return result;
    }
    words[at] = adjustTableLow(low, level);
  }
  table.memory.wrote(mfn);
  if (level === 4) installXenSlots(table, mfn);
  return 0;
}

function demote(table: FrameTable, mfn: number, level: number): void {
  const { words } = table.memory;
  if (level > 1) return putTableEntries(table, mfn, level, ENTRIES);
  const first = mfn * PAGE_WORDS;
  for (let at = first; at < first + PAGE_WORDS; at += 2)
    putPageFromL1Entry(table, words[at]!, words[at + 1]!);
}

/** Gives back what the entries below slot `end` of a table hold. */
function putTableEntries(table: FrameTable, mfn: number, level: number, end: number): void {
  const { words } = table.memory;
  for (let slot = end - 1; slot >= 0; slot--) {
    if (level === 4 && !isGuestL4Slot(slot)) continue;
    const at = mfn * PAGE_WORDS + slot * 2;
    putPageFromTableEntry(table, words[at]!, words[at + 1]!, mfn);
  }
}

/** Whether an entry names INVALID_MFN: all frame bits set. */
function isInvalidMfn(low: number, high: number): boolean {
  return low >>> 12 === 0xf_ffff && (high & FRAME_HIGH) === FRAME_HIGH;
}
