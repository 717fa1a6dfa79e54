/** AssemblyScript programs with their collector: native and translated runs agree in results and in all of memory. */
import { expect, test } from 'vitest';
import { compile } from '../compile.ts';
import { readSources } from '../node.ts';
import { compareRuns } from './differential.ts';

const PROGRAMS: readonly (readonly [name: string, argument: bigint])[] = [
  ['json', 9n],
  ['big', 300n],
  ['interpreter', 100n],
  ['words', 2000n],
  ['floats', 400n],
  ['trees', 12n],
];

test.each(PROGRAMS)('%s', async (name, argument) => {
  const options = { runtime: 'program' as const, memoryBase: 0x1000 };
  const { wasm } = await compile(readSources(), 'toolchain/corpus/programs.ts', options);
  expect(
    await compareRuns(wasm, [
      { name: 'start', args: [] },
      { name, args: [argument] },
    ]),
  ).toBe(null);
});

test.each(['sha256', 'quicksort', 'fibonacci', 'multiply'])('kernel %s', async (name) => {
  const options = { runtime: 'bare' as const, memoryBase: 0x1000 };
  const source = readSources().get('toolchain/corpus/kernels.ts')!;
  const { wasm } = await compile(new Map([['main.ts', `${source}\nmemory.grow(100);`]]), 'main.ts', options);
  expect(
    await compareRuns(wasm, [
      { name: 'start', args: [] },
      { name, args: [] },
    ]),
  ).toBe(null);
});
