/** Random modules, as they are and optimised by Binaryen: native and translated runs agree in results and memory. */
import binaryen from 'binaryen';
import { expect, test } from 'vitest';
import { compareRuns } from './differential.ts';
import { EDGES } from './operators.ts';
import { Random, randomModule } from './random-module.ts';

const MODULES = 150;
/** What the translator knows: whoever used Binaryen before in this process may have left it free to use SIMD. */
const { All, SIMD128, RelaxedSIMD } = binaryen.Features;
const FEATURES = All & ~SIMD128 & ~RelaxedSIMD;

test.each([
  ['as they are', 0],
  ['optimised', 2],
])('random modules, %s', async (_, optimizeLevel) => {
  for (let seed = 1; seed <= MODULES; seed++) {
    const { text, functions } = randomModule(seed);
    const module = binaryen.parseText(text);
    module.setFeatures(FEATURES);
    if (optimizeLevel > 0) {
      binaryen.setOptimizeLevel(optimizeLevel);
      module.optimize();
    }
    const random = new Random(seed);
    const calls = functions.flatMap(({ name, params }) =>
      Array.from({ length: 3 }, () => ({ name, args: params.map((type) => random.pick(EDGES[type])) })),
    );
    const difference = await compareRuns(module.emitBinary(), calls);
    module.dispose();
    expect(difference === null ? null : `seed ${String(seed)}: ${difference}`).toBe(null);
  }
});
