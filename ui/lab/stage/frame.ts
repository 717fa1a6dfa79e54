/** One machine frame: what the frame table knows of it, and who refers to it. */
import { DOMID_XEN } from '../../../hypervisor/abi/xen.ts';
import { inUse } from '../../../hypervisor/grants/pin.ts';
import { PAGE_PRESENT, PAGE_PSE, PAGE_RW } from '../../../hypervisor/memory/entries.ts';
import {
  PGC_XEN_HEAP,
  PGT_L4_PAGE_TABLE,
  PGT_PINNED,
  TYPE_NAMES,
} from '../../../hypervisor/memory/frame-table.ts';
import { getM2p } from '../../../hypervisor/memory/m2p.ts';
import { PAGE_WORDS } from '../../../hypervisor/memory/pages.ts';
import type { Hypervisor } from '../../../hypervisor/state/hypervisor.ts';

/** A page-table entry that names a frame. */
export interface FrameReference {
  readonly table: number;
  readonly level: number;
  readonly slot: number;
  readonly writable: boolean;
}

export interface FrameView {
  readonly mfn: number;
  /** Its owner's number for it; -1: none. */
  readonly pfn: number;
  /** A domain's id; -1: Xen; -2: nobody, it is free. */
  readonly owner: number;
  /** Xen's own, shared with its owner: the grant table, shared_info. */
  readonly isShared: boolean;
  /** What it is used as (PGT_*, in words), how often as that, and how often at all. */
  readonly type: string;
  readonly typeCount: number;
  readonly count: number;
  readonly isPinned: boolean;
  /** Entries of validated tables that name it, as far as they are told. */
  readonly references: readonly FrameReference[];
  readonly moreReferences: number;
  /** Grants of it that are in use: by which reference, and by whom. */
  readonly grants: readonly { readonly ref: number; readonly to: number; readonly writers: number }[];
}

/** So many references are told one by one. */
const TOLD = 12;

/** Null: the machine has no such frame. */
export function frameView(hypervisor: Hypervisor, mfn: number): FrameView | null {
  const { frames, domains } = hypervisor;
  if (!(mfn >= 0 && mfn < frames.frames)) return null;
  const owner = frames.owner[mfn]!;
  const references = referencesTo(hypervisor, mfn);
  const grants = domains.get(owner)?.grants.active ?? new Map();
  return {
    mfn,
    pfn: domains.has(owner) ? getM2p(frames, mfn) : -1,
    owner: frames.isFree(mfn) ? -2 : owner === DOMID_XEN ? -1 : owner,
    isShared: (frames.flags[mfn]! & PGC_XEN_HEAP) !== 0,
    type: TYPE_NAMES[frames.usedAs(mfn)] ?? 'none',
    typeCount: frames.typeCount[mfn]!,
    count: frames.count[mfn]!,
    isPinned: (frames.flags[mfn]! & PGT_PINNED) !== 0,
    references: references.slice(0, TOLD),
    moreReferences: Math.max(0, references.length - TOLD),
    grants: [...grants]
      .filter(([, grant]) => grant.mfn === mfn && inUse(grant))
      .map(([ref, { domid, writers }]) => ({ ref, to: domid, writers })),
  };
}

/** All entries of validated tables that name it. */
function referencesTo({ frames, machine: { words } }: Hypervisor, mfn: number): FrameReference[] {
  const found: FrameReference[] = [];
  for (let table = 0; table < frames.frames; table++) {
    const level = frames.usedAs(table);
    if (level < 1 || level > PGT_L4_PAGE_TABLE) continue;
    for (let word = 0; word < PAGE_WORDS; word += 2) {
      const low = words[table * PAGE_WORDS + word]!;
      if ((low & PAGE_PRESENT) === 0 || (level > 1 && (low & PAGE_PSE) !== 0)) continue;
      const high = words[table * PAGE_WORDS + word + 1]! & 0x000f_ffff;
      if ((low >>> 12) + high * 2 ** 20 !== mfn) continue;
      found.push({ table, level, slot: word / 2, writable: (low & PAGE_RW) !== 0 });
    }
  }
  return found;
}
