/** What is made once on a machine: under its user's cache directory, by what it is made with, the last few of a kind. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { machineCache } from '../../scripts/machine-cache.ts';
import { withLock } from './lock.ts';

/** Of each kind: branches have recipes of their own. */
const KEPT = 3;

/** Where it is, unless somewhere else is said. */
export const cacheFolder = (): string => machineCache('debian');

function digestOf(recipe: string): string {
  return createHash('sha256').update(recipe).digest('hex').slice(0, 16);
}

async function dropOld(cache: string, kind: string): Promise<void> {
  const names = (await readdir(cache)).filter((name) => name.startsWith(`${kind}-`));
  const dated = await Promise.all(
    names.map(async (name) => ({ path: join(cache, name), used: (await stat(join(cache, name))).mtimeMs })),
  );
  dated.sort((a, b) => b.used - a.used);
  for (const { path } of dated.slice(KEPT)) await rm(path, { recursive: true });
}

/** Makes a folder with what `make` puts into it, `work` being for what is not kept, and moves it into place whole. */
async function makeWhole(
  target: string,
  work: string,
  make: (made: string, work: string) => Promise<void>,
): Promise<void> {
  await rm(work, { recursive: true, force: true });
  const made = join(work, 'made');
  await mkdir(made, { recursive: true });
  try {
    await make(made, work);
    await rename(made, target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * The folder of a kind that a recipe makes: made the first time, by one caller while others wait, and named by the recipe's text,
 * which holds all that what is made depends on. What `make` throws is thrown, and nothing is kept then.
 */
export async function cached(
  kind: string,
  recipe: string,
  make: (made: string, work: string) => Promise<void>,
  cache = cacheFolder(),
): Promise<string> {
  const folder = join(cache, `${kind}-${digestOf(recipe)}`);
  await mkdir(cache, { recursive: true });
  if (!existsSync(folder))
    await withLock(join(cache, `${kind}.lock`), async () => {
      if (existsSync(folder)) return;
      await makeWhole(folder, join(cache, `making-${kind}`), make);
      await dropOld(cache, kind);
    });
  const now = new Date();
  await utimes(folder, now, now);
  return folder;
}
