/** The command line as JavaScript: dist/cli/main.js, which ui/cli/bin.js runs. */
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.js';

await bundle(fileURLToPath(new URL('../ui/cli/main.ts', import.meta.url)), 'cli');
