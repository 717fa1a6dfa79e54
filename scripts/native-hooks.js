/**
 * Hooks of Node's module loader: TypeScript without its types, and what bundles take for a module besides (bundle.js, page.ts): a
 * text in Markdown, JSON by its keys. What the package exports is, by the name that other projects have for it, the sources.
 */
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';

/** @type {ReadonlyMap<string, string>} */
const OWN_EXPORTS = new Map(
  Object.entries({ xenoscope: 'ui/api/index.ts', 'xenoscope/vitest': 'ui/api/vitest.ts' }).map(
    ([name, path]) => [name, new URL(`../${path}`, import.meta.url).href],
  ),
);

/**
 * @param {'ts' | 'tsx'} loader
 * @returns {(text: string, path: string) => string}
 */
function typeScript(loader) {
  return (text, path) =>
    transformSync(text, {
      loader,
      format: 'esm',
      target: 'es2022',
      jsx: 'automatic',
      jsxImportSource: 'preact',
      sourcefile: path,
      sourcemap: 'inline',
      sourcesContent: false,
    }).code;
}

/** @param {string} text */
function json(text) {
  const keys = Object.keys(JSON.parse(text)).filter((key) => /^[a-z_$][\w$]*$/i.test(key));
  return `const all = ${text};\nexport default all;\nexport const { ${keys.join(', ')} } = all;\n`;
}

/** Modules out of texts, by the ends of their names. */
const MADE = new Map(
  /** @type {[string, (text: string, path: string) => string][]} */ ([
    ['.ts', typeScript('ts')],
    ['.tsx', typeScript('tsx')],
    ['.md', (text) => `export default ${JSON.stringify(text)};\n`],
    ['.json', json],
  ]),
);

/** @type {import('node:module').ResolveHook} */
export function resolve(specifier, context, next) {
  const url = OWN_EXPORTS.get(specifier);
  return url === undefined ? next(specifier, context) : { url, format: 'module', shortCircuit: true };
}

/** @type {import('node:module').LoadHook} */
export function load(url, context, next) {
  const { protocol, pathname } = new URL(url);
  const make = MADE.get(extname(pathname));
  if (protocol !== 'file:' || make === undefined || url.includes('/node_modules/')) return next(url, context);
  const path = fileURLToPath(url);
  return { format: 'module', source: make(readFileSync(path, 'utf8'), path), shortCircuit: true };
}
