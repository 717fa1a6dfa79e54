/** What a console has printed is kept, the last of it, from the beginning of a line. */
import { expect, test } from 'vitest';
import { Transcript } from './transcript.ts';

const KEPT_BYTES = 128 * 1024;

function printed(...texts: readonly string[]): string {
  const transcript = new Transcript();
  for (const text of texts) transcript.add(new TextEncoder().encode(text));
  return new TextDecoder().decode(transcript.bytes());
}

test('what was printed in pieces of any size is there as one', () => {
  const texts = ['', 'a', 'b\r\n', 'x'.repeat(4096 - 4), 'y'.repeat(4096), 'z'.repeat(10_000), '\n'];
  expect(printed(...texts)).toBe(texts.join(''));
});

test('of much, whole lines from the end, up to 128 KiB', () => {
  const lines = Array.from({ length: 40_000 }, (_, n) => `line ${String(n)}\n`);
  const text = printed(...lines);
  expect(text.length).toBeGreaterThan(KEPT_BYTES - 3 * 4096);
  expect(text.length).toBeLessThanOrEqual(KEPT_BYTES);
  expect(text).toMatch(/^line \d+\n/);
  expect(lines.join('').endsWith(text)).toBe(true);
});
