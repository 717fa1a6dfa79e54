/** The generator is xorshift32 (Marsaglia 2003, triple 13 17 5): recordings hold its seeds, so its numbers never change. */
import { expect, test } from 'vitest';
import { Random } from './random.ts';

test('its numbers are those of the paper’s generator, behind the first eight', () => {
  const random = new Random(1);
  expect([random.next(), random.next()]).toEqual([2_005_365_029, 2_916_098_932]);
});

test('every seed is another sequence; no number is 0', () => {
  const first = Array.from({ length: 1000 }, (_, seed) => new Random(seed + 1).next());
  expect(new Set(first).size).toBe(1000);
  expect(first).not.toContain(0);
});
