/**
 * A host that stands where one logs in: booted once on a machine, where one sees it boot, and gone on with from a snapshot after
 * that. Which one it is says all that it was made from: the core, the version of Xenoscope, what it was given.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { coreVersion } from '../../core/version.ts';
import { NS_PER_SECOND } from '../../devices/nanoseconds.ts';
import { cached } from '../../guests/debian/cache.ts';
import { version } from '../../package.json';
import { machineCache } from '../../scripts/machine-cache.ts';
import type { DomainRequest } from '../lab/host.ts';
import { Lab } from '../lab/lab.ts';
import { describe, sourcesAsGiven } from '../lab/snapshot/description.ts';
import type { Sources } from '../lab/snapshot/description.ts';
import { SnapshotError } from '../lab/snapshot/errors.ts';
import { restoreLab, saveLab } from '../lab/snapshot/file.ts';
import { openSnapshot } from '../lab/snapshot/format.ts';
import { UserError } from './user-error.ts';

const LOGIN = / login: $/;
/** Far more than a boot takes, in guest time. */
const PATIENCE_NS = 300 * NS_PER_SECOND;
const SLICE_TICKS = 100_000_000;

/** Throws UserError for a host that does not come to a login, and what Lab.boot throws. */
export async function atLogin(core: WebAssembly.Module, request: DomainRequest): Promise<Lab> {
  const described = await describe(request);
  // Wherever they lie.
  const made = { ...described.description, paths: {} };
  const recipe = JSON.stringify([coreVersion(core), version, made, described.images]);
  const make = async (folder: string): Promise<void> => {
    const lab = await Lab.boot(core, request);
    await bootUpToLogin(lab);
    await writeFile(join(folder, 'snapshot'), await saveLab(lab, core));
  };
  const sources = sourcesAsGiven(request, described);
  const kept = async (): Promise<Lab> => {
    const folder = await cached('login', recipe, make, machineCache('hosts'));
    return restoreKept(core, folder, sources);
  };
  try {
    return await kept();
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    // Of another format, or damaged: it is made anew.
    return kept();
  }
}

/** Throws SnapshotError for one that cannot be gone on with, which is not there any more then. */
async function restoreKept(core: WebAssembly.Module, folder: string, sources: Sources): Promise<Lab> {
  try {
    return await restoreLab(
      core,
      await openSnapshot(new Uint8Array(readFileSync(join(folder, 'snapshot')))),
      sources,
    );
  } catch (error) {
    if (error instanceof SnapshotError && existsSync(folder)) rmSync(folder, { recursive: true });
    throw error;
  }
}

async function bootUpToLogin(lab: Lab): Promise<void> {
  lab.onConsole((bytes) => process.stdout.write(bytes));
  let stop;
  while (stop === undefined) {
    stop = lab.run({ text: LOGIN, ns: PATIENCE_NS }, SLICE_TICKS);
    if (stop?.kind !== 'waiting') continue;
    await lab.fetch();
    stop = undefined;
  }
  if (stop.kind !== 'text')
    throw new UserError(`it has not come to a login (${stop.kind}): boot it without --at-login to see why`);
  process.stdout.write('\n');
}
