/** The kernel of the guide (kernels/hello/main.ts), built. */
import { buildKernel } from '../toolchain/build.ts';
import { readSources } from '../toolchain/node.ts';

/** Its ELF file. Throws as buildKernel does. */
export async function helloKernel(): Promise<Uint8Array> {
  return (await buildKernel(readSources(), 'tests/kernels/hello')).file;
}
