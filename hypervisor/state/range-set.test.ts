import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addRange, containsRange, removeRange } from './range-set.ts';
import type { RangeSet } from './range-set.ts';

const SIZE = 40;

test('it holds what a set of numbers would, in the fewest ranges', () => {
  const range = fc.record({ add: fc.boolean(), first: fc.nat(SIZE), length: fc.nat(12) });
  fc.assert(
    fc.property(fc.array(range, { maxLength: 20 }), (steps) => {
      const set: RangeSet = [];
      const model = new Set<number>();
      for (const { add, first, length } of steps) {
        if (add) addRange(set, first, first + length);
        else removeRange(set, first, first + length);
        for (let at = first; at <= first + length; at++)
          if (add) model.add(at);
          else model.delete(at);
      }
      for (let at = 0; at < 2 * SIZE; at++) {
        expect(containsRange(set, at, at)).toBe(model.has(at));
        expect(containsRange(set, at, at + 2)).toBe([at, at + 1, at + 2].every((n) => model.has(n)));
      }
      set.forEach((range, index) => {
        expect(range.first).toBeLessThanOrEqual(range.last);
        if (index > 0) expect(range.first).toBeGreaterThan(set[index - 1]!.last + 1);
      });
    }),
  );
});
