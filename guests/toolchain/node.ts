/** The guests' sources from the disk, for Node. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sources } from './compile.ts';

const GUESTS = fileURLToPath(new URL('..', import.meta.url));
/** The folders of guests/ that hold what runs in guests. */
const FOLDERS = ['kernel', 'mote', 'programs', 'tests', 'toolchain/corpus'];

/** Every source below guests/, and those below `directory` by their path relative to it. */
export function readSources(directory?: string): Sources {
  const sources = new Map<string, string>();
  for (const folder of FOLDERS) addFolder(sources, join(GUESTS, folder), `${folder}/`);
  if (directory !== undefined) addFolder(sources, directory, '');
  return sources;
}

/** Code, and the files that Mote's ramdisk has as they are. */
function isSource(path: string): boolean {
  return (/\.(ts|asm)$/.test(path) && !path.endsWith('.test.ts')) || path.startsWith('mote/root/');
}

function addFolder(sources: Map<string, string>, directory: string, prefix: string): void {
  const names = readdirSync(directory, { recursive: true }).map((name) => String(name).replaceAll('\\', '/'));
  for (const name of names.sort())
    if (isSource(prefix + name) && statSync(join(directory, name)).isFile())
      sources.set(prefix + name, readFileSync(join(directory, name), 'utf8'));
}
