/** Which build of the core a module is: states of one mean nothing to another. */

/** The custom section of core.wasm that names it. */
export const VERSION_SECTION = 'xenoscope.core';

/** A digest of what the core was made from, in hexadecimal. Throws an Error for a module that is none. */
export function coreVersion(core: WebAssembly.Module): string {
  const section = WebAssembly.Module.customSections(core, VERSION_SECTION)[0];
  if (section === undefined)
    throw new Error('core.wasm does not say which build it is: run `npm run build:core`');
  return new TextDecoder().decode(section);
}
