/**
 * The fewest of many things with which something still fails: delta debugging (Zeller and Hildebrandt, Simplifying and Isolating
 * Failure-Inducing Input, IEEE TSE 28(2), 2002). What comes of it cannot be done without any one of its things.
 */

/** Asks of some lists in turn, or several at once, which is the first with which it fails; -1: none. */
export type FirstFailing<T> = (lists: readonly (readonly T[])[]) => Promise<number>;

export async function shrink<T>(all: readonly T[], firstFailing: FirstFailing<T>): Promise<readonly T[]> {
  let current = all;
  if (current.length === 0 || (await firstFailing([[]])) === 0) return [];
  for (let parts = 2; current.length > 1;) {
    const lists = split(current, parts);
    const candidates = parts === 2 ? lists : [...lists, ...without(current, lists)];
    const found = await firstFailing(candidates);
    if (found >= 0) {
      current = candidates[found]!;
      // What was left out was one part: of those that are there, as many are left as there were, but one.
      parts = found < lists.length ? 2 : Math.max(parts - 1, 2);
    } else if (parts >= current.length) break;
    else parts = Math.min(2 * parts, current.length);
  }
  return current;
}

function split<T>(list: readonly T[], parts: number): T[][] {
  const ends = Array.from({ length: parts + 1 }, (_, n) => Math.floor((n * list.length) / parts));
  return ends.slice(1).map((end, n) => list.slice(ends[n], end));
}

/** The list without each of its parts. */
function without<T>(list: readonly T[], parts: readonly (readonly T[])[]): T[][] {
  let at = 0;
  return parts.map(({ length }) => {
    const rest = [...list.slice(0, at), ...list.slice(at + length)];
    at += length;
    return rest;
  });
}
