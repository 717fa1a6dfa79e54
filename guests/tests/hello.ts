/** The kernel of the guide (kernels/hello/main.ts), built. */
import { kernelImage } from '../toolchain/mote-node.ts';

/** Its ELF file. Throws as buildKernel does. */
export const helloKernel = (): Promise<Uint8Array> => kernelImage('tests/kernels/hello');
