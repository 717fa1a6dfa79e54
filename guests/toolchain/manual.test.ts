/** What the shell's `help` knows of programs. */
import { expect, test } from 'vitest';
import { manual } from './manual.ts';
import { dom0ProgramNames, programNames } from './mote.ts';
import { readSources } from './node.ts';

test('a line is what a source says of itself, up to the first empty line', () => {
  const sources = new Map([
    ['programs/one.ts', '/** one [-x]: does one thing. */\nexport function main(): void {}\n'],
    ['programs/two.ts', '/**\n * two FILE: does\n * another.\n *\n * How it does that.\n */\n'],
    ['dom0/three.ts', '/** three: a third. */\n'],
    ['programs/none.ts', 'export function main(): void {}\n'],
  ]);
  expect(manual(sources, ['two', 'three', 'one', 'none'])).toBe(
    'one [-x]: does one thing.\nthree: a third.\ntwo FILE: does another.\n',
  );
});

test('every program says what it is called with and what it does', () => {
  const sources = readSources();
  const names = [...programNames(sources), ...dom0ProgramNames(sources)].sort();
  const lines = manual(sources, names).trimEnd().split('\n');
  expect(lines.map((line) => /^[a-z0-9-]+/.exec(line)?.[0])).toEqual(names);
  expect(lines.filter((line) => !/^[^:]+: \S.*\.$/.test(line))).toEqual([]);
});
