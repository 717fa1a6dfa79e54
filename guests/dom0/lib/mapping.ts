/**
 * How many page tables a mapping of consecutive pages needs, and where they go. A domain starts with one mapping (from the
 * virtual base over everything that is there) or two (its p2m list at a place of its own); the second uses tables of the
 * first where it can. The counting is libxc's (xg_dom_x86.c, count_pgtables).
 */

/** Levels are counted from 0, the L1 tables, to 3, the root. */
export const LEVELS: i32 = 4;
/** Addresses are looked up by their low 48 bits. */
export const VIRTUAL: u64 = 0xffff_ffff_ffff;

/** log2 of the bytes that an entry of a level's tables stands for. */
export function entryShift(level: i32): u64 {
  return 12 + 9 * <u64>level;
}

export class Mapping {
  /** By level: the addresses that its tables cover, both included, the first one's pfn, and how many there are. */
  lows: StaticArray<u64> = new StaticArray<u64>(LEVELS);
  highs: StaticArray<u64> = new StaticArray<u64>(LEVELS);
  pfns: StaticArray<u64> = new StaticArray<u64>(LEVELS);
  counts: StaticArray<u64> = new StaticArray<u64>(LEVELS);
  /** Tables of all levels. */
  tables: u64 = 0;

  /**
   * Addresses `from` to `to`, both included, are mapped to the pages from `pfn` on; the tables lie from `tablesPfn` on, the
   * root first. `above`: a mapping at higher addresses, which brings the root; null: this one does.
   */
  constructor(
    public from: u64,
    public to: u64,
    public pfn: u64,
    public tablesPfn: u64,
    above: Mapping | null,
  ) {
    this.from &= VIRTUAL;
    this.to &= VIRTUAL;
    for (let level = LEVELS - 1; level >= 0; level--) {
      this.pfns[level] = tablesPfn + this.tables;
      if (level < LEVELS - 1) this.cover(level, above);
      else if (above == null) {
        this.highs[level] = VIRTUAL;
        this.counts[level] = 1;
      }
      this.tables += this.counts[level];
    }
  }

  /** What tables of a level cover, less what those of the other mapping do. */
  private cover(level: i32, above: Mapping | null): void {
    const shift = entryShift(level + 1);
    const low = (this.from >> shift) << shift;
    let high = this.to | (((<u64>1) << shift) - 1);
    if (above != null && high >= above.lows[level]) {
      if (low >= above.lows[level]) return;
      high = above.lows[level] - 1;
    }
    this.lows[level] = low;
    this.highs[level] = high;
    this.counts[level] = ((high - low) >> shift) + 1;
  }

  hasTable(pfn: u64): bool {
    return pfn >= this.tablesPfn && pfn < this.tablesPfn + this.tables;
  }
}
