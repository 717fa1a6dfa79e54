/** The lines that were typed, as an editor would have them. */
import { expect, test } from 'vitest';
import { TypedLines } from './typed-lines.ts';

const utf8 = new TextEncoder();

function typed(keys: string): string[] {
  const lines = new TypedLines();
  lines.type(utf8.encode(keys));
  return lines.all().map(({ text }) => text);
}

const LEFT = '\x1b[D';
const RIGHT = '\x1b[C';

test.each([
  ['letters', 'ab', 'ab'],
  ['left', `ac${LEFT}b`, 'abc'],
  ['left at the beginning', `b${LEFT}${LEFT}a`, 'ab'],
  ['right', `bd${LEFT}${LEFT}a${RIGHT}c`, 'abcd'],
  ['right at the end', `a${RIGHT}b`, 'ab'],
  ['Ctrl-A', 'bc\x01a', 'abc'],
  ['Home', 'bc\x1b[Ha', 'abc'],
  ['Home of another terminal', 'bc\x1b[1~a', 'abc'],
  ['Ctrl-E', `a\x01\x05b`, 'ab'],
  ['End', `a\x01\x1b[Fb`, 'ab'],
  ['End of another terminal', `a\x01\x1b[4~b`, 'ab'],
  ['backspace', 'ax\x7fb', 'ab'],
  ['Ctrl-H', 'ax\x08b', 'ab'],
  ['backspace within', `axb${LEFT}\x7f`, 'ab'],
  ['backspace at the beginning', '\x7fa', 'a'],
  ['Delete', `axb${LEFT}${LEFT}\x1b[3~`, 'ab'],
  ['Ctrl-D', `axb${LEFT}${LEFT}\x04`, 'ab'],
  ['Delete at the end', 'ab\x1b[3~', 'ab'],
  ['Ctrl-K', `abx${LEFT}\x0b`, 'ab'],
  ['Ctrl-U', `xab${LEFT}${LEFT}\x15`, 'ab'],
  ['Ctrl-W', 'a bc  \x17d', 'a d'],
  ['Ctrl-W within', `a bc d${LEFT}${LEFT}\x17`, 'a  d'],
  ['Ctrl-C', `xx${LEFT}\x03a`, 'a'],
  ['a key that does nothing here', 'a\x1b[15~\x1bOPb', 'ab'],
])('%s', (_key, keys, line) => {
  expect(typed(keys)).toEqual([line]);
});

test.each(['é', '€', '😀'])('%s is one letter, however many bytes it has', (letter) => {
  expect(typed(`a${letter}\x7fb`)).toEqual(['ab']);
  expect(typed(`a${letter}${LEFT}\x1b[3~b`)).toEqual(['ab']);
  expect(typed(`a${letter}${LEFT}b${RIGHT}c`)).toEqual([`ab${letter}c`]);
});

test('a letter may come in two halves', () => {
  const lines = new TypedLines();
  const [first, ...rest] = utf8.encode('é');
  lines.type(Uint8Array.of(0x61, first!));
  lines.type(Uint8Array.from(rest));
  expect(lines.all()).toEqual([{ text: 'aé', shown: false }]);
});

test('Return ends a line, wherever the cursor is; blank ones are none', () => {
  expect(typed(`ac${LEFT}b\rnext\n\r  \rlast`)).toEqual(['abc', 'next', 'last']);
});

test('the newest 256 lines are remembered', () => {
  const keys = Array.from({ length: 300 }, (_, n) => `line ${String(n)}\r`).join('');
  const lines = typed(keys);
  expect([lines.length, lines[0], lines.at(-1)]).toEqual([256, 'line 44', 'line 299']);
});
