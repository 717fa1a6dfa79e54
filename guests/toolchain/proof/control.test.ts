/** Control flow that once went wrong, told by hand. */
import binaryen from 'binaryen';
import { expect, test } from 'vitest';
import { compareRuns } from './differential.ts';

const CASES: Readonly<Record<string, string>> = {
  'a block that only br_table reaches': `
    (block $out (result i32)
      (block $one
        (block $two (br_table $one $two (local.get 0)))
        (br $out (i32.const 22)))
      (i32.const 11))`,
};

test.each(Object.entries(CASES))('%s', async (_, body) => {
  const module = binaryen.parseText(`(module (func (export "f") (param i32) (result i32) ${body}))`);
  const calls = [0n, 1n, 2n, 0xffffffffn].map((argument) => ({ name: 'f', args: [argument] }));
  expect(await compareRuns(module.emitBinary(), calls)).toBe(null);
});
