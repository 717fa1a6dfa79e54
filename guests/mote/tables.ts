/**
 * All tables of an address space at once: made Xen's, given back, shared with a child. The lower half of the root is the
 * process's; the rest is Xen's.
 */
import { allocateUserPage, getPage, PAGE_SIZE, putPage } from 'kernel/memory/pages';
import {
  entryPage,
  ENTRIES,
  makeEntry,
  PAGE_COW,
  PAGE_FOREIGN,
  PAGE_PRESENT,
  PAGE_WRITE,
  protect,
  TABLE_BITS,
  unprotect,
  updateEntry,
} from 'kernel/memory/pagetable';
import { AddressSpace } from './address-space';

/** Entries of the root that are the process's. */
const USER_SLOTS: u32 = 256;

/** Entries of a table that are the process's. */
// @ts-ignore: decorator
@inline
function slots(level: u32): u32 {
  return level == 4 ? USER_SLOTS : ENTRIES;
}

/** Bytes of entries that are looked at in one go: most of a table is empty. */
const GROUP: usize = 64;

function isEmptyGroup(at: usize): bool {
  const low = load<u64>(at) | load<u64>(at, 8) | load<u64>(at, 16) | load<u64>(at, 24);
  return (low | load<u64>(at, 32) | load<u64>(at, 40) | load<u64>(at, 48) | load<u64>(at, 56)) == 0;
}

/** Makes a table and those below it read-only to the kernel too: they are to be Xen's. */
export function protectTables(table: usize, level: u32): void {
  const end = table + slots(level) * 8;
  for (let group = table; level > 1 && group < end; group += GROUP) {
    if (isEmptyGroup(group)) continue;
    for (let at = group; at < group + GROUP; at += 8) {
      const entry = load<u64>(at);
      if ((entry & PAGE_PRESENT) != 0) protectTables(entryPage(entry), level - 1);
    }
  }
  protect(table);
}

/** Gives back a table, those below it, and the pages that they map. */
export function freeTables(table: usize, level: u32, pinned: bool): void {
  const end = table + slots(level) * 8;
  for (let group = table; group < end; group += GROUP) {
    if (isEmptyGroup(group)) continue;
    for (let at = group; at < group + GROUP; at += 8) {
      const entry = load<u64>(at);
      if ((entry & PAGE_PRESENT) == 0) continue;
      if (level == 1) {
        if ((entry & PAGE_FOREIGN) == 0) putPage(entryPage(entry));
      } else freeTables(entryPage(entry), level - 1, pinned);
    }
  }
  if (pinned) unprotect(table);
  putPage(table);
}

/** Fills a child's table (not in use yet) from the parent's. False: no memory. */
export function shareTables(child: AddressSpace, from: usize, to: usize, level: u32): bool {
  const size = slots(level) * 8;
  for (let group: usize = 0; group < size; group += GROUP) {
    if (isEmptyGroup(from + group)) continue;
    for (let at = group; at < group + GROUP; at += 8) {
      const entry = load<u64>(from + at);
      if ((entry & PAGE_PRESENT) == 0) continue;
      if (level == 1) sharePage(child, from + at, to + at);
      else if (!shareTable(child, entry, to + at, level)) return false;
    }
  }
  return true;
}

function sharePage(child: AddressSpace, from: usize, to: usize): void {
  const entry = load<u64>(from);
  // The child has none of what is other domains'.
  if ((entry & PAGE_FOREIGN) != 0) return;
  const shared = (entry & PAGE_WRITE) != 0 ? (entry & ~PAGE_WRITE) | PAGE_COW : entry;
  if (shared != entry) updateEntry(from, shared);
  store<u64>(to, shared);
  getPage(entryPage(entry));
  child.pages++;
}

function shareTable(child: AddressSpace, entry: u64, to: usize, level: u32): bool {
  const table = allocateUserPage();
  if (table == 0) return false;
  memory.fill(table, 0, PAGE_SIZE);
  child.tables++;
  store<u64>(to, makeEntry(table, TABLE_BITS));
  return shareTables(child, entryPage(entry), table, level - 1);
}
