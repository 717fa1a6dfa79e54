import { expect, test } from 'vitest';
import { SLACK_KIB, soak } from './soak.ts';

const INSTRUCTIONS = 800_000_000;

test('a short soak of Mote leaves nothing over, and goes the same way twice', async () => {
  const first = await soak(INSTRUCTIONS);
  const second = await soak(INSTRUCTIONS);
  expect(first.rounds).toBeGreaterThan(0);
  expect(first.faults).toEqual([]);
  expect(first.grownKib).toBeLessThanOrEqual(SLACK_KIB);
  expect(second.hash).toBe(first.hash);
});
