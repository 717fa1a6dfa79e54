/**
 * The contents of the boot page tables. Leaf entries lack the U bit: Xen adds it when it validates the tables, as for
 * every mapping of a 64-bit PV kernel. Tables themselves are mapped read-only, or validation would refuse them.
 * Source: libxc, xg_dom_x86.c (setup_pgtables_pv, get_pg_prot).
 */
import { LEVELS, type Mapping, type TableRange, tableSpan } from './mapping.ts';
import { isBootPageTable } from './plan.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';

const PRESENT = 1 << 0;
const WRITE = 1 << 1;
const USER = 1 << 2;
const ACCESSED = 1 << 5;
const DIRTY = 1 << 6;

const LEAF = PRESENT | WRITE | ACCESSED;
const DIRECTORY = PRESENT | WRITE | USER | ACCESSED | DIRTY;

const ENTRIES = 512;

/** What entries of a level point to: the tables of the level below, or the pages that the mapping is of. */
interface Target {
  readonly from: number;
  readonly to: number;
  readonly pfn: number;
}

function targetsBelow(level: number, mappings: readonly Mapping[]): Target[] {
  if (level === 0) return mappings.map(({ from, to, pfn }) => ({ from, to, pfn }));
  return mappings.map(({ levels }) => levels[level - 1]!).filter(({ tables }) => tables > 0);
}

/** Enters one target as far as it lies in the tables' range. `entries` holds the tables, one behind the other. */
function enter(
  entries: BigUint64Array,
  level: number,
  { from, to }: TableRange,
  target: Target,
  entryFor: (pfn: number) => bigint,
): void {
  const span = level === 0 ? PAGE_BYTES : tableSpan(level - 1);
  const start = Math.max(from, target.from);
  const end = Math.min(to, target.to);
  const pages = Math.floor((start - target.from) / span);
  const first = Math.floor((start - from) / span);
  const last = Math.floor((end - from) / span);
  for (let index = first; index <= last; index++)
    entries[index] = entryFor(target.pfn + pages + index - first);
}

/** The boot page tables, each as its pfn and its 4096 bytes. `p2m` gives the mfn of a pfn. */
export function* bootPageTables(
  mappings: readonly Mapping[],
  p2m: ArrayLike<number>,
): Generator<{ pfn: number; bytes: Uint8Array }> {
  const leafFlags = (pfn: number) => (isBootPageTable(mappings, pfn) ? LEAF & ~WRITE : LEAF);
  for (let level = LEVELS - 1; level >= 0; level--) {
    const entryFor = (pfn: number) =>
      BigInt(p2m[pfn]! * PAGE_BYTES + (level === 0 ? leafFlags(pfn) : DIRECTORY));
    for (const { levels } of mappings) {
      const range = levels[level]!;
      const entries = new BigUint64Array(range.tables * ENTRIES);
      for (const target of targetsBelow(level, mappings)) {
        if (target.from < range.to && target.to > range.from) enter(entries, level, range, target, entryFor);
      }
      for (let table = 0; table < range.tables; table++) {
        const bytes = new Uint8Array(entries.buffer, table * PAGE_BYTES, PAGE_BYTES);
        yield { pfn: range.pfn + table, bytes };
      }
    }
  }
}
