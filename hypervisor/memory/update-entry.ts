/**
 * Changing one entry of a validated page table: the new entry's references are taken before it is written, the old one's
 * given back after. Compare mod_l1_entry to mod_l4_entry in Xen's arch/x86/mm.c.
 */
import { EINVAL } from '../abi/errno.ts';
import {
  adjustL1High,
  adjustL1Low,
  adjustTableLow,
  differsInSubstance,
  isGuestL4Slot,
  l1Disallowed,
  PAGE_ACCESSED,
  PAGE_DIRTY,
  PAGE_PRESENT,
  TABLE_DISALLOWED,
} from './entries.ts';
import type { FrameTable } from './frame-table.ts';
import { badBits } from './refusals.ts';
import { PAGE_WORDS } from './pages.ts';
import {
  getPageFromL1Entry,
  getPageFromTableEntry,
  putPageFromL1Entry,
  putPageFromTableEntry,
} from './page-types.ts';

/**
 * Writes an L1 entry. The caller holds a type reference to the table `l1Frame`; `pageOwner` should own what it names.
 * Gives 0 or getPageFromL1Entry's errnos.
 */
export function updateL1Entry(
  table: FrameTable,
  l1Frame: number,
  slot: number,
  low: number,
  high: number,
  preserveAccessed: boolean,
  pageOwner: number,
): number {
  if (table.trace.on) traceEntry(table, l1Frame, slot, 1, low, high);
  const { words } = table.memory;
  const at = l1Frame * PAGE_WORDS + slot * 2;
  const oldLow = words[at]!;
  const oldHigh = words[at + 1]!;
  const kept = preserveAccessed ? oldLow & (PAGE_ACCESSED | PAGE_DIRTY) : 0;
  if (low & PAGE_PRESENT) {
    const owner = table.owners.get(table.owner[l1Frame]!);
    const bits = low & l1Disallowed(owner?.hasDevices === true);
    if (bits) return badBits(table, bits);
    const newLow = adjustL1Low(low, high);
    const newHigh = adjustL1High(low, high);
    if (!differsInSubstance(oldLow, oldHigh, newLow, newHigh)) {
      table.writeEntry(l1Frame, slot, newLow | kept, newHigh);
      return 0;
    }
    const result = getPageFromL1Entry(table, newLow, newHigh, table.owner[l1Frame]!, pageOwner);
    if (result < 0) return result;
    table.writeEntry(l1Frame, slot, newLow | kept, newHigh);
  } else table.writeEntry(l1Frame, slot, low | kept, high);
  putPageFromL1Entry(table, oldLow, oldHigh);
  return 0;
}

/**
 * Writes an entry of an L2, L3 or L4 table. The caller holds a type reference to it.
 * -EINVAL: bad flags, a frame that cannot be a table of the level below, or one of Xen's L4 slots.
 */
export function updateTableEntry(
  table: FrameTable,
  level: number,
  tableFrame: number,
  slot: number,
  low: number,
  high: number,
  preserveAccessed: boolean,
): number {
  if (table.trace.on) traceEntry(table, tableFrame, slot, level, low, high);
  if (level === 4 && !isGuestL4Slot(slot))
    return table.trace.refuse(-EINVAL, 'slot {} of a root table is Xen’s', slot);
  const { words } = table.memory;
  const at = tableFrame * PAGE_WORDS + slot * 2;
  const oldLow = words[at]!;
  const oldHigh = words[at + 1]!;
  const kept = preserveAccessed ? oldLow & (PAGE_ACCESSED | PAGE_DIRTY) : 0;
  if (low & PAGE_PRESENT) {
    if (low & TABLE_DISALLOWED) return badBits(table, low & TABLE_DISALLOWED);
    const newLow = adjustTableLow(low, level);
    if (!differsInSubstance(oldLow, oldHigh, newLow, high)) {
      table.writeEntry(tableFrame, slot, newLow | kept, high);
      return 0;
    }
    const result = getPageFromTableEntry(table, level, newLow, high, tableFrame, table.owner[tableFrame]!);
    if (result < 0) return result;
    table.writeEntry(tableFrame, slot, newLow | kept, high);
  } else table.writeEntry(tableFrame, slot, low | kept, high);
  putPageFromTableEntry(table, oldLow, oldHigh, tableFrame);
  return 0;
}

/** Tells the entry that the guest asks for. */
function traceEntry(
  table: FrameTable,
  mfn: number,
  slot: number,
  level: number,
  low: number,
  high: number,
): void {
  table.trace.emit({ kind: 'entry', mfn, slot, level, low, high });
}
