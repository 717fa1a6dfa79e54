/**
 * Xen's part of every address space: L4 slots 256 to 271. Slot 256 maps the machine-to-physical table read-only; slot
 * 260 is the domain's own and maps the descriptor tables of its vcpus (per-domain.ts). The rest is empty here: what Xen
 * keeps there on a PC lives outside the machine. Compare init_xen_l4_slots in Xen's arch/x86/mm.c.
 */
import {
  FIRST_XEN_SLOT,
  LAST_XEN_SLOT,
  PAGE_ACCESSED,
  PAGE_DIRTY,
  PAGE_PRESENT,
  PAGE_RW,
  PAGE_USER,
} from './entries.ts';
import type { FrameTable } from './frame-table.ts';
import { PAGE_WORDS } from './pages.ts';

export const RO_MPT_SLOT = 256;
export const PERDOMAIN_SLOT = 260;

const READ_ONLY = PAGE_PRESENT | PAGE_USER | PAGE_ACCESSED | PAGE_DIRTY;
const SUPERVISOR = PAGE_PRESENT | PAGE_RW | PAGE_ACCESSED | PAGE_DIRTY;

/** Writes all of Xen's slots of an L4 table, over whatever its owner left there. */
export function installXenSlots(table: FrameTable, l4Frame: number): void {
  const domain = table.owners.get(table.owner[l4Frame]!);
  for (let slot = FIRST_XEN_SLOT; slot <= LAST_XEN_SLOT; slot++) table.writeEntry(l4Frame, slot, 0, 0);
  if (!domain) return;
  if (domain.m2pStrict) fillReadOnlyM2p(table, l4Frame);
  const { perDomainL3 } = domain.memory;
  if (perDomainL3) writeLink(table, l4Frame, PERDOMAIN_SLOT, perDomainL3, SUPERVISOR);
}

/** Lets an address space see the M2P (fill_ro_mpt). */
export function fillReadOnlyM2p(table: FrameTable, l4Frame: number): void {
  writeLink(table, l4Frame, RO_MPT_SLOT, table.m2pL3, READ_ONLY);
}

/** Takes the M2P out of a user address space under m2p_strict (zap_ro_mpt). */
export function zapReadOnlyM2p(table: FrameTable, l4Frame: number): void {
  table.writeEntry(l4Frame, RO_MPT_SLOT, 0, 0);
}

/** Writes one entry of Xen's own tables: frame and lower flags. */
export function writeLink(
  table: FrameTable,
  tableFrame: number,
  slot: number,
  mfn: number,
  flags: number,
): void {
  table.writeEntry(tableFrame, slot, ((mfn << 12) | flags) >>> 0, mfn >>> 20);
}

/** Reads the frame of an entry of Xen's own tables; 0 where there is none. */
export function readLink(table: FrameTable, tableFrame: number, slot: number): number {
  const at = tableFrame * PAGE_WORDS + slot * 2;
  const low = table.memory.words[at]!;
  if (!(low & PAGE_PRESENT)) return 0;
  return ((low >>> 12) | (table.memory.words[at + 1]! << 20)) >>> 0;
}
