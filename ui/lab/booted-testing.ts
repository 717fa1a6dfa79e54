/** Hosts for tests that are kept (kept-host-testing.ts): where nothing may be kept on a machine, for a run of the tests. */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect, inject } from 'vitest';
import { machineCacheOr } from '../../scripts/machine-cache.ts';
import type { DomainRequest } from './host.ts';
import { digestOfCode, keptHost } from './kept-host-testing.ts';
import type { Brought } from './kept-host-testing.ts';
import type { Lab } from './lab.ts';
import { describe } from './snapshot/description.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A folder (scripts/booted-hosts.js). */
    bootedHosts: string;
  }
}

/** What runs hosts, by what it imports. */
const SOURCE = fileURLToPath(import.meta.url);
/** A minute of guest time: far more than anything here takes. */
const PATIENCE_NS = 60e9;
const SLICE_TICKS = 100_000_000;

/** Where they are kept. */
const folder = (): string => machineCacheOr('hosts', inject('bootedHosts'));

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
  const decided = digestOfCode([SOURCE, expect.getState().testPath!]);
  return keptHost(core, request, { name, decided, bring, folder: folder() });
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
  const bring = (each: Lab): string => bootUpTo(each, upTo);
  const { lab, told } = await keptHost(core, request, { name: shape, decided, bring, folder: folder() });
  return { lab, log: told };
}
