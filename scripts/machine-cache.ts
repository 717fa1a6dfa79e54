/**
 * What all clones on a machine share: below its user's cache directory, by kind, each thing named by the content of all that it
 * is made of. Whatever is there may be deleted.
 */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder of a kind: `XDG_CACHE_HOME` leads to it, as with other programs. */
export function machineCache(kind: string): string {
  const { XDG_CACHE_HOME: cache } = process.env;
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'xenoscope', kind);
}

/** The same, made; where nothing may be written, `otherwise`, a folder of the clone's own. */
export function machineCacheOr(kind: string, otherwise: string): string {
  const folder = machineCache(kind);
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    mkdirSync(otherwise, { recursive: true });
    return otherwise;
  }
}
