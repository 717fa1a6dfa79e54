/** Images built in several threads: the compiler takes one at a time. Which thread builds what decides nothing about it. */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Job, Reply } from './build-worker.ts';

const LAUNCHER = new URL('../../scripts/run.js', import.meta.url);
const WORKER = fileURLToPath(new URL('./build-worker.ts', import.meta.url));

/** What the compiler makes for one image is young when it is done with it: room for all of it, that none of it is moved. */
const YOUNG_MB = 128;

/** Builds all jobs. `built` is told of each as it is there. Throws an Error that says what is wrong with the sources of one. */
export async function buildAll(
  jobs: readonly Job[],
  built: (job: Job, file: Uint8Array) => void,
): Promise<void> {
  // Large ones first: at the end all threads are busy.
  const waiting = [...jobs].sort((a, b) => weight(a) - weight(b) || (a.name < b.name ? 1 : -1));
  const threads = Array.from({ length: Math.min(availableParallelism(), jobs.length) }, () =>
    work(waiting, built),
  );
  await Promise.all(threads);
}

function weight({ kind, parts }: Job): number {
  let characters = 0;
  for (const text of parts.values()) characters += text.length;
  return kind === 'kernel' ? Infinity : characters;
}

/** One thread: takes what waits until there is no more. */
async function work(waiting: Job[], built: (job: Job, file: Uint8Array) => void): Promise<void> {
  const worker = new Worker(LAUNCHER, {
    argv: [WORKER],
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  try {
    for (let job = waiting.pop(); job !== undefined; job = waiting.pop()) {
      const reply = await ask(worker, job);
      if ('error' in reply) throw new Error(reply.error);
      built(job, reply.file);
    }
  } finally {
    // Where one is wrong, the others need not go on.
    waiting.length = 0;
    await worker.terminate();
  }
}

function ask(worker: Worker, job: Job): Promise<Reply> {
  return new Promise((done, failed) => {
    const ended = (code: number): void => {
      failed(new Error(`the builder's thread ended with status ${String(code)} while it built ${job.name}`));
    };
    worker.once('exit', ended);
    worker.once('error', failed);
    worker.once('message', (reply: Reply) => {
      worker.off('exit', ended);
      worker.off('error', failed);
      done(reply);
    });
    worker.postMessage(job);
  });
}
