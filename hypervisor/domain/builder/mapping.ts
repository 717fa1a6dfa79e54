/**
 * How many page tables a mapping of consecutive pages needs, and where they go. A domain starts with one mapping (from
 * the virtual base over everything allocated) or two (its p2m list in a place of its own); the second shares tables of
 * the first where it can. The counting is libxc's (xg_dom_x86.c, count_pgtables).
 */
import { isBelow, low48 } from './addresses.ts';
import { ImageError } from './image-error.ts';
import { hex } from './image-reader.ts';

const PAGE_SHIFT = 12;
const LEVEL_SHIFT = 9;

/** Levels are counted from 0, the L1 tables, to 3, the root. */
export const LEVELS = 4;

/** The tables of one level of one mapping: they cover low-48-bit addresses `from` to `to`, both included. */
export interface TableRange {
  readonly from: number;
  readonly to: number;
  /** The first table's pfn; the others follow. */
  readonly pfn: number;
  readonly tables: number;
}

export interface Mapping {
  /** The first and last address mapped, by their low 48 bits. */
  readonly from: number;
  readonly to: number;
  /** What `from` is mapped to; the following pages follow. */
  readonly pfn: number;
  /** By level. */
  readonly levels: readonly TableRange[];
  /** Tables of all levels. */
  readonly tables: number;
  /** The pfn of the first of them. */
  readonly tablesPfn: number;
}

/** Bytes that one table of a level covers: 2 MiB, 1 GiB, 512 GiB, all. */
export function tableSpan(level: number): number {
  return 2 ** (PAGE_SHIFT + LEVEL_SHIFT * (level + 1));
}

/** What is left of a range of one level when the tables of an earlier mapping are used as far as they go. */
function withoutOverlap(
  range: { from: number; to: number },
  earlier: TableRange,
): { from: number; to: number } {
  if (earlier.tables === 0) return range;
  if (range.from >= earlier.from && range.to <= earlier.to) return { from: 0, to: 0 };
  if (range.from < earlier.from && range.to > earlier.to)
    throw new ImageError('unsupported', 'the p2m list would surround the initial mapping');
  const from = range.from >= earlier.from && range.from <= earlier.to ? earlier.to + 1 : range.from;
  const to = range.to >= earlier.from && range.to <= earlier.to ? earlier.from - 1 : range.to;
  return { from, to };
}

/** The range of one level below the root that is not covered by earlier mappings; `from` and `to` 0 where none is. */
function rangeOf(
  level: number,
  from: number,
  to: number,
  earlier: readonly Mapping[],
): { from: number; to: number } {
  const span = tableSpan(level);
  const whole = { from: from - (from % span), to: to - (to % span) + span - 1 };
  return earlier.reduce((range, mapping) => withoutOverlap(range, mapping.levels[level]!), whole);
}

/**
 * Plans the mapping of the addresses `from` to `to` (signed, both included) to the pages from `pfn` on, its tables from
 * `tablesPfn` on. `earlier` are the mappings there are already; the first brings the root.
 */
export function planMapping(
  { from, to, pfn }: { from: number; to: number; pfn: number },
  tablesPfn: number,
  earlier: readonly Mapping[],
): Mapping {
  const area = { from: low48(from), to: low48(to) };
  if (isBelow(to, from) || earlier.some((other) => area.from < other.to && area.to > other.from))
    throw new ImageError('unsupported', `the initial mappings overlap at ${hex(area.from)}`);
  const levels: TableRange[] = [];
  let tables = 0;
  for (let level = LEVELS - 1; level >= 0; level--) {
    const isRoot = level === LEVELS - 1;
    const needsRoot = isRoot && earlier.length === 0;
    const none = { from: 0, to: needsRoot ? 2 ** 48 - 1 : 0 };
    const range = isRoot ? none : rangeOf(level, area.from, area.to, earlier);
    const count = range.from < range.to ? Math.ceil((range.to - range.from) / tableSpan(level)) : 0;
    levels[level] = { ...range, pfn: tablesPfn + tables, tables: count };
    tables += count;
  }
  return { ...area, pfn, levels, tables, tablesPfn };
}
