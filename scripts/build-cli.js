/** The command line as JavaScript: dist/cli/main.js, which ui/cli/bin.js runs, and dist/host/main.js, a thread of a world's. */
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.js';

await bundle(fileURLToPath(new URL('../ui/cli/main.ts', import.meta.url)), 'cli');
await bundle(fileURLToPath(new URL('../ui/lab/world/node-host.ts', import.meta.url)), 'host');
