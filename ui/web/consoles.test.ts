/** What consoles print while the page is hidden is there when it is seen again, in order, and does not pile up. */
import { expect, test } from 'vitest';
import { Consoles } from './consoles.ts';

/** What a terminal throws all away at (xterm.js, DISCARD_WATERMARK). */
const LIMIT_BYTES = 50_000_000;

test('a hidden page loses nothing that its terminals scroll back to', () => {
  let hidden = false;
  let shown = '';
  let longest = 0;
  const consoles = new Consoles(() => hidden);
  const print = (text: string): void => {
    consoles.print(0, new TextEncoder().encode(text));
  };
  print('before anybody is there\n');
  consoles.attach(0, (bytes) => {
    longest = Math.max(longest, bytes.length);
    shown += new TextDecoder().decode(bytes);
  });
  print('seen\n');
  hidden = true;
  print('hidden\n');
  expect(shown).toBe('before anybody is there\nseen\n');
  hidden = false;
  consoles.seen();
  print('seen again\n');
  expect(shown).toBe('before anybody is there\nseen\nhidden\nseen again\n');
  hidden = true;
  const line = `${'x'.repeat(99)}\n`;
  for (let n = 0; n * line.length < 2 * LIMIT_BYTES; n += 1000) print(line.repeat(1000));
  print('the last line\n');
  hidden = false;
  shown = '';
  consoles.seen();
  expect(longest).toBeLessThan(LIMIT_BYTES);
  expect(shown.endsWith(`${line}the last line\n`)).toBe(true);
  expect(shown.split('\n').length).toBeGreaterThan(10_000);
});
