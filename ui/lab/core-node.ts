/** The compiled core, in Node. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { withHotEntries } from '../../core/translator/hotness.ts';

let translates = true;

/** From now on this process's processors interpret all code, or not: it changes nothing but speed. */
export function setTranslates(wanted: boolean): void {
  translates = wanted;
}
/** For whoever starts threads: they are told. */
export function doesTranslate(): boolean {
  return translates;
}

/**
 * Compiles core/build/core.wasm; `hotEntries` is another default for its machines (core/translator/hotness.ts). Throws an Error that
 * says what to do when it has not been built.
 */
export function loadCore(hotEntries = translates ? undefined : 0): WebAssembly.Module {
  const path = fileURLToPath(new URL('../../core/build/core.wasm', import.meta.url));
  if (!existsSync(path)) throw new Error('the processor has not been built: run `npm run build:core`');
  const wasm = readFileSync(path);
  return new WebAssembly.Module(hotEntries === undefined ? wasm : withHotEntries(wasm, hotEntries));
}
