/** A lesson's kernels, built in Node. */
import { kernelImage } from '../../../guests/toolchain/mote-node.ts';
import { readSources, sourceError } from '../../../guests/toolchain/node.ts';
import type { Changes, Kernels } from './code.ts';
import { folderOf } from './code.ts';
import type { Lesson } from './lesson.ts';

/** A text says what is wrong with the sources. */
export async function buildKernels(lesson: Lesson, changes: Changes): Promise<Kernels | string> {
  const sources = new Map([...readSources(), ...Object.entries(changes)]);
  const kernels: Record<string, Uint8Array> = {};
  try {
    for (const kernel of lesson.kernels ?? [])
      kernels[kernel] = await kernelImage(folderOf(lesson, kernel), sources);
  } catch (error) {
    const wrong = sourceError(error);
    if (wrong === null) throw error;
    return wrong;
  }
  return kernels;
}
