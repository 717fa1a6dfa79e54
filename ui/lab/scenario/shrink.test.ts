/** Delta debugging: what is left is needed, every thing of it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shrink } from './shrink.ts';

const MANY = Array.from({ length: 200 }, (_, n) => n);

test('it comes to those that are needed, and to no others', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(199), { maxLength: 4 }), async (needed) => {
      let asked = 0;
      const left = await shrink(MANY, (lists) => {
        const at = lists.findIndex((list) => needed.every((each) => list.includes(each)));
        asked += at < 0 ? lists.length : at + 1;
        return Promise.resolve(at);
      });
      expect([...left]).toEqual([...needed].sort((a, b) => a - b));
      expect(asked).toBeLessThan(300);
    }),
    { seed: 1, numRuns: 50 },
  );
});

test('of two ways to fail one is left', async () => {
  const fails = (list: readonly number[]): boolean =>
    list.includes(7) || (list.includes(3) && list.includes(150));
  const left = await shrink(MANY, (lists) => Promise.resolve(lists.findIndex(fails)));
  expect(fails(left)).toBe(true);
  for (const each of left) expect(fails(left.filter((other) => other !== each))).toBe(false);
});
