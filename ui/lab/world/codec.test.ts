/** Messages between threads as bytes. */
import { expect, test } from 'vitest';
import { CODEC } from './codec.ts';

test('a message comes as it was sent: bytes, numbers that are none in JSON, patterns', () => {
  const message = {
    report: { nowNs: 1.5, activityNs: Infinity, least: -Infinity, stop: null },
    sent: [[{ frame: Uint8Array.of(1, 2, 255), atNs: 7 }], []],
    empty: new Uint8Array(0),
    again: { frame: Uint8Array.of(4).subarray(0, 1) },
    text: /\/ \$ $/m,
    words: ['', 'Größe', '\u0000'],
  };
  expect(CODEC.decode(CODEC.encode(message))).toEqual(message);
  expect(CODEC.decode(CODEC.encode(null))).toBe(null);
});

test("Node's own arrays of bytes go as any", () => {
  expect(CODEC.decode(CODEC.encode({ bytes: Buffer.from('abc') }))).toEqual({
    bytes: Uint8Array.of(97, 98, 99),
  });
});
