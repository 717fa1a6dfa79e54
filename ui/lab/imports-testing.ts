/** Which sources decide what a source does: itself, and all that it imports, or starts as a thread, and what those do. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** What is named beside the source. Types decide nothing. */
const NAMED =
  /^(?:import|export)\b(?!\s+type\b)[^;'"]*?\bfrom\s*'(\.[^']+)'|^import\s*'(\.[^']+)'|\bimport\(\s*'(\.[^']+)'|\bnew URL\(\s*'([^']+)',\s*import\.meta\.url/gm;

/** The paths of these sources and of all that they need, in order. Packages are no part of it. */
export function sourcesOf(files: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const wanted = [...files];
  for (let file = wanted.pop(); file !== undefined; file = wanted.pop()) {
    if (found.has(file) || statSync(file, { throwIfNoEntry: false })?.isFile() !== true) continue;
    found.add(file);
    if (!/\.[jt]sx?$/.test(file)) continue;
    for (const [, from, bare, late, url] of readFileSync(file, 'utf8').matchAll(NAMED))
      wanted.push(resolve(dirname(file), (from ?? bare ?? late ?? url)!));
  }
  return [...found].sort();
}
