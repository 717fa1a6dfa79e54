/**
 * The page that xensv serves (guests/manager/): its modules and its style made one file, which domain 0's root has. Made anew when one of
 * them has changed, by content, and kept for all clones on the machine.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machineCacheOr } from '../../scripts/machine-cache.ts';

/** Among the sources. */
export const MANAGER_PATH = 'dom0/root/usr/share/xensv/index.html';
const FOLDER = fileURLToPath(new URL('../manager/', import.meta.url));
const BUILT = fileURLToPath(new URL('../build/', import.meta.url));
/** What decides about it besides its sources. */
const PACKAGES = ['esbuild', 'preact'];
const RECIPE = 1;

/** The page of these sources, by their names in guests/manager/. Throws an Error that says what is wrong with them. */
export function managerPage(sources: ReadonlyMap<string, string>): string {
  const require = createRequire(import.meta.url);
  const hash = createHash('sha256').update(String(RECIPE));
  for (const name of PACKAGES)
    hash.update((require(`${name}/package.json`) as { readonly version: string }).version);
  for (const [name, text] of sources) hash.update(`${name}\0${text}\0`);
  const path = join(machineCacheOr('pages', BUILT), `${hash.digest('hex')}.html`);
  if (existsSync(path)) return readFileSync(path, 'utf8');
  const page = make(require, sources.get('style.css') ?? '');
  // Others may be making it, too.
  const part = `${path}.${String(process.pid)}`;
  writeFileSync(part, page);
  renameSync(part, path);
  return page;
}

function make(require: NodeJS.Require, style: string): string {
  const { buildSync, transformSync } = require('esbuild') as typeof import('esbuild');
  const { outputFiles } = buildSync({
    entryPoints: [join(FOLDER, 'main.tsx')],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'silent',
    write: false,
  });
  const script = outputFiles[0]!.text.trim().replaceAll('</script', '<\\/script');
  const css = transformSync(style, { loader: 'css', minify: true }).code.trim();
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<title>Xen</title>',
    `<style>${css}</style>`,
    `<body><script>${script}</script></body>`,
    '</html>',
    '',
  ].join('\n');
}
