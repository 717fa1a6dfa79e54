/**
 * Hosts that are brought somewhere once, by the first who needs one there: everybody begins with a copy. They are kept for all
 * runs and clones on a machine, by all that decides about them: the core, every source of what runs them and brings them there, Node,
 * what the host is given. So none is ever older than the code that is tested, and whatever of it is changed makes them anew.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { cached } from '../../guests/debian/cache.ts';
import type { DomainRequest } from './host.ts';
import { sourcesOf } from './imports-testing.ts';
import { Lab } from './lab.ts';
import type { DeflatePart } from './snapshot/deflate.ts';
import { describe, sourcesAsGiven } from './snapshot/description.ts';
import { restoreLab, saveLab } from './snapshot/file.ts';
import { openSnapshot } from './snapshot/format.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CORE = 'core/build/core.wasm';

/** Whoever comes first pays for it, and it is read a few times: fast, not small. */
const quickly: DeflatePart = (part) => deflateRawSync(part, { level: 1 });

/** Of everything that decides where a host comes to, besides what it is given: `sources` and what they import, and Node. */
export function digestOfCode(sources: readonly string[]): string {
  const hash = createHash('sha256')
    .update(process.version)
    .update(readFileSync(join(ROOT, CORE)));
  for (const path of sourcesOf(sources))
    hash
      .update(`${relative(ROOT, path)}\0`)
      .update(readFileSync(path))
      .update('\0');
  return hash.digest('hex');
}

export interface Brought<Told> {
  /** One's own: what is done to it nobody else sees. */
  readonly lab: Lab;
  /** What was told of the way there. */
  readonly told: Told;
}

/** Where a host is to be brought. */
export interface Way<Told> {
  /** Which of those that are kept it is. */
  readonly name: string;
  /** What decides about `bring`; disks that are read piece by piece are known by their names and sizes. */
  readonly decided: string;
  /** May say of the way what JSON can. */
  readonly bring: (lab: Lab) => Told | Promise<Told>;
  /** The folder of those that are kept. */
  readonly folder: string;
}

/** A host that was booted and brought somewhere. */
export async function keptHost<Told>(
  core: WebAssembly.Module,
  request: DomainRequest,
  { name, decided, bring, folder }: Way<Told>,
): Promise<Brought<Told>> {
  const described = await describe(request);
  const recipe = JSON.stringify([decided, described.description, described.images]);
  const make = async (made: string): Promise<void> => {
    const lab = await Lab.boot(core, request);
    await writeFile(join(made, 'told'), JSON.stringify(await bring(lab)));
    await writeFile(join(made, 'snapshot'), await saveLab(lab, core, undefined, quickly));
  };
  const kept = await cached(`host-${name}`, recipe, make, folder);
  const file = await openSnapshot(new Uint8Array(readFileSync(join(kept, 'snapshot'))));
  const lab = await restoreLab(core, file, sourcesAsGiven(request, described));
  return { lab, told: JSON.parse(readFileSync(join(kept, 'told'), 'utf8')) as Told };
}
