/** However a region is gone through, what is executed between two looks at the budget is what the first has asked for, at most. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AT_MOST, checkpoints } from './checkpoints.ts';
import { Structurer } from './structure.ts';

const MOST_OF_A_BLOCK = 64;

/** Edges by node, the dispatch's first; how many instructions each node has, and whether it may retire more. */
const regions = fc.integer({ min: 1, max: 9 }).chain((count) => {
  const node = fc.integer({ min: 1, max: count });
  const each = { minLength: count, maxLength: count };
  return fc.record({
    entries: fc.uniqueArray(node, { minLength: 1, maxLength: 4 }),
    edges: fc.array(fc.array(fc.integer({ min: 0, max: count }), { maxLength: 3 }), each),
    counts: fc.array(fc.integer({ min: 1, max: MOST_OF_A_BLOCK }), each),
    repeat: fc.array(fc.boolean(), each),
    choices: fc.array(fc.nat(), { minLength: 20, maxLength: 60 }),
  });
});

test('there is a look at the budget before it can be used up', () => {
  let unlooked = 0;
  fc.assert(
    fc.property(regions, ({ entries, edges, counts, repeat, choices }) => {
      const structurer = new Structurer([entries, ...edges]);
      const rooms = checkpoints(
        structurer,
        (node) => counts[node - 1]!,
        (node) => node !== 0 && repeat[node - 1]!,
      );
      let [node, left] = [0, 0];
      for (const choice of choices) {
        const next: readonly number[] = node === 0 ? structurer.entries : edges[node - 1]!;
        if (next.length === 0) break;
        node = next[choice % next.length]!;
        if (node === 0) continue;
        const room = rooms.get(node);
        if (room === undefined) unlooked++;
        else left = room;
        expect(left).toBeLessThanOrEqual(AT_MOST);
        left -= counts[node - 1]!;
        expect(left).toBeGreaterThanOrEqual(0);
        if (repeat[node - 1]!) left = 0;
      }
    }),
    { numRuns: 3000, seed: 13 },
  );
  expect(unlooked).toBeGreaterThan(1000);
});
