/** Hosts that are booted once in a run of the tests, by the first who needs one: everybody begins with a copy. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { withLock } from '../../guests/debian/lock.ts';
import type { DomainRequest } from './host.ts';
import { Lab } from './lab.ts';
import { describe } from './snapshot/description.ts';
import { restoreLab, saveLab } from './snapshot/file.ts';
import { openSnapshot } from './snapshot/format.ts';

/** A minute of guest time: far more than anything here takes. */
const PATIENCE_NS = 60e9;
const SLICE_TICKS = 100_000_000;

export interface Booted {
  /** One's own: what is done to it no other test sees. */
  readonly lab: Lab;
  /** What its console has printed. */
  readonly log: string;
}

/** Boots a host up to where its console has printed this; all that it has printed by then. */
function bootUpTo(lab: Lab, text: RegExp): string {
  const decoder = new TextDecoder();
  let log = '';
  lab.onConsole((bytes) => (log += decoder.decode(bytes, { stream: true })));
  let stop;
  while (stop === undefined) stop = lab.run({ text, ns: PATIENCE_NS }, SLICE_TICKS);
  if (stop.kind === 'text') return log;
  throw new Error(`waiting for ${String(text)}: ${stop.kind}; the console ends with ${log.slice(-300)}`);
}

/** A host without disks and files, as it was when its console had printed this. */
export async function booted(
  core: WebAssembly.Module,
  request: Omit<DomainRequest, 'disks' | 'files' | 'stores'>,
  upTo: RegExp,
): Promise<Booted> {
  const { description, images } = await describe(request);
  const key = createHash('sha256').update(JSON.stringify([description, images, String(upTo)]));
  const path = join(inject('bootedHosts'), key.digest('hex'));
  await withLock(`${path}.lock`, async () => {
    if (existsSync(path)) return;
    const lab = await Lab.boot(core, request);
    writeFileSync(`${path}.log`, bootUpTo(lab, upTo));
    writeFileSync(`${path}.part`, await saveLab(lab, core));
    renameSync(`${path}.part`, path);
  });
  const { kernel, ramdisk } = request;
  const image = ({ name }: { readonly name: string }): Promise<Uint8Array | undefined> =>
    Promise.resolve(name === 'kernel' ? kernel : ramdisk);
  const file = await openSnapshot(new Uint8Array(readFileSync(path)));
  const lab = await restoreLab(core, file, { image });
  return { lab, log: readFileSync(`${path}.log`, 'utf8') };
}
