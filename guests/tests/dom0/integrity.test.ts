/**
 * What goes through the backends arrives as it was, seen from outside. `npm run soak:devices` does the same with more: it needs
 * e2fsprogs, as these do.
 */
import { expect, test } from 'vitest';
import { hasTools } from '../ext2.ts';
import { fileTrip, physicalTrip, transfer } from './testing-integrity.ts';

test.skipIf(!hasTools())('8 MiB to a file on a disk of its own, and back after a remount', async () => {
  const trip = await physicalTrip(8);
  expect(trip.written).toBe(trip.given);
  expect(trip.readBack).toBe(trip.given);
});

test('2 MiB to a file of domain 0, and back', async () => {
  const trip = await fileTrip(2);
  expect(trip.written).toBe(trip.given);
  expect(trip.readBack).toBe(trip.given);
});

test.skipIf(!hasTools()).each([0, 10])('2 MiB over TCP, %d frames of a thousand lost', async (perMille) => {
  const sent = await transfer(2, perMille, 1);
  expect(sent.received).toBe(sent.sent);
  if (perMille === 0) expect(sent.lost).toBe(0);
  else expect(sent.lost).toBeGreaterThan(5);
});
