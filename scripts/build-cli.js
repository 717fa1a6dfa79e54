/**
 * What Node runs of the package, as JavaScript: dist/cli/main.js, which ui/cli/bin.js runs; dist/host/main.js, a thread of a
 * world's; dist/explore/main.js, a thread that tries seeds; dist/api/main.js and dist/vitest/main.js, which it exports.
 */
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.js';

const PROGRAMS = {
  cli: '../ui/cli/main.ts',
  host: '../ui/lab/world/node-host.ts',
  explore: '../ui/cli/explore/thread.ts',
  api: '../ui/api/index.ts',
  vitest: '../ui/api/vitest.ts',
};

for (const [folder, source] of Object.entries(PROGRAMS))
  await bundle(fileURLToPath(new URL(source, import.meta.url)), folder);
