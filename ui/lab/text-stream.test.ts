import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TextStream } from './text-stream.ts';

test('text in pieces, cut anywhere, is the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.array(fc.nat(5)), (text, sizes) => {
      const bytes = new TextEncoder().encode(text);
      const stream = new TextStream();
      let decoded = '';
      let at = 0;
      for (const size of sizes) {
        decoded += stream.decode(bytes.subarray(at, at + size));
        at += size;
      }
      expect(decoded + stream.decode(bytes.subarray(at))).toBe(
        new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes),
      );
    }),
    { seed: 7 },
  );
});

test('what is no UTF-8 is shown as such, and nothing behind it is lost', () => {
  const stream = new TextStream();
  expect(stream.decode(Uint8Array.of(0x80, 0x41))).toBe('\ufffdA');
  expect(stream.decode(Uint8Array.of(0xc3))).toBe('');
  expect(stream.decode(Uint8Array.of(0x41))).toBe('\ufffdA');
});
