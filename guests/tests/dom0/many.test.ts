/** A few of many domains: `npm run twenty` does it with more, and says how fast. */
import { expect, test } from 'vitest';
import { checkFrameTable } from '../../../hypervisor/state/check.ts';
import { many } from './testing-many.ts';

test('six domains serve HTTP to domain 0', async () => {
  const { good, requests, host, kibPerDomain } = await many(6, 3);
  expect(good).toBe(requests);
  expect(requests).toBe(18);
  expect(kibPerDomain).toBeLessThan(17 * 1024);
  const { frames, domains } = host.lab.hypervisor;
  expect(checkFrameTable(frames, domains)).toEqual([]);
});
