/** Instants as a person names them. */
import { expect, test } from 'vitest';
import { nsOfTick, parseInstant } from './instant.ts';

test.each<[string, ReturnType<typeof parseInstant>]>([
  ['start', { kind: 'start' }],
  [' End ', { kind: 'end' }],
  ['12345', { kind: 'instruction', value: 12345 }],
  ['12,345', { kind: 'instruction', value: 12345 }],
  ['12_345', { kind: 'instruction', value: 12345 }],
  ['tick 7', { kind: 'tick', value: 7 }],
  ['1.5s', { kind: 'ns', value: 1_500_000_000 }],
  ['2 s', { kind: 'ns', value: 2_000_000_000 }],
  ['20ms', { kind: 'ns', value: 20_000_000 }],
  ['3us', { kind: 'ns', value: 3_000 }],
  ['4ns', { kind: 'ns', value: 4 }],
  // Half an instruction, a tick that is a time, more than can be counted, and what is none.
  ...['1.5', 'tick 1.5', 'tick 2s', '9007199254740992', '', '-1', '1h', '.5s', 'yesterday'].map(
    (text): [string, null] => [text, null],
  ),
])('%j', (text, instant) => {
  expect(parseInstant(text)).toEqual(instant);
});

test('a time is over at its tick, and not at the one before', () => {
  for (const periodNs of [1, 0.5, 3])
    for (const tick of [1, 2, 1000]) {
      const ns = nsOfTick(tick, periodNs);
      expect(ns).toBeLessThan(tick * periodNs);
      expect(ns).toBeGreaterThan((tick - 1) * periodNs);
    }
  expect(nsOfTick(0, 1)).toBe(0);
});
