/** The tour of one host on a terminal. That it goes as it is told: guests/tests/dom0/tour.test.ts, ../lab/world/tour.test.ts. */
import { afterEach, expect, test, vi } from 'vitest';
import { TOUR } from '../lab/tour.ts';
import { EXIT_OK } from './exit-codes.ts';
import { takeOutput } from './testing.ts';
import { tour } from './tour.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

test('each step is told with its number before what comes of it, and at the end what the host has come to, if one asks', async () => {
  let said = '';
  takeOutput((text) => (said += text));
  expect(await tour({ part: 1, hash: true })).toBe(EXIT_OK);
  const parts = said.replaceAll('\r', '').split(/\n--- (?=\d+ of )/);
  expect(parts.shift()).toBe('\n');
  const headings = parts.map((part) => part.slice(0, part.indexOf('\n')));
  expect(headings).toEqual(
    TOUR.map(({ tells }, n) => `${String(n + 1)} of ${String(TOUR.length)}: ${tells}`),
  );
  expect(parts[1]).toContain(TOUR[1]!.types);
  expect(said).toMatch(/\n[0-9a-f]+ at instruction \d+\n$/);
});
