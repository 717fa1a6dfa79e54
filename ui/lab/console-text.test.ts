/** Conditions on what a console has printed: what was typed and is only shown again fulfils none. */
import { expect, test } from 'vitest';
import { ConsoleText } from './console-text.ts';

const utf8 = new TextEncoder();

/** A console that has printed, and heard typed (`<`), these in this order. */
function consoleWith(...happened: readonly string[]): ConsoleText {
  const text = new ConsoleText();
  for (const each of happened) {
    if (each.startsWith('<')) text.typed(utf8.encode(each.slice(1)));
    else for (const byte of utf8.encode(each)) text.add(Uint8Array.of(byte));
  }
  return text;
}

test('what was printed matches, once', () => {
  const text = consoleWith('one two\r\nthree');
  expect(text.take(/o\w+/)).toBe('one');
  expect(text.take(/o\w*/)).toBe('o');
  expect(text.take(/thr/)).toBe('thr');
  expect(text.take(/thr/)).toBeUndefined();
  expect(text.take(/^ee$/)).toBe('ee');
});

test.each([
  ['shown by a shell behind its prompt', ['/ $ ', '<echo DONE\r', 'echo DONE\r\n']],
  ['shown as far as it has come', ['/ $ ', '<echo DONE; sleep 1\r', 'echo DONE']],
  ['typed ahead and shown twice', ['<echo DONE\r', 'echo DONE\r\n', 'starting\r\n/ # echo DONE\r\n']],
  [
    'drawn anew by a line editor',
    ['<echo ONE\x1b[D\x1b[D\x1b[DD\r', '/ $ echo ONE', '\r/ $ echo DONE\x1b[K\x1b[3D'],
  ],
  ['corrected as it was typed', ['<echo DONG\x7fE\r', '$ echo DONG\r$ echo DON\x1b[K', 'E\r\n']],
  [
    'a part of a long line',
    [`<${'1234567890'.repeat(9)}; echo DONE\r`, `\r$ <${'34567890'.repeat(4)}1234567890; echo DONE\x1b[K`],
  ],
  ['a line among several', ['<ls\recho DONE\rpwd\r', '$ ls\r\n$ echo DONE\r\n$ pwd\r\n']],
])('echo does not match: %s', (_how, happened) => {
  expect(consoleWith(...happened).take(/echo DONE/)).toBeUndefined();
});

test.each([
  ['the answer behind the echo', ['<echo DONE\r', '$ echo DONE\r\nDONE\r\n'], /DONE/],
  ['a word that ends as a short line that was typed', ['<y\r', 'network: ready\r\n'], /ready/],
  ['a prompt, with half of the next command shown', ['<pwd\r', '/tmp\r\n$ p'], /\/tmp\r\n\$ /],
  ['a line of which what was typed is only the beginning', ['<a\r', '$ a\r\na tree\r\n'], /a tree/],
  ['a prompt, where a line with a space before it was typed', ['<ls\r pwd\r', '$ ls\r\n/ $ '], /\n\/ \$ $/],
  ['a letter at the end, with which a line began that was shown', ['<xm\r', '$ xm\r\nf(x'], /f\(x/],
  ['what was killed and never shown whole', ['<DONE\x15ls\r', '$ ls\r\nDONE\r\n'], /DONE/],
])('output does: %s', (_how, happened, pattern) => {
  expect(consoleWith(...happened).take(pattern)).toBeDefined();
});

test('what was matched in an unfinished line is forgotten, and only that', () => {
  const text = consoleWith('login: ');
  expect(text.take(/login: $/)).toBe('login: ');
  text.typed(utf8.encode('root\r'));
  text.add(utf8.encode('root\r\nwelcome\r\n'));
  expect(text.take(/login|root/)).toBeUndefined();
  expect(text.take(/welcome/)).toBe('welcome');
});
