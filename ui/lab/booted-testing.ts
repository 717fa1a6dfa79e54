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
import { expect, inject } from 'vitest';
import { cached } from '../../guests/debian/cache.ts';
import { machineCacheOr } from '../../scripts/machine-cache.ts';
import type { DomainRequest } from './host.ts';
import { sourcesOf } from './imports-testing.ts';
import { Lab } from './lab.ts';
import type { DeflatePart } from './snapshot/deflate.ts';
import { describe } from './snapshot/description.ts';
import { restoreLab, saveLab } from './snapshot/file.ts';
import { openSnapshot } from './snapshot/format.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A folder (scripts/booted-hosts.js). */
    bootedHosts: string;
  }
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CORE = 'core/build/core.wasm';
/** What runs hosts, by what it imports. */
const SOURCE = fileURLToPath(import.meta.url);
/** A minute of guest time: far more than anything here takes. */
const PATIENCE_NS = 60e9;
const SLICE_TICKS = 100_000_000;

/** Whoever comes first pays for it, and it is read a few times: fast, not small. */
const quickly: DeflatePart = (part) => deflateRawSync(part, { level: 1 });

/** Of everything that decides where a host comes to, besides what it is given: `sources` and what they import, and Node. */
function digestOfCode(sources: readonly string[]): string {
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
  /** One's own: what is done to it no other test sees. */
  readonly lab: Lab;
  /** What was told of the way there. */
  readonly told: Told;
}

/**
 * A host that was booted and brought somewhere by `bring`, which may say of the way what JSON can; the file of tests that asks decides
 * where that is. `name`: which of those that are kept it is. Its disks are given as bytes.
 */
export function brought<Told>(
  core: WebAssembly.Module,
  name: string,
  request: DomainRequest,
  bring: (lab: Lab) => Told,
): Promise<Brought<Told>> {
  return kept(core, name, request, digestOfCode([SOURCE, expect.getState().testPath!]), bring);
}

/** `decided`: what decides about `bring`. */
async function kept<Told>(
  core: WebAssembly.Module,
  name: string,
  request: DomainRequest,
  decided: string,
  bring: (lab: Lab) => Told,
): Promise<Brought<Told>> {
  const { description, images, contents } = await describe(request);
  const recipe = JSON.stringify([decided, description, images]);
  const make = async (made: string): Promise<void> => {
    const lab = await Lab.boot(core, request);
    await writeFile(join(made, 'told'), JSON.stringify(bring(lab)));
    await writeFile(join(made, 'snapshot'), await saveLab(lab, core, undefined, quickly));
  };
  const folder = await cached(`host-${name}`, recipe, make, machineCacheOr('hosts', inject('bootedHosts')));
  const file = await openSnapshot(new Uint8Array(readFileSync(join(folder, 'snapshot'))));
  const given = new Map(images.map(({ sha256 }, index) => [sha256, contents[index]!]));
  const lab = await restoreLab(core, file, {
    image: ({ sha256 }) => {
      const { buffer, byteOffset, length } = given.get(sha256)!;
      // Not a Buffer, which is no state.
      return Promise.resolve(new Uint8Array(buffer, byteOffset, length));
    },
  });
  return { lab, told: JSON.parse(readFileSync(join(folder, 'told'), 'utf8')) as Told };
}

export interface Booted {
  readonly lab: Lab;
  /** What its console has printed. */
  readonly log: string;
}

/** Lets a host run up to where its console has printed this; all that it has printed by then. */
function bootUpTo(lab: Lab, text: RegExp): string {
  const decoder = new TextDecoder();
  let log = '';
  lab.onConsole((bytes) => (log += decoder.decode(bytes, { stream: true })));
  let stop;
  while (stop === undefined) stop = lab.run({ text, ns: PATIENCE_NS }, SLICE_TICKS);
  if (stop.kind === 'text') return log;
  throw new Error(`waiting for ${String(text)}: ${stop.kind}; the console ends with ${log.slice(-300)}`);
}

/** A host as it was when its console had printed this: one is kept of each shape. */
export async function booted(
  core: WebAssembly.Module,
  request: DomainRequest,
  upTo: RegExp,
): Promise<Booted> {
  const { description } = await describe(request);
  const shape = createHash('sha256').update(JSON.stringify(description)).digest('hex').slice(0, 8);
  const decided = `${digestOfCode([SOURCE])} ${String(upTo)}`;
  const { lab, told } = await kept(core, shape, request, decided, (each) => bootUpTo(each, upTo));
  return { lab, log: told };
}
