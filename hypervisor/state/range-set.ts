/** A set of integers as ranges (Xen's common/rangeset.c): what a domain may use of lines, ports and device memory. */

/** Disjoint ranges in ascending order, none next to another; `last` belongs to its range. */
export type RangeSet = { first: number; last: number }[];

/** Whether all of [first, last] is in the set. */
export function containsRange(set: Readonly<RangeSet>, first: number, last: number): boolean {
  return set.some((range) => range.first <= first && last <= range.last);
}

export function addRange(set: RangeSet, first: number, last: number): void {
  const touches = (range: RangeSet[number]): boolean => range.first <= last + 1 && range.last >= first - 1;
  const touched = set.filter(touches);
  const joined = {
    first: Math.min(first, ...touched.map((range) => range.first)),
    last: Math.max(last, ...touched.map((range) => range.last)),
  };
  const before = set.filter((range) => range.last < first && !touches(range));
  set.splice(before.length, touched.length, joined);
}

export function removeRange(set: RangeSet, first: number, last: number): void {
  const rest = set.flatMap((range) => [
    { first: range.first, last: Math.min(range.last, first - 1) },
    { first: Math.max(range.first, last + 1), last: range.last },
  ]);
  // A range beside the gap is found whole on one side, and empty on the other.
  set.splice(0, set.length, ...rest.filter((range) => range.first <= range.last));
}
