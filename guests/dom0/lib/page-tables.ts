/**
 * The boot page tables. Leaf entries lack the U bit: Xen adds it when it validates them, as for every mapping of a 64-bit
 * kernel. Tables themselves are mapped read-only, or they would be refused (libxc, xg_dom_x86.c, setup_pgtables_pv).
 */
import { DomainMemory } from './domain-memory';
import { PAGE_BYTES } from './pages';
import { entryShift, LEVELS, Mapping } from './mapping';
import { Plan } from './plan';

const LEAF: u64 = 0x23;
const LEAF_READ_ONLY: u64 = 0x21;
const DIRECTORY: u64 = 0x67;
const ENTRIES: u64 = 512;

/** Writes the tables of both mappings. 0, or a negative errno. */
export function writeTables(plan: Plan, memory: DomainMemory): i32 {
  const failed = writeMapping(plan, memory, plan.first);
  const own = plan.own;
  return failed < 0 || own == null ? failed : writeMapping(plan, memory, own);
}

/** The tables of a mapping lie one behind the other. */
function writeMapping(plan: Plan, memory: DomainMemory, mapping: Mapping): i32 {
  const entries = new StaticArray<u64>(<i32>(mapping.tables * ENTRIES));
  const own = plan.own;
  for (let level = LEVELS - 1; level >= 0; level--) {
    if (mapping.counts[level] == 0) continue;
    enter(plan, memory, entries, mapping, level, plan.first);
    if (own != null) enter(plan, memory, entries, mapping, level, own);
  }
  return memory.write(
    mapping.tablesPfn * PAGE_BYTES,
    changetype<usize>(entries),
    mapping.tables * PAGE_BYTES,
  );
}

/** Enters what `target` has for the addresses that the mapping's tables of a level cover: tables, or at the end pages. */
function enter(
  plan: Plan,
  memory: DomainMemory,
  entries: StaticArray<u64>,
  mapping: Mapping,
  level: i32,
  target: Mapping,
): void {
  if (level > 0 && target.counts[level - 1] == 0) return;
  const low = level > 0 ? target.lows[level - 1] : target.from;
  const high = level > 0 ? target.highs[level - 1] : target.to;
  const from = mapping.lows[level];
  const to = mapping.highs[level];
  if (low >= to || high <= from) return;
  const shift = entryShift(level);
  const start = max(from, low);
  const base = (mapping.pfns[level] - mapping.tablesPfn) * ENTRIES;
  const last = (min(to, high) - from) >> shift;
  let pfn = (level > 0 ? target.pfns[level - 1] : target.pfn) + ((start - low) >> shift);
  for (let index = (start - from) >> shift; index <= last; index++) {
    const bits = level > 0 ? DIRECTORY : plan.isTable(pfn) ? LEAF_READ_ONLY : LEAF;
    entries[<i32>(base + index)] = (memory.mfn(pfn) * PAGE_BYTES) | bits;
    pfn++;
  }
}
