/** The compiled core, in Node. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Compiles core/build/core.wasm. Throws an Error that says what to do when it has not been built. */
export function loadCore(): WebAssembly.Module {
  const path = fileURLToPath(new URL('../../core/build/core.wasm', import.meta.url));
  if (!existsSync(path)) throw new Error('the processor has not been built: run `npm run build:core`');
  return new WebAssembly.Module(readFileSync(path));
}
