/** A thread of the builder: builds what it is told, one after another. See pool.ts. */
import { parentPort } from 'node:worker_threads';
import { buildKernel, buildProgram } from './build.ts';
import type { Sources } from './compile.ts';

/** An image to build: of the kernel in the folder `path`, or of the program in the file `path`. */
export interface Job {
  readonly name: string;
  readonly kind: 'kernel' | 'program';
  readonly path: string;
  /** All that it is made of, and maybe more. */
  readonly parts: Sources;
}

export type Reply = { readonly file: Uint8Array } | { readonly error: string };

export async function build({ kind, path, parts }: Job): Promise<Uint8Array> {
  return (await (kind === 'kernel' ? buildKernel(parts, path) : buildProgram(parts, path))).file;
}

parentPort?.on('message', (job: Job) => {
  void build(job)
    .then(
      (file): Reply => ({ file }),
      (error: unknown): Reply => ({ error: error instanceof Error ? error.message : String(error) }),
    )
    .then((reply) => parentPort?.postMessage(reply));
});
