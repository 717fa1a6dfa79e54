/** What the comparison is made of: which faults spread, and how its tables look. The costs themselves are no test's. */
import { expect, test } from 'vitest';
import { NOW_AND_THEN, shareAfter } from '../../../scripts/compare/isolation.ts';
import { number, seconds, table, times } from '../../../scripts/compare/table.ts';

test('a kernel that breaks takes the programs on it along, and no other domain', async () => {
  expect(await shareAfter('two programs of one system', 'a kernel breaks', NOW_AND_THEN)).toBeNull();
  expect(await shareAfter('two domains', 'a kernel breaks', NOW_AND_THEN)).toBeGreaterThan(0.8);
}, 300_000);

test('numbers have as many digits as count', () => {
  expect([0.00234, 0.0456, 1.26, 31.4].map(seconds)).toEqual(['2.3 ms', '0.046 s', '1.3 s', '31 s']);
  expect([1.004, 17.2].map(times)).toEqual(['1.004 x', '17 x']);
  expect(number(0.5)).toBe('0.50');
  expect(table(['a', 'bb'], [['ccc', 'd']])).toBe('| a   | bb |\n| --- | -- |\n| ccc | d  |\n');
});
