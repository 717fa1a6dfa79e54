/** Threads of Node's for the hosts of a world. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { HostReply } from './host-messages.ts';
import type { HostThread } from './far-host.ts';
import { CODEC } from './codec.ts';

/** A checkout has the sources, and what translates them; a package has what was made of them. */
const SOURCE = new URL('node-host.ts', import.meta.url);
const LAUNCHER = new URL('../../../scripts/run.js', import.meta.url);
const PACKAGED = new URL('../../../dist/host/main.js', import.meta.url);

export function startNodeThread(): HostThread {
  const worker = existsSync(LAUNCHER)
    ? new Worker(LAUNCHER, { argv: [fileURLToPath(SOURCE)], execArgv: [] })
    : new Worker(PACKAGED, { execArgv: [] });
  return {
    codec: CODEC,
    post: (command) => {
      worker.postMessage(command);
    },
    listen: (hear, fail) => {
      worker.on('message', (reply: HostReply) => {
        hear(reply);
      });
      worker.on('error', fail);
      worker.on('exit', (code) => {
        fail(new Error(`the thread of a host has ended with ${String(code)}`));
      });
    },
    end: () => {
      void worker.terminate();
    },
  };
}
