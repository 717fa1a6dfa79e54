/** What a run needs, built if it is not there: the processor and Mote's images. A package has them. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { OnProgress } from '../../guests/toolchain/mote-node.ts';
import { loadCore } from '../lab/core-node.ts';
import { BuildProgress } from './build-progress.ts';

const LAUNCHER = new URL('../../scripts/run.js', import.meta.url);
const CORE_BUILD = fileURLToPath(new URL('../../core/build.ts', import.meta.url));

/** Builds the processor if its sources have changed, in a thread of its own. Throws an Error when they do not compile. */
export function buildCore(): Promise<void> {
  if (!existsSync(CORE_BUILD)) return Promise.resolve();
  return new Promise((done, failed) => {
    const worker = new Worker(LAUNCHER, { argv: [CORE_BUILD], execArgv: [] });
    worker.on('error', failed);
    worker.on('exit', (code) => {
      if (code === 0) done();
      else failed(new Error('the processor (core/) has not been built'));
    });
  });
}

/** The processor, and what `images` gives, both built beside each other. What is built is told on standard error. */
export async function ready<T>(
  images: (progress: OnProgress) => Promise<T>,
): Promise<{ core: WebAssembly.Module; files: T }> {
  const progress = new BuildProgress(process.stderr, 'xenoscope: ');
  const [files] = await Promise.all([
    images(({ name, done, total }) => {
      if (done === 0) progress.say(`building Mote from its sources: ${String(total)} images, once`);
      else progress.show(done, total, name);
    }),
    buildCore(),
  ]);
  progress.clear();
  return { core: loadCore(), files };
}
