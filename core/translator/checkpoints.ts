/**
 * Where a region looks at its budget: not in each block, but where the ways through it begin and where they come round, for all the
 * instructions up to where it looks next. What does not fit is left to the interpreter, instruction by instruction.
 */

/** Instructions from one look to the next at most: so many are interpreted at the end of each run, at worst. */
export const AT_MOST = 128;

/** What is asked of a graph of blocks (structure.ts); 0 is its dispatch. */
export interface Ways {
  /** Nodes that are reached, in an order in which ways go forward but for those to heads of loops, and to 0. */
  readonly order: readonly number[];
  successorsOf(node: number): readonly number[];
  /** Whether it is reached by the dispatch, or is the head of a loop. */
  isBegin(node: number): boolean;
}

/**
 * For each node that looks: how many instructions are executed until there is another look, at most. `countOf`: instructions of a
 * node; `usesMore`: it may use up more of the budget than that, so that whatever is behind it looks again.
 */
export function checkpoints(
  ways: Ways,
  countOf: (node: number) => number,
  usesMore: (node: number) => boolean,
): Map<number, number> {
  const looks = new Set<number>();
  for (const node of ways.order) {
    if (ways.isBegin(node)) looks.add(node);
    if (usesMore(node)) for (const next of ways.successorsOf(node)) looks.add(next);
  }
  const rooms = new Map<number, number>();
  for (const node of ways.order.toReversed()) {
    if (node === 0) continue;
    const own = countOf(node);
    let room = own;
    for (const next of ways.successorsOf(node)) {
      if (next === 0 || looks.has(next)) continue;
      const behind = own + rooms.get(next)!;
      if (behind > AT_MOST) looks.add(next);
      else room = Math.max(room, behind);
    }
    rooms.set(node, room);
  }
  for (const node of rooms.keys()) if (!looks.has(node)) rooms.delete(node);
  return rooms;
}
