/** `xenoscope explore`: tries a scenario with many seeds, keeps a recording of each that fails, and shrinks one of them. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { coreVersion } from '../../../core/version.ts';
import { moteImages } from '../../../guests/toolchain/mote-node.ts';
import { sha256 } from '../../lab/snapshot/sha256.ts';
import { shrink } from '../../lab/scenario/shrink.ts';
import { EXIT_HOST_CRASHED, EXIT_OK, EXIT_SCENARIO_FAILED } from '../exit-codes.ts';
import { ready } from '../ready.ts';
import { scenariosOf } from '../scenario-files.ts';
import { UserError } from '../user-error.ts';
import { Campaign } from './campaign.ts';
import type { SeedResult, Shrunk } from './campaign.ts';
import { headline, isAlike } from './messages.ts';
import type { Tried } from './messages.ts';
import { Pool } from './pool.ts';
import { CampaignProgress } from './progress.ts';

/** The first and the last. */
export interface Seeds {
  readonly first: number;
  readonly last: number;
}

export interface ExploreOptions {
  readonly seeds: Seeds;
  readonly jobs?: number;
  readonly output: string;
  readonly name?: string;
}

/** Explores a scenario of a file; returns the exit status. Throws UserError. */
export async function explore(file: string, options: ExploreOptions): Promise<number> {
  const name = await nameOf(file, options.name);
  const { core } = await ready(moteImages);
  const subject = { scenario: name, file: await sha256(readFileSync(file)), core: coreVersion(core) };
  const campaign = Campaign.open(options.output, subject);
  const pool = new Pool({ file: resolve(file), name }, options.jobs ?? availableParallelism());
  try {
    if (!(await isFineAlone(pool, campaign))) return EXIT_SCENARIO_FAILED;
    await trySeeds(pool, campaign, options.seeds);
    const failed = failuresOf(campaign, options.seeds);
    process.stdout.write(`${String(countOf(options.seeds))} seeds, ${String(failed.length)} failed\n`);
    if (failed.length === 0) return EXIT_OK;
    tellShrunk(await shrunkOf(pool, campaign, failed));
    return failed.some(({ isHostCrash }) => isHostCrash) ? EXIT_HOST_CRASHED : EXIT_SCENARIO_FAILED;
  } finally {
    pool.end();
  }
}

async function nameOf(file: string, wanted: string | undefined): Promise<string> {
  const names = (await scenariosOf(file)).map(({ name }) => name);
  if (wanted === undefined && names.length === 1) return names[0]!;
  if (wanted !== undefined && names.includes(wanted)) return wanted;
  const problem = wanted === undefined ? 'it exports several scenarios' : `it exports no scenario ${wanted}`;
  throw new UserError(`${file}: ${problem}; --name is to be one of: ${names.join(', ')}`);
}

function countOf({ first, last }: Seeds): number {
  return last - first + 1;
}

/** Without a seed nothing varies: what fails then fails always, and there is nothing to explore. */
async function isFineAlone(pool: Pool, campaign: Campaign): Promise<boolean> {
  if (campaign.results.size > 0) return true;
  const { failure } = await pool.try({ vary: null, recording: null });
  if (failure === null) return true;
  process.stdout.write(`it fails without a seed, when nothing varies:\n${failure.replace(/^/gm, '  ')}\n`);
  return false;
}

/** Tries all seeds that nobody has tried yet, as many at once as there are threads. */
async function trySeeds(pool: Pool, campaign: Campaign, seeds: Seeds): Promise<void> {
  const all = Array.from({ length: countOf(seeds) }, (_, n) => seeds.first + n);
  const left = all.filter((seed) => !campaign.results.has(seed));
  const progress = new CampaignProgress(
    all.length,
    all.length - left.length,
    failuresOf(campaign, seeds).length,
  );
  const work = async (): Promise<void> => {
    for (let seed = left.shift(); seed !== undefined; seed = left.shift()) {
      const tried = await pool.try({
        vary: { seed },
        recording: campaign.recordingOf(`seed-${String(seed)}`),
      });
      const result = resultOf(seed, tried);
      campaign.add(result);
      if (result.failure !== null) {
        progress.clear();
        tell(result);
      }
      progress.seed(result.failure !== null);
    }
  };
  await Promise.all(Array.from({ length: pool.size }, work));
  progress.clear();
}

function resultOf(seed: number, { failure, isHostCrash, variations, recording }: Tried): SeedResult {
  return {
    seed,
    failure: failure === null ? null : headline(failure),
    isHostCrash,
    variations: variations.length,
    recording,
  };
}

function tell({ seed, failure, variations, recording }: SeedResult): void {
  const where = recording === null ? '' : `; recording, for xenoscope replay and debug: ${recording}`;
  process.stdout.write(`seed ${String(seed)}: ${failure ?? ''} (${String(variations)} variations)${where}\n`);
}

function failuresOf({ results }: Campaign, { first, last }: Seeds): SeedResult[] {
  return [...results.values()].filter(
    ({ seed, failure }) => seed >= first && seed <= last && failure !== null,
  );
}

/** Shrinks the seed that varies least, unless that has been done. */
async function shrunkOf(pool: Pool, campaign: Campaign, failed: readonly SeedResult[]): Promise<Shrunk> {
  const { seed } = [...failed].sort((a, b) => a.variations - b.variations || a.seed - b.seed)[0]!;
  if (campaign.shrunk?.seed === seed) return campaign.shrunk;
  const progress = new CampaignProgress(1, 0, 0);
  const { failure, variations } = await pool.try({ vary: { seed }, recording: null });
  // Those of a kind together: many a kind has nothing to do with it.
  const kinds = [...new Set(variations.map(kindOf))];
  const all = kinds.flatMap((kind) => variations.filter((name) => kindOf(name) === kind));
  let tried = 0;
  progress.say(`shrinking seed ${String(seed)}`);
  const only = await shrink(all, async (lists) => {
    for (let at = 0; at < lists.length; at += pool.size) {
      const some = lists.slice(at, at + pool.size);
      const came = await Promise.all(
        some.map((each) => pool.try({ vary: { seed, only: each }, recording: null })),
      );
      tried += some.length;
      progress.note(`shrinking seed ${String(seed)}: ${String(tried)} runs`);
      const found = came.findIndex((each) => isAlike(each.failure, failure));
      if (found >= 0) return at + found;
    }
    return -1;
  });
  progress.clear();
  const path = campaign.recordingOf(`seed-${String(seed)}-shrunk`);
  const { recording } = await pool.try({ vary: { seed, only }, recording: path });
  const shrunk = { seed, only, recording };
  campaign.addShrunk(shrunk);
  return shrunk;
}

function kindOf(variation: string): string {
  return variation.replace(/ \d+$/, '');
}

function tellShrunk({ seed, only, recording }: Shrunk): void {
  const where = recording === null ? '' : `; recording: ${recording}`;
  process.stdout.write(`seed ${String(seed)} fails with these alone${where}\n`);
  for (const name of only) process.stdout.write(`  ${name}\n`);
}
