/**
 * How good translated code is: the kernels of core/bench/ in AssemblyScript (corpus/kernels.ts) against the same C at
 * `gcc -O1`, both on the core, counted in instructions.
 *
 *     npx tsx guests/toolchain/proof/bench.ts
 */
import { compileKernel, KERNELS } from '../../../core/bench/compile.ts';
import { runHere } from '../../../core/bench/here.ts';
import { compile } from '../compile.ts';
import { readSources } from '../node.ts';
import { FlatProgram } from './flat-program.ts';

const MEMORY_PAGES = 100;

const compiled = await compile(readSources(), 'toolchain/corpus/kernels.ts', {
  runtime: 'bare',
  memoryBase: 0x1000,
});
let product = 1;
console.log('kernel        translated     gcc -O1   ratio');
for (const kernel of KERNELS) {
  const flat = new FlatProgram(compiled.wasm, compiled.sourceMap);
  flat.grow(MEMORY_PAGES);
  const outcome = flat.call(kernel);
  const native = runHere(compileKernel(kernel, 64, '-O1'), false);
  if (outcome.kind !== 'value' || Number(outcome.bits) !== native.checksum)
    throw new Error(
      `${kernel}: ${JSON.stringify(outcome, (_, value: unknown) => String(value))}, C gives ${String(native.checksum)}`,
    );
  const ratio = flat.retired / native.instructions;
  product *= ratio;
  const columns = [
    String(flat.retired).padStart(13),
    String(native.instructions).padStart(12),
    ratio.toFixed(2).padStart(8),
  ];
  console.log(kernel.padEnd(10) + columns.join(''));
}
console.log(`geometric mean ${(product ** (1 / KERNELS.length)).toFixed(2)}`);
