/** What a boot of domain 0 takes: whoever opens the page waits for it, and so does every test that begins with a host. */
import { expect, test } from 'vitest';
import { Host } from './testing.ts';

/** Of the guest, to its prompt: it takes 19 million today. */
const MOST_INSTRUCTIONS = 26_000_000;

test('domain 0 is at its prompt in so many instructions', async () => {
  const { lab } = await Host.boot();
  expect(lab.instructions).toBeLessThan(MOST_INSTRUCTIONS);
});
