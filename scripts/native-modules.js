/**
 * For Vitest's workers (`node --import`, vitest.config.ts): they load sources as Node's own modules (native-hooks.js). Vite's would
 * ask an object for each use of an import, which costs a tenth of what all tests take, and keeps V8 from seeing constants.
 */
import { register } from 'node:module';

register('./native-hooks.js', import.meta.url);
